#include "config.h"

/*
 * Deliveries by HTTP, from files in the spool to answers of 200 by nginx on
 * loopback, beside a bare loop of curl's multi interface with as many
 * connections; and beside one curl process a file, as a shell user does it.
 */

#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

enum { TASKS = 20000, BARE = 40000, PROCESSES = 200, IN_FLIGHT = 32 };

struct web {
	char path[BENCH_PATH_SIZE];	/* its folder */
	int port;
	pid_t pid;
};

/* Nobody has it; whoever takes it before nginx does fails the bench. */
static int
free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		bench_die("a free port", errno);
	(void)close(fd);
	return ntohs(at.sin_port);
}

static void
wait_for_port(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port) };

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < 1000; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int rc = connect(fd, (struct sockaddr *)&at, sizeof(at));

		(void)close(fd);
		if (rc == 0)
			return;
		bench_pause(0.01);
	}
	bench_die("nginx does not listen", ETIMEDOUT);
}

static void
start_web(struct web *web, const struct bench *bench)
{
	char conf[BENCH_PATH_SIZE + 16];
	const char *argv[] = { "/usr/sbin/nginx", "-e", "/dev/null", "-c",
		conf, NULL };
	FILE *file;

	bench_fresh(web->path, bench, "web");
	web->port = free_port();
	(void)snprintf(conf, sizeof(conf), "%s/nginx.conf", web->path);
	file = fopen(conf, "w");
	if (file == NULL)
		bench_die("nginx.conf", errno);
	(void)fprintf(file, "daemon off;\nmaster_process off;\n"
	    "pid %s/pid;\nerror_log /dev/null;\n"
	    "events { worker_connections 1024; }\n"
	    "http { access_log off; keepalive_requests 100000000;\n"
	    "client_body_temp_path %s/b; proxy_temp_path %s/p;\n"
	    "fastcgi_temp_path %s/f; uwsgi_temp_path %s/u;\n"
	    "scgi_temp_path %s/s;\n"
	    "server { listen 127.0.0.1:%d; location / { return 200 fine; } }"
	    " }\n", web->path, web->path, web->path, web->path, web->path,
	    web->path, web->port);
	(void)fclose(file);
	web->pid = bench_spawn(argv, -1);
	wait_for_port(web->port);
}

static void
stop_web(struct web *web)
{
	bench_stop_runner(web->pid);
	bench_remove(web->path);
}

static size_t
swallow(char *bytes, size_t size, size_t n, void *arg)
{
	(void)bytes;
	(void)arg;
	return size * n;
}

static CURL *
prepare(const char *url, const char *body, struct curl_slist *headers)
{
	CURL *curl = curl_easy_init();

	if (curl == NULL)
		bench_die("curl", ENOMEM);
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, swallow);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	return curl;
}

/* Each handle is sent again as soon as it is answered. */
static double
run_multi(CURLM *multi, size_t n)
{
	double start = bench_now();
	size_t done = 0;
	int running, left;

	while (done < n) {
		CURLMsg *message;

		(void)curl_multi_perform(multi, &running);
		while ((message = curl_multi_info_read(multi, &left)) !=
		    NULL) {
			CURL *curl = message->easy_handle;

			if (message->data.result != CURLE_OK)
				bench_die("the bare loop", EIO);
			done++;
			(void)curl_multi_remove_handle(multi, curl);
			(void)curl_multi_add_handle(multi, curl);
		}
		if (done < n)
			(void)curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
	return (double)n / (bench_now() - start);
}

static void
limit_multi(const struct bench *bench, double *figures)
{
	struct curl_slist *headers = NULL;
	CURLM *multi = curl_multi_init();
	CURL *handles[IN_FLIGHT];
	char body[BENCH_TASK_SIZE], url[64];
	struct web web;

	start_web(&web, bench);
	(void)bench_task(body, "bench.http", 1);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", web.port);
	headers = curl_slist_append(headers,
	    "Content-Type: application/json");
	for (int i = 0; i < IN_FLIGHT; i++) {
		handles[i] = prepare(url, body, headers);
		(void)curl_multi_add_handle(multi, handles[i]);
	}
	figures[0] = run_multi(multi, (size_t)bench_count(bench, BARE));
	for (int i = 0; i < IN_FLIGHT; i++) {
		(void)curl_multi_remove_handle(multi, handles[i]);
		curl_easy_cleanup(handles[i]);
	}
	(void)curl_multi_cleanup(multi);
	curl_slist_free_all(headers);
	stop_web(&web);
}

static void
limit_process(const struct bench *bench, double *figures)
{
	int n = bench_count(bench, PROCESSES);
	struct web web;
	char url[64], loop[BENCH_PATH_SIZE + 256], count[16];
	const char *argv[] = { "/bin/sh", "-c", loop, "sh", url, count,
		NULL };
	double start;

	start_web(&web, bench);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/", web.port);
	(void)snprintf(count, sizeof(count), "%d", n);
	(void)snprintf(loop, sizeof(loop), "i=0; while [ $i -lt $2 ]; do "
	    "curl -s -o /dev/null -H 'Content-Type: application/json' "
	    "--data-binary @%s/nginx.conf \"$1\"; i=$((i + 1)); done",
	    web.path);
	start = bench_now();
	(void)waitpid(bench_spawn(argv, -1), NULL, 0);
	figures[0] = n / (bench_now() - start);
	stop_web(&web);
}

static void
ours(const struct bench *bench, double *figures)
{
	size_t n = (size_t)bench_count(bench, TASKS);
	char path[BENCH_PATH_SIZE], conf[512];
	struct web web;

	start_web(&web, bench);
	(void)snprintf(conf, sizeof(conf), "[service web]\ntype = rest\n"
	    "base_url = http://127.0.0.1:%d\nallow_private = yes\n"
	    "max_in_flight = %d\n[rule web]\nevent = bench\nservice = web\n",
	    web.port, IN_FLIGHT);
	bench_spool(path, bench, "http", conf);
	bench_fill_with(path, "{\"classname\":\"dispatch_event_task\\\\web\","
	    "\"customdata\":{\"rule\":\"web\",\"eventid\":\"b\",\"event\":"
	    "{\"eventname\":\"bench\",\"data\":{\"userid\":5,\"courseid\":77,"
	    "\"other\":{\"name\":\"a text of the usual length\"}}}}}",
	    n + n / 10);
	figures[0] = bench_rate(bench, path, n / 10, n);
	bench_remove(path);
	stop_web(&web);
}

const struct bench_case bench_http = {
	.name = "http",
	.needs = "/usr/sbin/nginx",
	.slices = 1,
	/* 15,000/s where that loop makes 66,000/s. */
	.rows = { { "HTTP from spool, limit: curl multi", "/s",
	    BENCH_RATIO_AT_LEAST, 0.227 } },
	.limit = limit_multi,
	.ours = ours,
};

const struct bench_case bench_curl = {
	.name = "curl",
	.needs = "/usr/sbin/nginx",
	.slices = 1,
	.rows = { { "HTTP from spool, limit: curl process", "/s",
	    BENCH_RATIO_AT_LEAST, 40 } },
	.limit = limit_process,
	.ours = ours,
};
