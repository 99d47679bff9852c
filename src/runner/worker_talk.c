#include "config.h"

/*
 * What a worker is told and what it says.  The socket never blocks: what it
 * does not take waits in the slots, and is sent many tasks a call.
 */
#include "runner/worker.h"

#include "base/clock.h"
#include "base/log.h"
#include "runner/worker_line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	LINE_MAX_BYTES = 1 << 20,
	READ_SIZE = 64 << 10,
	SEND_MAX = 64,		/* tasks in one call */
	VALUE_MAX = 4 << 10,
	SNOOZE_S = 60,		/* where the worker does not say how long */
	DEAF_MS = 1000,		/* a process that ends does it by then */
};

unsigned
td_worker_index(const struct td_worker *worker, const char *id)
{
	unsigned i = 0;

	while (i < worker->n_tasks && strcmp(worker->tasks[i]->id, id) != 0)
		i++;
	return i;
}

void
td_worker_remove(struct td_worker *worker, unsigned i)
{
	if (i < worker->n_sent)
		worker->n_sent--;
	else if (i == worker->n_sent)
		worker->sent_bytes = 0;
	worker->n_tasks--;
	memmove(worker->tasks + i, worker->tasks + i + 1,
	    (worker->n_tasks - i) * sizeof(struct td_slot *));
}

void
td_worker_take_back(struct td_worker *worker)
{
	unsigned seen = worker->n_sent + (worker->sent_bytes > 0);

	while (worker->n_tasks > seen)
		td_pool_take_back(worker->tasks[--worker->n_tasks]);
}

/* Output */

void
td_worker_copy_output(struct td_worker *worker, struct td_slot *slot)
{
	off_t size = td_capture_size(&worker->capture);

	if (size > worker->capture.base && (slot->capture.is_open ||
	    td_capture_open_slot(slot) == 0))
		td_capture_copy(&slot->capture, &worker->capture, size);
	if (size > worker->attributed)
		worker->attributed = size;
}

/* A task's stretch of the output has ended, or begins. */
static void
turn_page(struct td_worker *worker)
{
	struct td_capture *capture = &worker->capture;
	off_t size = td_capture_size(capture);

	td_capture_begin(capture, size);
	if (worker->n_tasks > 0 || size <=
	    (off_t)capture->class->settings.output_max_bytes)
		return;
	td_capture_empty(capture);
	worker->attributed = capture->base;
}

/* Telling */

bool
td_worker_has_room(const struct td_worker *worker)
{
	return worker->state == TD_WORKER_READY &&
	    worker->n_tasks < worker->pool->settings.pipeline;
}

void
td_worker_give(struct td_worker *worker, struct td_slot *slot)
{
	uint64_t recycle_after = worker->pool->settings.recycle_after;

	worker->alone = worker->n_tasks == 0;
	if (worker->alone)
		turn_page(worker);
	if (slot->capture.is_open)
		(void)td_capture_open_slot(slot);
	slot->worker = worker;
	slot->pid = worker->pid;
	slot->started_ticks = worker->started_ticks;
	slot->start_us = td_clock_wall_us();
	td_board_make_stale(slot);
	worker->tasks[worker->n_tasks++] = slot;
	worker->given++;
	if (worker->n_tasks == 1)
		td_worker_wait(worker);
	if (recycle_after != 0 && worker->given >= recycle_after)
		worker->state = TD_WORKER_CLOSING;
	/* It does one half while the other is made ready. */
	if (worker->n_tasks - worker->n_sent >=
	    (worker->pool->settings.pipeline + 1) / 2)
		td_worker_flush(worker);
}

static ssize_t
send_some(const struct td_worker *worker)
{
	struct iovec pieces[SEND_MAX];
	struct msghdr message = { .msg_iov = pieces };
	size_t skip = worker->sent_bytes;

	for (unsigned i = worker->n_sent; i < worker->n_tasks &&
	    message.msg_iovlen < SEND_MAX; i++) {
		const struct td_buf *text = &worker->tasks[i]->message;

		pieces[message.msg_iovlen].iov_base = text->data + skip;
		pieces[message.msg_iovlen].iov_len = text->len - skip;
		message.msg_iovlen++;
		skip = 0;
	}
	return sendmsg(worker->source.fd, &message, MSG_DONTWAIT |
	    MSG_NOSIGNAL);
}

static void
count_sent(struct td_worker *worker, size_t n)
{
	while (n > 0) {
		size_t left = worker->tasks[worker->n_sent]->message.len -
		    worker->sent_bytes;

		if (n < left) {
			worker->sent_bytes += n;
			return;
		}
		n -= left;
		worker->n_sent++;
		worker->sent_bytes = 0;
	}
}

/* It will read no more; most likely it is about to be gone. */
static void
is_deaf(struct td_worker *worker)
{
	bool in_order = worker->state == TD_WORKER_CLOSING;

	if (worker->deaf)
		return;
	worker->deaf = true;
	if (worker->state >= TD_WORKER_ENDING)
		return;
	worker->state = TD_WORKER_CLOSING;
	td_worker_take_back(worker);
	td_worker_set_timer(worker, in_order ?
	    worker->pool->settings.kill_grace_ms : DEAF_MS);
}

static void
want_write(struct td_worker *worker, bool wanted)
{
	if (worker->wants_write != wanted)
		(void)td_loop_want_write(&worker->pool->runner->loop,
		    &worker->source, wanted);
	worker->wants_write = wanted;
}

static void
send_all(struct td_worker *worker)
{
	struct td_runner *runner = worker->pool->runner;

	if (worker->n_sent < worker->n_tasks && runner->n_stale > 0)
		td_board_update(runner);
	while (worker->n_sent < worker->n_tasks) {
		ssize_t n = send_some(worker);

		if (n >= 0)
			count_sent(worker, (size_t)n);
		else if (errno == EAGAIN || errno == ENOBUFS) {
			want_write(worker, true);
			return;
		} else if (errno != EINTR) {
			is_deaf(worker);
			return;
		}
	}
}

void
td_worker_flush(struct td_worker *worker)
{
	if (!worker->is_open || worker->deaf || worker->wants_write ||
	    worker->state >= TD_WORKER_ENDING)
		return;
	send_all(worker);
	if (worker->state == TD_WORKER_CLOSING && !worker->shut &&
	    !worker->deaf && worker->n_sent == worker->n_tasks) {
		(void)shutdown(worker->source.fd, SHUT_WR);
		worker->shut = true;
	}
}

/* Listening */

static void __attribute__((format(printf, 2, 3)))
distrust(struct td_worker *worker, const char *format, ...)
{
	char fault[TD_ERROR_MAX / 2];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(fault, sizeof(fault), format, ap);
	va_end(ap);
	if (worker->state < TD_WORKER_ENDING)
		td_worker_end(worker, fault);
	else
		(void)snprintf(worker->fault, sizeof(worker->fault), "%s",
		    fault);
}

static void
take_trace(struct td_slot *slot, struct td_json_span trace)
{
	struct td_buf text = { 0 };

	if (td_json_decode(&text, trace, NULL) == 0 && text.len > 0 &&
	    (slot->capture.is_open || td_capture_open_slot(slot) == 0))
		td_capture_add(&slot->capture, text.data, text.len);
	td_buf_release(&text);
}

static void
take_error(struct td_slot *slot, struct td_json_span error)
{
	struct td_buf text = { 0 };

	if (td_json_decode(&text, error, NULL) == 0)
		(void)snprintf(slot->error, sizeof(slot->error), "%s",
		    td_buf_text(&text));
	td_buf_release(&text);
}

static void
take_news(struct td_slot *slot, const struct td_worker_line *line)
{
	if (line->trace.text != NULL)
		take_trace(slot, line->trace);
	if (line->error.text != NULL)
		take_error(slot, line->error);
	if (line->result.text != NULL && line->result.len <= VALUE_MAX) {
		td_buf_clear(&slot->value);
		td_json_add_line(&slot->value, line->result);
	}
	if (line->progress_percent >= 0 && line->answer == TD_ANSWER_NONE &&
	    line->progress_percent != slot->progress_percent) {
		slot->progress_percent = line->progress_percent;
		td_board_write(slot);
	}
}

static void
take_answer(struct td_worker *worker, unsigned i,
    const struct td_worker_line *line)
{
	struct td_slot *slot = worker->tasks[i];
	struct td_outcome *outcome = &slot->outcome;

	outcome->answer = line->answer;
	outcome->has_next_in = line->answer == TD_ANSWER_SNOOZE ||
	    (line->answer == TD_ANSWER_RETRY && line->has_next_in);
	outcome->next_in_s = line->has_next_in ? line->next_in_s : SNOOZE_S;
	worker->answered++;
	td_worker_remove(worker, i);
	if (worker->alone)
		td_worker_copy_output(worker, slot);
	td_finish_settle(slot);
	if (worker->state < TD_WORKER_ENDING && !worker->deaf &&
	    (i == 0 || worker->n_tasks == 0))
		td_worker_wait(worker);
}

/* What a task that is being ended for its time says comes too late. */
static void
take_of_task(struct td_worker *worker, const struct td_worker_line *line)
{
	unsigned i = td_worker_index(worker, line->id);
	struct td_slot *slot;

	if (i >= worker->n_sent) {
		distrust(worker, "spoke of task %s, which it does not have "
		    "(answered twice?)", line->id);
		return;
	}
	slot = worker->tasks[i];
	take_news(slot, line);
	if (line->answer != TD_ANSWER_NONE && !slot->outcome.cancelled &&
	    !slot->outcome.timed_out)
		take_answer(worker, i, line);
}

static void
take_hello(struct td_worker *worker, const struct td_worker_line *line)
{
	if (worker->greeted)
		distrust(worker, "said hello twice");
	else if (line->version == 0)
		distrust(worker, "did not begin with its hello");
	else if (line->version > TD_WORKER_VERSION)
		distrust(worker, "speaks version %" PRIu64 ", this runner "
		    "only %d", line->version, TD_WORKER_VERSION);
	else {
		worker->greeted = true;
		td_worker_settle_start(worker);
		if (worker->state != TD_WORKER_STARTING)
			return;
		worker->state = TD_WORKER_READY;
		td_worker_wait(worker);
	}
}

static void
take_line(void *arg, const char *text, size_t len)
{
	struct td_worker *worker = arg;
	struct td_worker_line line = { .version = 0 };
	struct td_err err = { 0 };

	/* Who was caught once is not asked any more. */
	if (worker->fault[0] != '\0' || len == 0)
		return;
	if (td_worker_line_parse(&line, text, len, &err) != 0) {
		distrust(worker, "said what is no answer: %.150s", err.text);
		return;
	}
	if (!worker->greeted || line.version != 0) {
		take_hello(worker, &line);
		return;
	}
	if (line.id[0] != '\0')
		take_of_task(worker, &line);
	if (line.recycle && worker->fault[0] == '\0') {
		worker->recycled = true;
		td_worker_take_back(worker);
		td_worker_close(worker);
	}
}

/* Its answers are settled together. */
static void
hear_block(struct td_worker *worker, const char *block, size_t len)
{
	struct td_runner *runner = worker->pool->runner;
	uint64_t answered = worker->answered;

	td_finish_gather(runner);
	if (td_frame_take(&worker->frame, block, len, LINE_MAX_BYTES,
	    take_line, worker) != 0)
		distrust(worker, "said a line of more than %d bytes",
		    LINE_MAX_BYTES);
	td_finish_gathered(runner);
	if (worker->answered > answered)
		turn_page(worker);
}

/* One block: false if there is nothing more. */
static bool
hear_some(struct td_worker *worker)
{
	static char block[READ_SIZE];
	ssize_t n = recv(worker->source.fd, block, sizeof(block),
	    MSG_DONTWAIT);

	if (n < 0)
		return errno == EINTR;
	if (n > 0)
		hear_block(worker, block, (size_t)n);
	if (n == 0) {
		is_deaf(worker);
		td_worker_hang_up(worker);
	}
	return n == sizeof(block);
}

static void
on_ready(struct td_source *source)
{
	struct td_worker *worker = (struct td_worker *)source;
	struct td_pool *pool = worker->pool;

	if (worker->wants_write) {
		want_write(worker, false);
		td_worker_flush(worker);
	}
	(void)hear_some(worker);
	if (pool->retired && worker->state == TD_WORKER_READY &&
	    worker->n_tasks == 0 && pool->n_pending == 0)
		td_worker_close(worker);
	td_pool_pump(pool);
}

void
td_worker_hear_out(struct td_worker *worker)
{
	while (worker->is_open && hear_some(worker))
		continue;
	/* A last line without its LF counts if it is whole. */
	td_frame_end(&worker->frame, take_line, worker);
	td_worker_hang_up(worker);
}

void
td_worker_hang_up(struct td_worker *worker)
{
	if (!worker->is_open)
		return;
	td_loop_unwatch(&worker->pool->runner->loop, &worker->source);
	(void)close(worker->source.fd);
	worker->is_open = false;
	worker->deaf = true;
}

int
td_worker_connect(struct td_worker *worker, int *channel)
{
	int fds[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return -errno;
	worker->source = (struct td_source){ .ready = on_ready,
		.fd = fds[0] };
	rc = td_loop_watch(&worker->pool->runner->loop, &worker->source);
	if (rc != 0) {
		(void)close(fds[0]);
		(void)close(fds[1]);
		return rc;
	}
	worker->is_open = true;
	*channel = fds[1];
	return 0;
}
