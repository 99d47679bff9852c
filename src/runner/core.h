/*
 * What the runner's parts share.  One thread; every part is a file of
 * functions on struct td_runner, and nobody outside this folder sees it.
 *
 *	note	a name was seen in new/ or failed/: index it
 *	admit	letters without a canonical name, or not complete: wait, check,
 *		decide duplicates (dedup), name
 *	expand	events become tasks; expansion, member, eventbook, flusher
 *	launch	a task's turn: read, check, claim
 *	tokens	what slow rates leave for the next runner
 *	start	its handler
 *	pool	or a persistent worker that takes it; worker, worker_line
 *	channel	what a handler says on descriptor 3
 *	capture	what it prints
 *	board	what the scoreboard says
 *	keep	how long what is kept
 *	quota	and how much of it
 *	finish	it ended: end what it left behind, settle, log
 *	bury	to dlq/
 *	alert	and who is told
 *	boxes	the letter boxes of a shared spool
 *	letterbox	what is dropped there
 *	refuse	what of it is not admitted
 *	errand	what their users ask for
 *	view	what their users see
 *	ledger	how much each has in the spool
 *	drops	files that are not whole yet
 *	control	requests in run/ctl/
 *	recover	what an earlier runner left
 *	sweep	the directories are the truth
 *	census	what run/metrics.prom says
 *	events	what wakes us
 *	reserve	room on the disk
 *	hold	what holds starts back
 *	slots	the schedule: slots_book, slots_files, slotplan
 */
#ifndef TD_RUNNER_CORE_H
#define TD_RUNNER_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/buf.h"
#include "lib/held.h"
#include "lib/output.h"
#include "lib/runlog.h"
#include "lib/scan.h"
#include "lib/settings.h"
#include "lib/spool.h"
#include "loop/alarm.h"
#include "loop/child.h"
#include "loop/frame.h"
#include "loop/loop.h"
#include "loop/notify.h"
#include "loop/signals.h"
#include "loop/watch.h"
#include "runner/alert.h"
#include "runner/boxes.h"
#include "runner/census.h"
#include "runner/closer.h"
#include "runner/drops.h"
#include "runner/expand.h"
#include "runner/letter.h"
#include "runner/planner.h"
#include "runner/quota.h"
#include "runner/runner.h"
#include "runner/settle.h"
#include "runner/slots.h"
#include "runner/syncer.h"
#include "runner/tree.h"
#include "runner/user.h"

enum { TD_ERROR_MAX = 512, TD_DROP_CHAINS = 1024 };

/*
 * A slot's life:
 *
 *	free -> running -> (ending: TERM sent, then KILL) -> (lingering)
 *	    -> (stuck) -> free
 *
 * lingering: the handler itself has exited, what it left behind has not.
 * stuck: settled, but the disk does not take the move out of cur/.
 */
enum td_slot_state {
	TD_SLOT_FREE,
	TD_SLOT_RUNNING,
	TD_SLOT_ENDING,
	TD_SLOT_LINGERING,
	TD_SLOT_STUCK,
};

/* What a handler said on descriptor 3: a pipe, kept open from task to task.
 * With both ends here its end rings no bell of its own beside the process's. */
struct td_channel {
	struct td_source source;
	int handler_fd;
	struct td_slot *slot;
	struct td_frame frame;
	bool is_open;
};

/* What it prints: a file below log/output/, slot-N or worker-PID, kept open
 * from task to task. */
struct td_capture {
	struct td_runner *runner;
	const struct td_class *class;	/* whose output_max holds */
	char name[TD_OUTPUT_NAME_SIZE];
	int fd;
	int wd;			/* inotify watch, -1: none */
	bool is_open;
	off_t base;		/* where the stretch in hand begins */
	off_t shown;		/* bytes already copied to our output */
	off_t cut;		/* up to here the middle is taken out */
	off_t freed;		/* of what lies before the stretch */
	struct td_timer timer;	/* re-arms the watch */
};

struct td_slot {
	struct td_runner *runner;
	unsigned number;
	enum td_slot_state state;
	uint32_t ref;		/* its task */
	struct td_class *class;
	enum td_state origin;	/* new or failed */
	char name[TD_NAME_SIZE];	/* in cur/ */
	char id[TD_NAME_ID_SIZE];
	char *component, *userid;
	int file_fd;		/* for the closer; -1: none */
	struct td_terms terms;
	struct td_outcome outcome;
	struct td_verdict verdict;
	bool scheduled, forced, killed;
	uid_t owner;
	uint64_t due, start_us;
	uint64_t end_us;	/* of its process; 0: when it is settled */
	uint64_t started_ticks;	/* of boot time, for the scoreboard */
	struct td_start *start;	/* of start.c */
	bool starting;		/* not known yet whether it executes */
	bool has_left;		/* its place, before it is settled */
	pid_t pid;		/* 0: none */
	bool returns;		/* stuck on its way back: never started */
	struct td_timer timer;	/* time limit, then grace */
	struct td_tree tree;
	struct td_channel channel;
	struct td_capture capture;
	int progress_percent;	/* -1: none */
	char error[TD_ERROR_MAX];
	struct td_buf value;	/* {"result": ...} as text */
	/* Of a task that a persistent worker does: */
	struct td_pool *pool;	/* NULL: it has a process of its own */
	struct td_worker *worker;	/* who has it; NULL: nobody yet */
	struct td_slot *next_pending;	/* in the pool, or settled with it */
	struct td_buf message;	/* what the worker is told */
	uint64_t timeout_ms;
	bool stale;		/* the scoreboard still names it */
};

struct td_sweep {
	struct td_scan scan;
	enum td_state state;	/* being scanned, if active */
	bool active, wanted;
	bool comparing;		/* both are read: who was not met? */
	uint32_t next_ref;	/* the next one to compare */
	unsigned generation;
};

struct td_runner {
	struct td_spool *spool;
	const struct td_runner_options *options;
	struct td_settings *settings;
	struct td_buf settings_kept;	/* lib/kept.h: for the hub */
	struct td_runner_settings conf;
	struct td_loop loop;
	struct td_watch watch;
	int wd_new, wd_failed, wd_ctl;
	struct td_alarm alarm;
	struct td_signals signals;
	struct td_notify notify;	/* the service manager */
	struct td_timer minute, keep_alive, time_limit, grace, watchdog, token;
	unsigned minutes;	/* since the start */
	struct td_planner planner;
	struct td_drop *drops[TD_DROP_CHAINS];	/* letters being looked at */
	size_t n_drops, n_settling;
	struct td_slot **slots;
	unsigned n_slots, n_stale;
	struct td_slot *gathered, **gathered_end;	/* NULL: none is */
	struct td_pool *pools;	/* see pool.h */
	struct td_runlog log;
	unsigned synced_day;	/* whose file the syncer has */
	struct td_syncer syncer;
	struct td_closer closer;
	struct td_pids children;	/* what we started, not reaped yet */
	struct td_users users;
	struct td_cgroups cgroups;
	struct td_tree *watched_trees;
	bool limits_failed, ctl_failed;	/* said already */
	int claim_error;	/* why the last claim failed, said; or 0 */
	struct td_boxes boxes;
	struct td_slots slots_of;	/* the schedule */
	struct td_sweep sweep;
	struct td_census census;
	struct td_alert alert;
	struct td_expander expander;
	struct td_quota quota;
	struct td_letter letter, other;	/* scratch: one task's turn */
	int file_fd;		/* the same, its file; -1: none */
	unsigned n_files;	/* that slots have open */
	int lock_fd, scoreboard_fd, output_fd, rates_fd;
	uint32_t n_rates;	/* lines of run/rates */
	uid_t uid;
	char *handler_path;	/* PATH=... */
	bool paused, keep_alive_over, time_is_over;
	uint64_t n_claimed;	/* for options->count */
	bool is_short, has_reserve;	/* of space */
	bool hold;		/* the system is short of something: wait */
	struct td_timer hold_timer;
	int held_fd;
	uint64_t held_since[TD_HELD_COUNT];	/* 0: not held */
	struct rlimit files;	/* that handlers get; 0: as the runner */
	rlim_t most_files;	/* that the runner may have open */
	unsigned stopping;	/* signals to stop so far */
	bool is_lost;		/* its directories are no longer the spool's */
	bool interrupting;
	bool any_failed;	/* with once */
};

/* The clock, in the units of due times. */
uint64_t td_runner_now(void);

/* The time tasks are picked by: now, or the end of time with force. */
uint64_t td_runner_horizon(const struct td_runner *runner);

/* Appends to the run log (unless CLASS, which may be NULL, wants no line of
 * it) and tells options->report. */
void td_runner_log(struct td_runner *runner, const struct td_class *class,
    const struct td_run *run);

/* Writes what td_runlog_hold kept back. */
void td_runner_flush_log(struct td_runner *runner);

/* The name of a task as the index has it. */
void td_runner_name(const struct td_runner *runner, uint32_t ref,
    char out[static TD_NAME_SIZE]);

/* The owner that goes into keys: "" in a private spool, else the uid. */
const char *td_runner_owner(const struct td_runner *runner, uid_t uid,
    char out[static TD_SPOOL_OWNER_SIZE]);

/* note.c: a name was seen in new/ or failed/. */
void td_note(struct td_runner *runner, enum td_state state, const char *name);
/* A user's class of an encoded name, 0 if no memory. */
uint32_t td_note_class(struct td_runner *runner, uint64_t user,
    const char *class_enc, size_t len);
/* A canonical name enters the index: 0 with *ref, or -ENOMEM. */
int td_note_index(struct td_runner *runner, enum td_state state,
    const struct td_name *name, uint32_t *ref);
/* It starts (or goes on) waiting, if the selection has it. */
void td_note_enqueue(struct td_runner *runner, uint32_t ref);
/* It leaves the index; it is in no queue. */
void td_note_gone(struct td_runner *runner, uint32_t ref);
/* The task is gone from the spool. */
void td_note_forget(struct td_runner *runner, uint32_t ref);
/* Renames a waiting task's due time: 0, -ENOENT (and forgets it), errno. */
int td_note_reschedule(struct td_runner *runner, uint32_t ref, uint64_t due);

/* admit.c */
void td_admit_look(struct td_runner *runner, enum td_state state,
    const char *name);
/* Whether a letter of that name is being looked at already. */
bool td_admit_has(struct td_runner *runner, enum td_state state,
    const char *name);
bool td_admit_is_settling(const struct td_runner *runner);
void td_admit_release(struct td_runner *runner);

/* dedup.c: what a newcomer's policy says. */
/* True: it is dropped, in favour of the task whose id is now in OF. */
bool td_dedup_drops(struct td_runner *runner, const struct td_letter *newcomer,
    const char *id, uint64_t key, char of[static TD_NAME_ID_SIZE]);

/* launch.c */
/* Fills free slots: true if anything was done. */
bool td_launch_some(struct td_runner *runner);
/* Whether it starts no more: told to stop, or done with its share. */
bool td_launch_is_closed(const struct td_runner *runner);
/* Waits until it is known whether a slot's handler was started: true if it
 * runs; else the failure has been dealt with. */
bool td_launch_join(struct td_slot *slot);
/* The same for all slots; and for those where it does not wait. */
void td_launch_join_all(struct td_runner *runner);
void td_launch_join_ready(struct td_runner *runner);

/* hold.c */
void td_hold_open(struct td_runner *runner);
/* Nothing is started for a second: WHAT failed with RC. */
void td_hold_starts(struct td_runner *runner, const char *what, int rc);
/* What run/held says, until it is over. */
void td_hold_say(struct td_runner *runner, enum td_held kind,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
void td_hold_end(struct td_runner *runner, enum td_held kind);

/* reserve.c */
/* Is there room?  Said when it changes. */
void td_reserve_look(struct td_runner *runner);
/* The disk is full: true if there is a little more room now. */
bool td_reserve_give_up(struct td_runner *runner);

/* tokens.c */
/* What an earlier runner wrote still holds: 0 or negated errno. */
int td_tokens_load(struct td_runner *runner);
/* The class spent a token, or got it back. */
void td_tokens_note(struct td_runner *runner, struct td_class *class);
void td_tokens_start_timer(struct td_runner *runner);
/* Whether one is near for which due tasks wait. */
bool td_tokens_come_soon(const struct td_runner *runner);
/* A claimed task cannot be started now because of RC: it waits again, and so
 * does the runner, for a second. */
void td_launch_put_back(struct td_slot *slot, int rc);
/* Once more, for one that is stuck on that way. */
void td_launch_return(struct td_slot *slot);

/* files.c: a task's file stays open until it is removed, see closer.h. */
/* The slot takes *FD (-1: none), and sets it to -1, if it may keep one more. */
void td_files_keep(struct td_slot *slot, int *fd);
/* The task has left its slot, or was even removed. */
void td_files_drop(struct td_slot *slot, bool removed);
/* Whether descriptors abound, with MORE slots than max_running. */
bool td_files_suffice(const struct td_runner *runner, unsigned more);
/* Closes what free slots keep for their next tasks. */
void td_files_give_back(struct td_runner *runner);

/* start.c */
/* Makes the process of a claimed task's handler: 0 with slot->pid, and
 * slot->starting until td_start_join has seen that it executes; or negated
 * errno, as td_start_join, with slot->error set where the task is to blame. */
int td_start(struct td_slot *slot, const struct td_letter *letter,
    const struct td_user *user);
int td_start_join(struct td_slot *slot);
/* Whether there is something to see, at once. */
bool td_start_is_ready(const struct td_slot *slot);
void td_start_release(struct td_slot *slot);
/* td_child_start for a child of the runner's. */
int td_start_child(struct td_runner *runner, struct td_child *child);
/* Not this task's fault: the machine is short of processes, memory, space. */
bool td_start_is_shortage(int rc);
/* As many open files as the runner may have. */
void td_start_raise_files(struct td_runner *runner);

/* A handler's process, for workers. */
struct td_process {
	const char *path;
	const struct td_class_settings *settings;
	const struct td_user *user;
	struct td_tree *tree;
	char *const *env;
	int in, out, channel;	/* descriptors 0, 1 and 2, 3 */
};
/* The absolute path of a class's handler: 0 or -ENOMEM. */
int td_start_path(const struct td_runner *runner, const struct td_class *class,
    struct td_buf *path);
/* These bytes as a file that can be read again but not changed, and which the
 * caller closes: a descriptor, or negated errno. */
int td_start_text(const char *text, size_t len);
/* Whether it may be trusted, and its process: 0, or negated errno with ERROR
 * set where the handler is to blame. */
int td_start_check(const struct td_runner *runner, const char *path,
    char error[static TD_ERROR_MAX]);
int td_start_process(struct td_runner *runner,
    const struct td_process *process, pid_t *pid,
    char error[static TD_ERROR_MAX]);

/* channel.c */
/* 0 with the handler's end, which stays the channel's, or negated errno. */
int td_channel_open(struct td_slot *slot, int *handler_fd);
/* The handler is gone: reads what is still there. */
void td_channel_finish(struct td_slot *slot);
void td_channel_close(struct td_slot *slot);

/* capture.c; KEPT holds a name of lib/output.h */
/* Opens it as NAME if it is not open; what is in it is none of a new task's.
 * 0 or negated errno. */
int td_capture_open(struct td_capture *capture, struct td_runner *runner,
    const struct td_class *class, const char *name);
int td_capture_open_slot(struct td_slot *slot);
void td_capture_written(struct td_runner *runner, int wd);
/* Whether WD is this one's; if so it is looked at soon. */
bool td_capture_rang(struct td_capture *capture, int wd);
off_t td_capture_size(const struct td_capture *capture);
/* The last line that was printed, cut to SIZE, without control bytes; "":
 * none, or output is not kept. */
void td_capture_last_words(const struct td_capture *capture, char *out,
    size_t size);
void td_capture_add(struct td_capture *capture, const char *text, size_t len);
/* What lies between base and SIZE, without its middle if it is too long. */
void td_capture_copy(struct td_capture *to, struct td_capture *from,
    off_t size);
/* A new stretch begins; what lies before it may go. */
void td_capture_begin(struct td_capture *capture, off_t at);
/* All of it is somebody else's by now. */
void td_capture_empty(struct td_capture *capture);
/* Another name while it grows. */
void td_capture_rename(struct td_capture *capture, const char *name);
/* Gives the file its final name and closes it. */
void td_capture_keep(struct td_capture *capture, const char *kept);
/* Keeps (as CLASS,ID,TRY; then *kept) or empties what was printed. */
void td_capture_finish(struct td_slot *slot, uint32_t try, bool failed,
    char kept[static TD_OUTPUT_NAME_SIZE]);
void td_capture_release(struct td_capture *capture);

/* keep.c */
/* Output of a run was kept: the class's oldest may have to go. */
void td_keep_output(struct td_runner *runner, struct td_class *class,
    const char *id, uint32_t try);
int td_keep_load(struct td_runner *runner);
/* Takes out what is older than its retention. */
void td_keep_prune(struct td_runner *runner);
/* The day of a file of the run log or of the hub's request log; 0: none. */
unsigned td_keep_day(const char *name);
/* keep_attempts.c: the hub's records of tasks that are no more. */
void td_keep_prune_attempts(struct td_runner *runner);
/* Whether a run with this result gets a line in the run log. */
bool td_keep_logs(const struct td_class *class, enum td_result result);

/* finish.c */
/* The start failed: settles it as a failed try. */
void td_finish_unstarted(struct td_slot *slot);
/* Stuck ones stay in cur/ for the next start of the runner. */
void td_finish_give_up(struct td_runner *runner);
/* It ended, and nothing of it is left: what becomes of it. */
void td_finish_settle(struct td_slot *slot);
/* Between the two, settling only decides: the lines of many go to the run log
 * in one write, and then each task where it belongs. */
void td_finish_gather(struct td_runner *runner);
void td_finish_gathered(struct td_runner *runner);

/* board.c */
/* A slot's line of the scoreboard, as it is now. */
void td_board_write(const struct td_slot *slot);
/* The scoreboard has yet to learn who has this slot's task, if it has one; or
 * somebody else tells it. */
void td_board_make_stale(struct td_slot *slot);
void td_board_make_fresh(struct td_slot *slot);
/* The lines of slots that are stale: before a worker hears of a task, so that
 * after a crash it is known who has it. */
void td_board_update(struct td_runner *runner);

/* bury.c */
struct td_burial {
	enum td_state from;
	const char *name;	/* where it lies now */
	const char *dlq_name;
	enum td_result result;
	uint32_t tries;
	const char *error;
	const char *old_name;	/* NULL: name */
};
int td_bury(struct td_runner *runner, const struct td_burial *burial);
/* An unreadable letter: class invalid, a new id, and its log line. */
void td_bury_invalid(struct td_runner *runner, enum td_state from,
    const char *name, const char *error, bool keep_class);

/* control.c */
void td_control_look(struct td_runner *runner);
/* Takes out a waiting task, asks a running one to end. */
void td_control_cancel(struct td_runner *runner, const char *id);
bool td_control_is_paused(struct td_runner *runner,
    const struct td_class *class);

/* recover.c */
int td_recover(struct td_runner *runner, struct td_err *err);

/* sweep.c */
int td_sweep_load(struct td_runner *runner, struct td_err *err);
void td_sweep_want(struct td_runner *runner);
/* One step of a sweep under way: true if there is more. */
bool td_sweep_step(struct td_runner *runner);

/* events.c */
int td_events_open_signals(struct td_runner *runner);
int td_events_open_watches(struct td_runner *runner);
void td_events_alarm(struct td_alarm *alarm, bool clock_was_set);
void td_events_start_timers(struct td_runner *runner);
/* What the service manager shows of us. */
void td_events_status(const struct td_runner *runner);

/* reload.c */
/* What the settings in force and the options allow. */
uint32_t td_reload_max_running(const struct td_runner *runner);
/* At the start, into runner->settings: 0, or as td_settings_load; -EPERM. */
int td_reload_first(struct td_runner *runner, struct td_err *err);
/* These are in force from now on and the runner's: 0 or -ENOMEM. */
int td_reload_use(struct td_runner *runner, struct td_settings *settings);
/* Reads them anew; what has a mistake leaves the old ones in force. */
int td_runner_reload(struct td_runner *runner);
void td_reload_forget(struct td_buf *kept);

#endif
