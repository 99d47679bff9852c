/*
 * Captured output: log/output/CLASS,ID,TRY (CLASS encoded as in task names),
 * and slot-N or worker-PID while a task runs.
 */
#ifndef TD_LIB_OUTPUT_H
#define TD_LIB_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/name.h"

enum { TD_OUTPUT_NAME_SIZE = TD_NAME_CLASS_SIZE + TD_NAME_ID_SIZE + 12 };

/* A file name taken apart; the texts point into it, not NUL-terminated. */
struct td_output {
	const char *class_enc, *id;
	uint8_t class_len, id_len;
	uint32_t try;
};

/* "CLASS,ID,TRY", "slot-N" and "worker-PID". */
void td_output_name(char out[static TD_OUTPUT_NAME_SIZE],
    const char *class_enc, const char *id, uint32_t try);
void td_output_slot_name(char out[static TD_OUTPUT_NAME_SIZE], unsigned slot);
void td_output_worker_name(char out[static TD_OUTPUT_NAME_SIZE], pid_t pid);
/* Whether it is that of a worker. */
bool td_output_is_worker(const char *name);

/* 0, or -EINVAL with *output untouched. */
int td_output_parse(struct td_output *output, const char *name);

/*
 * The file of try TRY of task ID (0: of the last one that is kept), a name
 * below log/output/.  0, -ENOENT, or negated errno.
 */
int td_output_find(int log_fd, const char *id, uint32_t try,
    char out[static TD_OUTPUT_NAME_SIZE]);

#endif
