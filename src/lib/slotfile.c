#include "config.h"

#include "lib/slotfile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "lib/json.h"
#include "lib/key.h"

/* s-, 16 hex digits, -, 10 digits; and -m of those made by hand. */
enum { HASH_LEN = 16, SLOT_LEN = 10, HASH_AT = 2,
	SLOT_AT = HASH_AT + HASH_LEN + 1, ID_LEN = SLOT_AT + SLOT_LEN };
/* By then whoever asked for it has told a runner, or is not there any more. */
enum { MANUAL_WAIT_S = 60 };
static const char manual_end[] = "-m";
_Static_assert(ID_LEN + sizeof(manual_end) <= TD_NAME_ID_SIZE,
    "an id has room for it");

void
td_slotfile_id(char out[static TD_NAME_ID_SIZE],
    const struct td_slotfile *file)
{
	(void)snprintf(out, TD_NAME_ID_SIZE, "s-%016" PRIx64 "-%010" PRIu64
	    "%s", file->hash, file->slot, file->manual ? manual_end : "");
}

bool
td_slotfile_parse(struct td_slotfile *file, const char *id, size_t len)
{
	struct td_slotfile it = { .manual = len == ID_LEN + 2 };

	if ((len != ID_LEN && !it.manual) || id[0] != 's' || id[1] != '-' ||
	    id[SLOT_AT - 1] != '-' ||
	    (it.manual && memcmp(id + ID_LEN, manual_end, 2) != 0) ||
	    td_num_parse_hex(&it.hash, id + HASH_AT, HASH_LEN) != 0 ||
	    td_num_parse(&it.slot, id + SLOT_AT, SLOT_LEN,
	    TD_NAME_DUE_MAX) != 0)
		return false;
	*file = it;
	return true;
}

bool
td_slotfile_parse_name(struct td_slotfile *file, const char *name)
{
	struct td_name parts;

	return td_name_parse(&parts, name) == 0 &&
	    td_slotfile_parse(file, parts.id, parts.id_len);
}

/* Spreads a number over all bits (the finaliser of splitmix64). */
static uint64_t
mix(uint64_t n)
{
	n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ^ n >> 31;
}

uint64_t
td_slotfile_due(const struct td_schedule_entry *entry, uint64_t slot)
{
	uint64_t due = slot;

	if (entry->jitter_s > 0)
		due += mix(entry->hash ^ mix(slot)) % (entry->jitter_s + 1);
	return due > TD_NAME_DUE_MAX ? TD_NAME_DUE_MAX : due;
}

void
td_slotfile_key(char out[static TD_SLOTFILE_KEY_SIZE],
    const struct td_schedule_entry *entry)
{
	(void)snprintf(out, TD_SLOTFILE_KEY_SIZE, "schedule:%s", entry->id);
}

static void
add_text(struct td_buf *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	td_buf_add_format(out, ",\"%s\":", name);
	td_json_quote_text(out, text);
}

/* What is tried again by the schedule itself is not retried. */
static bool
is_last_try(const struct td_schedule_entry *entry,
    const struct td_slotfile *file)
{
	return entry->next_on_failure || file->manual;
}

int
td_slotfile_write(struct td_buf *out, const struct td_schedule_entry *entry,
    const struct td_slotfile *file)
{
	char key[TD_SLOTFILE_KEY_SIZE];

	td_slotfile_key(key, entry);
	td_buf_add_text(out, "{\"classname\":");
	td_json_quote_text(out, entry->class_name);
	add_text(out, "component", entry->component);
	if (entry->data != NULL)
		td_buf_add_format(out, ",\"customdata\":%s", entry->data);
	add_text(out, "userid", entry->user);
	td_buf_add_text(out, ",\"attemptsavailable\":null");
	if (is_last_try(entry, file))
		td_buf_add_text(out, ",\"retry\":false");
	add_text(out, "key", key);
	if (entry->timeout_ms > 0)
		td_buf_add_format(out, ",\"timeout\":%" PRIu64 ".%03u",
		    entry->timeout_ms / 1000,
		    (unsigned)(entry->timeout_ms % 1000));
	td_buf_add_format(out, ",\"slot\":%" PRIu64 "}\n", file->slot);
	return td_buf_status(out);
}

int
td_slotfile_name(char out[static TD_NAME_SIZE],
    const struct td_schedule_entry *entry, const struct td_slotfile *file,
    const char *owner)
{
	char id[TD_NAME_ID_SIZE], key[TD_SLOTFILE_KEY_SIZE];
	struct td_task task = { .key = key,
		.userid = (char *)(uintptr_t)entry->user };
	struct td_name name = { .due = file->manual ?
	    file->slot + MANUAL_WAIT_S :
	    td_slotfile_due(entry, file->slot) };
	int rc = td_name_encode_class(task.class_enc, entry->class_name,
	    strlen(entry->class_name));

	if (rc != 0)
		return rc;
	td_slotfile_id(id, file);
	td_slotfile_key(key, entry);
	rc = td_key_of_task(&name.key, &task, owner);
	name.class_enc = task.class_enc;
	name.class_len = (uint8_t)strlen(task.class_enc);
	name.id = id;
	name.id_len = (uint8_t)strlen(id);
	return rc == 0 ? td_name_format(out, &name) : rc;
}
