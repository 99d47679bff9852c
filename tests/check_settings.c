#include "config.h"

#include "harness.h"
#include "lib/rule.h"
#include "lib/service.h"
#include "lib/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "lib/taskdir.h"

#define N_OF(a) ((int)(sizeof(a) / sizeof((a)[0])))

static int
open_root(void)
{
	int fd = open(td_harness_dir(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(mkdirat(fd, "conf.d", 0700), 0);
	return fd;
}

static void
put(int root, const char *name, const char *text)
{
	int fd = openat(root, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(td_io_write(fd, text, strlen(text)), 0);
	(void)close(fd);
}

static struct td_settings *
load(int root)
{
	struct td_settings *settings = NULL;
	struct td_err err = { 0 };
	int rc = td_settings_load(&settings, root, &err);

	ck_assert_msg(rc == 0, "%s", err.text);
	return settings;
}

START_TEST(nothing_written_is_all_defaults)
{
	int root = open_root();
	struct td_settings *settings = load(root);
	struct td_runner_settings r;
	struct td_class_settings c;

	td_settings_runner(settings, &r);
	ck_assert_uint_eq(r.max_running, 0);
	ck_assert_uint_eq(r.max_size_bytes, 16 << 20);
	ck_assert_uint_eq(r.settle_ms, 2000);
	ck_assert_uint_eq(r.shutdown_grace_ms, 30000);
	ck_assert_uint_eq(r.max_crashes, 3);
	ck_assert_uint_eq(r.sync, TD_SYNC_AUTO);
	ck_assert(r.cgroups);
	ck_assert_uint_eq(r.user_mode, TD_USER_SYSTEM);
	ck_assert_uint_eq(r.log_retention_ms, UINT64_C(28) * 86400000);
	ck_assert_uint_eq(r.dlq_retention_ms, 0);
	ck_assert_str_eq(r.default_user, "");
	ck_assert_str_eq(r.path, "");
	ck_assert_uint_eq(r.log_level, 5);
	td_settings_class(settings, "any", &c);
	ck_assert_str_eq(c.handler, "");
	ck_assert_uint_eq(c.attempts, 12);
	ck_assert(c.retry);
	ck_assert_uint_eq(c.n_backoff, 0);
	ck_assert_uint_eq(c.jitter_percent, 0);
	ck_assert_uint_eq(c.timeout_ms, 0);
	ck_assert_uint_eq(c.kill_grace_ms, 10000);
	ck_assert_uint_eq(c.max_running, 0);
	ck_assert_uint_eq(c.rate_ns, 0);
	ck_assert_uint_eq(c.priority, 5);
	ck_assert_uint_eq(c.windows.n, 0);
	ck_assert(!c.serial_by_key);
	ck_assert(!c.unique_running);
	ck_assert_uint_eq(c.n_permanent_exit, 1);
	ck_assert_uint_eq(c.permanent_exit[0], 100);
	ck_assert(!c.leave_children);
	ck_assert_str_eq(c.cwd, "/");
	ck_assert_uint_eq(c.umask, 022);
	ck_assert_int_eq(c.nice, 0);
	ck_assert_uint_eq(c.ionice, TD_IONICE_NONE);
	ck_assert(!c.no_new_privs);
	ck_assert_uint_eq(c.limit_memory_bytes + c.limit_pids, 0);
	ck_assert_uint_eq(c.limit_as_bytes + c.limit_cpu_s + c.limit_nofile +
	    c.limit_fsize_bytes + c.limit_core_bytes, 0);
	ck_assert_str_eq(c.default_user, "");
	ck_assert_uint_eq(c.output_max_bytes, 1 << 20);
	ck_assert_uint_eq(c.keep_output, TD_KEEP_ALL);
	ck_assert_uint_eq(c.keep_log, TD_KEEP_ALL);
	ck_assert_uint_eq(c.keep_runs, 20);
	td_settings_free(settings);
	(void)close(root);
}
END_TEST

START_TEST(each_setting_reads_its_form)
{
	int root = open_root();
	struct td_settings *settings;
	struct td_runner_settings r;
	struct td_class_settings c;

	put(root, "taskdir.conf", "[runner]\ncgroups = no\n"
	    "max_running = 8\nmax_size = 1M\n"
	    "settle = 500ms\nsync = strict\nuser_mode = label\n"
	    "log_level = debug\ndefault_user = www-data\npath = /opt/bin\n"
	    "[class a]\nhandler = bin/x y\nattempts = unlimited\nretry = off\n"
	    "backoff = 5, 5m,\n   1h30m\njitter = 10%\ntimeout = 90\n"
	    "kill_grace = 0\nmax_running = 3\nunique = running\n"
	    "rate = 8/m\npriority = 9\nserial_by_key = yes\n"
	    "window = mon 22:00-06:00,\n  7:00-8:00\n"
	    "permanent_exit = 100, 64\nleave_children = TRUE\ncwd = /srv/x\n"
	    "umask = 077\nnice = -5\n"
	    "ionice = 7\nno_new_privs = yes\nlimit_memory = 1M\n"
	    "limit_pids = 9\nlimit_as = 2G\nlimit_cpu = 1h\n"
	    "limit_nofile = 64\nlimit_fsize = 1K\nlimit_core = 4096\n"
	    "output_max = 64K\nkeep_output = fail\nkeep_log = none\n"
	    "keep_runs = 0\n");
	settings = load(root);
	td_settings_runner(settings, &r);
	ck_assert(!r.cgroups);
	ck_assert_uint_eq(r.max_running, 8);
	ck_assert_uint_eq(r.max_size_bytes, 1 << 20);
	ck_assert_uint_eq(r.settle_ms, 500);
	ck_assert_uint_eq(r.sync, TD_SYNC_STRICT);
	ck_assert_uint_eq(r.user_mode, TD_USER_LABEL);
	ck_assert_uint_eq(r.log_level, 7);
	ck_assert_str_eq(r.default_user, "www-data");
	ck_assert_str_eq(r.path, "/opt/bin");
	td_settings_class(settings, "a", &c);
	ck_assert_str_eq(c.handler, "bin/x y");
	ck_assert_uint_eq(c.attempts, 0);
	ck_assert(!c.retry);
	ck_assert_uint_eq(c.n_backoff, 3);
	ck_assert_uint_eq(c.backoff_s[0], 5);
	ck_assert_uint_eq(c.backoff_s[1], 300);
	ck_assert_uint_eq(c.backoff_s[2], 5400);
	ck_assert_uint_eq(c.jitter_percent, 10);
	ck_assert_uint_eq(c.timeout_ms, 90000);
	ck_assert_uint_eq(c.kill_grace_ms, 0);
	ck_assert_uint_eq(c.max_running, 3);
	ck_assert_uint_eq(c.rate_ns, UINT64_C(7500000000));
	ck_assert_uint_eq(c.priority, 9);
	ck_assert(c.serial_by_key);
	ck_assert_uint_eq(c.windows.n, 2);
	ck_assert_uint_eq(c.windows.list[0].days, 1 << 1);
	ck_assert(c.unique_running);
	ck_assert_uint_eq(c.n_permanent_exit, 2);
	ck_assert_uint_eq(c.permanent_exit[1], 64);
	ck_assert(c.leave_children);
	ck_assert_str_eq(c.cwd, "/srv/x");
	ck_assert_uint_eq(c.umask, 077);
	ck_assert_int_eq(c.nice, -5);
	ck_assert_uint_eq(c.ionice, TD_IONICE_LEVEL_0 + 7);
	ck_assert(c.no_new_privs);
	ck_assert_uint_eq(c.limit_memory_bytes, 1 << 20);
	ck_assert_uint_eq(c.limit_pids, 9);
	ck_assert_uint_eq(c.limit_as_bytes, UINT64_C(2) << 30);
	ck_assert_uint_eq(c.limit_cpu_s, 3600);
	ck_assert_uint_eq(c.limit_nofile, 64);
	ck_assert_uint_eq(c.limit_fsize_bytes, 1024);
	ck_assert_uint_eq(c.limit_core_bytes, 4096);
	ck_assert_uint_eq(c.output_max_bytes, 65536);
	ck_assert_uint_eq(c.keep_output, TD_KEEP_FAIL);
	ck_assert_uint_eq(c.keep_log, TD_KEEP_NONE);
	ck_assert_uint_eq(c.keep_runs, 0);
	td_settings_free(settings);
	(void)close(root);
}
END_TEST

static const struct {
	const char *text, *class_name;
	uint64_t timeout_s, kill_grace_s;
} winners[] = {
	/* Each setting by itself, from the most specific that gives it. */
	{ "[class mail.*]\ntimeout = 1\nkill_grace = 1\n"
	  "[class *]\ntimeout = 2\n", "mail.x", 1, 1 },
	{ "[class *]\ntimeout = 2\nkill_grace = 2\n"
	  "[class mail.*]\ntimeout = 1\n", "mail.x", 1, 2 },
	{ "[class *]\ntimeout = 2\n", "other", 2, 10 },
	/* An exact name before a pattern, however long. */
	{ "[class a]\ntimeout = 1\n[class a*]\ntimeout = 2\n", "a", 1, 10 },
	{ "[class a***]\ntimeout = 1\n[class a]\nkill_grace = 3\n", "a", 1, 3 },
	/* More literal bytes, not more bytes. */
	{ "[class ab*]\ntimeout = 1\n[class a**********]\ntimeout = 2\n",
	  "abc", 1, 10 },
	{ "[class *.daily]\ntimeout = 1\n[class mail.*]\ntimeout = 2\n",
	  "mail.daily", 1, 10 },
	/* Of equals, the later. */
	{ "[class a]\ntimeout = 1\n[class a]\ntimeout = 2\n", "a", 2, 10 },
	{ "[class a*]\ntimeout = 1\n[class *a]\ntimeout = 2\n", "a", 2, 10 },
	{ "[class *a]\ntimeout = 1\n[class a*]\ntimeout = 2\n", "a", 2, 10 },
	{ "[class a]\ntimeout = 1\ntimeout = 2\n", "a", 2, 10 },
	/* Names as classes are written. */
	{ "[class mod_x\\task]\ntimeout = 1\n", "mod_x\\task", 1, 10 },
	{ "[class \\mod_x:task]\ntimeout = 1\n", "mod_x\\task", 1, 10 },
	{ "[class mod_x/*]\ntimeout = 1\n", "mod_x\\task", 1, 10 },
	{ "[class mod_x\\*]\ntimeout = 1\n", "mod_xy\\task", 0, 10 },
	{ "[class mod_x]\ntimeout = 1\n", "mod_x\\task", 0, 10 },
	{ "[class  a ]\ntimeout = 1\n", "a", 1, 10 },
};

START_TEST(most_specific_section_wins)
{
	int root = open_root();
	struct td_class_settings c;
	struct td_settings *settings;

	put(root, "taskdir.conf", winners[_i].text);
	settings = load(root);
	td_settings_class(settings, winners[_i].class_name, &c);
	ck_assert_uint_eq(c.timeout_ms, winners[_i].timeout_s * 1000);
	ck_assert_uint_eq(c.kill_grace_ms, winners[_i].kill_grace_s * 1000);
	td_settings_free(settings);
	(void)close(root);
}
END_TEST

START_TEST(files_follow_in_byte_order)
{
	int root = open_root();
	struct td_settings *settings;
	struct td_runner_settings r;
	struct td_buf origin = { 0 };

	put(root, "taskdir.conf", "[runner]\nmax_running = 1\nsettle = 1\n"
	    "max_crashes = 7\n");
	put(root, "conf.d/20-b.conf", "\n[runner]\nmax_running = 3\n");
	put(root, "conf.d/10-a.conf",
	    "[runner]\nmax_running = 2\nsettle = 2\n");
	put(root, "conf.d/.30.conf", "broken");
	put(root, "conf.d/30.conf~", "broken");
	put(root, "conf.d/.conf", "broken");
	put(root, "conf.d/README", "broken");
	settings = load(root);
	td_settings_runner(settings, &r);
	ck_assert_uint_eq(r.max_running, 3);
	ck_assert_uint_eq(r.settle_ms, 2000);
	ck_assert_uint_eq(r.max_crashes, 7);
	ck_assert_uint_eq(td_settings_n_files(settings), 3);
	ck_assert_str_eq(td_settings_file(settings, 1), "conf.d/10-a.conf");
	ck_assert_uint_eq(td_settings_ini(settings, 1)->n, 2);
	ck_assert_str_eq(td_settings_lookup(settings, NULL, "max_running",
	    &origin), "3");
	ck_assert_str_eq(td_buf_text(&origin), "conf.d/20-b.conf:3");
	td_buf_clear(&origin);
	ck_assert_str_eq(td_settings_lookup(settings, NULL, "max_size",
	    &origin), "16M");
	ck_assert_str_eq(td_buf_text(&origin), "default");
	ck_assert_ptr_null(td_settings_lookup(settings, NULL, "timeout",
	    NULL));
	ck_assert_str_eq(td_settings_lookup(settings, "a", "timeout", NULL),
	    "0");
	td_buf_release(&origin);
	td_settings_free(settings);
	(void)close(root);
}
END_TEST

START_TEST(lookup_and_class_agree)
{
	int root = open_root();
	struct td_settings *settings;
	struct td_buf origin = { 0 };

	put(root, "taskdir.conf", "[class a*]\ntimeout = 1\n"
	    "[class *]\ntimeout = 2\nretry = no\n[class abc]\nnice = 3\n");
	settings = load(root);
	ck_assert_str_eq(td_settings_lookup(settings, "abc", "timeout",
	    &origin), "1");
	ck_assert_str_eq(td_buf_text(&origin), "taskdir.conf:2");
	ck_assert_str_eq(td_settings_lookup(settings, "abc", "retry", NULL),
	    "no");
	ck_assert_str_eq(td_settings_lookup(settings, "abc", "nice", NULL),
	    "3");
	ck_assert_str_eq(td_settings_lookup(settings, "b", "timeout", NULL),
	    "2");
	td_buf_release(&origin);
	td_settings_free(settings);
	(void)close(root);
}
END_TEST

START_TEST(foreign_sections_are_kept_as_they_are)
{
	int root = open_root();
	struct td_settings *settings;

	put(root, "taskdir.conf", "[schedule a b]\nminute = */5\n"
	    "[class a]\nnice = 1\n[schedule x]\nurl = http://[::1]/ ; #\n");
	settings = load(root);
	ck_assert_str_eq(td_ini_find(td_settings_ini(settings, 0),
	    "schedule x", "url")->value, "http://[::1]/ ; #");
	td_settings_free(settings);
	(void)close(root);
}
END_TEST

START_TEST(files_of_others_are_refused)
{
	int root = open_root();
	struct td_settings *settings = NULL;
	struct td_err err = { 0 };

	put(root, "taskdir.conf", "[runner]\n");
	ck_assert_int_eq(fchmodat(root, "taskdir.conf", 0606, 0), 0);
	ck_assert_int_eq(td_settings_load(&settings, root, &err),
	    TASKDIR_ETRUST);
	ck_assert_ptr_nonnull(strstr(err.text, "/taskdir.conf can be "));
	ck_assert_ptr_null(settings);
	ck_assert_int_eq(td_settings_read(&settings, root, &err), 0);
	td_settings_free(settings);
	/* Not through a link, though: it may lead anywhere. */
	ck_assert_int_eq(renameat(root, "taskdir.conf", root, "real"), 0);
	ck_assert_int_eq(symlinkat("real", root, "taskdir.conf"), 0);
	ck_assert_int_eq(td_settings_read(&settings, root, &err), -ELOOP);
	ck_assert_int_eq(renameat(root, "real", root, "taskdir.conf"), 0);
	ck_assert_int_eq(fchmodat(root, "taskdir.conf", 0600, 0), 0);
	put(root, "conf.d/a.conf", "[runner]\n");
	ck_assert_int_eq(fchmodat(root, "conf.d", 0707, 0), 0);
	ck_assert_int_eq(td_settings_load(&settings, root, &err),
	    TASKDIR_ETRUST);
	ck_assert_ptr_nonnull(strstr(err.text, "/conf.d can be written"));
	(void)close(root);
}
END_TEST

START_TEST(links_are_followed_and_odd_files_refused)
{
	int root = open_root();
	struct td_settings *settings = NULL;
	struct td_runner_settings r;
	struct td_err err = { 0 };

	put(root, "real", "[runner]\nmax_crashes = 9\n");
	ck_assert_int_eq(symlinkat("real", root, "taskdir.conf"), 0);
	settings = load(root);
	td_settings_runner(settings, &r);
	ck_assert_uint_eq(r.max_crashes, 9);
	td_settings_free(settings);
	ck_assert_int_eq(unlinkat(root, "real", 0), 0);
	ck_assert_int_eq(td_settings_load(&settings, root, &err), -ENOENT);
	ck_assert_int_eq(unlinkat(root, "taskdir.conf", 0), 0);
	ck_assert_int_eq(mkfifoat(root, "taskdir.conf", 0600), 0);
	ck_assert_int_eq(td_settings_load(&settings, root, &err),
	    TASKDIR_EFORMAT);
	ck_assert_str_eq(err.text, "taskdir.conf: not a regular file");
	(void)close(root);
}
END_TEST

static void
fill_for_keeping(int root)
{
	put(root, "taskdir.conf", "[class a]\nattempts = 3\n"
	    "[service s]\ntype = rest\nbase_url = http://127.0.0.1\n"
	    "auth = bearer\ntoken = x y\n");
	put(root, "conf.d/1.conf", "[class a]\nattempts = 4\n"
	    "[rule r]\nevent = e\nservice = s\ntemplate_file = body\n");
	put(root, "conf.d/2.conf", "");
	put(root, "body", "{\"a\": {{json a}}}\n\n");
}

START_TEST(what_was_read_can_be_kept)
{
	int root = open_root();
	struct td_settings *settings = NULL;
	struct td_class_settings c;
	struct td_err err = { 0 };
	struct td_buf kept = { 0 };

	fill_for_keeping(root);
	ck_assert_int_eq(td_settings_load_keep(&settings, root, &kept, &err),
	    0);
	td_settings_free(settings);
	/* Whatever becomes of the files. */
	put(root, "taskdir.conf", "no settings");
	ck_assert_int_eq(unlinkat(root, "body", 0), 0);
	ck_assert_int_eq(td_settings_load(&settings, root, &err),
	    TASKDIR_EFORMAT);
	ck_assert_msg(td_settings_load_kept(&settings, &kept, &err) == 0,
	    "%s", err.text);
	td_settings_class(settings, "a", &c);
	ck_assert_uint_eq(c.attempts, 4);
	ck_assert_uint_eq(td_settings_n_files(settings), 3);
	ck_assert_str_eq(td_service_find(settings, "s")->token, "x y");
	ck_assert_ptr_nonnull(td_rule_find(settings, "r")->body);
	td_settings_free(settings);
	td_buf_release(&kept);
	(void)close(root);
}
END_TEST

START_TEST(what_is_cut_is_not_taken)
{
	int root = open_root();
	struct td_settings *settings = NULL;
	struct td_err err = { 0 };
	struct td_buf kept = { 0 };
	unsigned taken = 0;

	fill_for_keeping(root);
	ck_assert_int_eq(td_settings_load_keep(&settings, root, &kept, &err),
	    0);
	td_settings_free(settings);
	/* Whole it is before the first text, or behind it: the second one
	 * lacks its template. */
	for (kept.len--; kept.len > 0; kept.len--)
		if (td_settings_load_kept(&settings, &kept, &err) == 0) {
			taken++;
			td_settings_free(settings);
		}
	ck_assert_uint_eq(taken, 2);
	ck_assert_int_eq(td_settings_load_kept(&settings, &kept, &err),
	    -ESTALE);
	td_buf_release(&kept);
	(void)close(root);
}
END_TEST

/* No time is asserted, but a resolution that were slow would time out. */
START_TEST(many_sections_and_classes)
{
	int root = open_root();
	struct td_settings *settings;
	struct td_class_settings c;
	struct td_buf text = { 0 };
	char name[64];

	for (unsigned i = 0; i < 500; i++)
		td_buf_add_format(&text, "[class c%u]\ntimeout = %u\n"
		    "[class p%u.*]\ntimeout = %u\n", i, i + 1, i, i + 1);
	put(root, "taskdir.conf", td_buf_text(&text));
	settings = load(root);
	for (unsigned i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof(name), "c%u", i);
		td_settings_class(settings, name, &c);
		ck_assert_uint_eq(c.timeout_ms, i < 500 ? (i + 1) * 1000 : 0);
		(void)snprintf(name, sizeof(name), "p%u.x", i % 500);
		td_settings_class(settings, name, &c);
		ck_assert_uint_eq(c.timeout_ms, (i % 500 + 1) * 1000);
	}
	td_buf_release(&text);
	td_settings_free(settings);
	(void)close(root);
}
END_TEST

int
main(void)
{
	const struct td_harness_test tests[] = {
		{ nothing_written_is_all_defaults, 0 },
		{ each_setting_reads_its_form, 0 },
		{ most_specific_section_wins, N_OF(winners) },
		{ files_follow_in_byte_order, 0 },
		{ lookup_and_class_agree, 0 },
		{ foreign_sections_are_kept_as_they_are, 0 },
		{ files_of_others_are_refused, 0 },
		{ links_are_followed_and_odd_files_refused, 0 },
		{ what_was_read_can_be_kept, 0 },
		{ what_is_cut_is_not_taken, 0 },
		{ many_sections_and_classes, 0 },
	};

	return td_harness_run("settings", tests, N_OF(tests));
}
