#include "config.h"

#include "lib/zone_file.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lib/taskdir.h"

enum {
	HEADER_SIZE = 44,
	TYPE_SIZE = 6,		/* offset (4), daylight saving, name */
	N_TYPES_MAX = 256,
	OFFSET_MAX = 26 * 3600,	/* RFC 8536, 3.2 */
};

struct reader {
	const unsigned char *at;
	size_t left;
};

/* One of the file's two blocks: what its header counts. */
struct block {
	unsigned char version;
	size_t n_utc, n_std, n_leaps, n_times, n_types, n_letters;
	size_t time_size;	/* 4, or 8 in the second block */
	size_t size;		/* of all that follows the header */
};

static int64_t
read_number(const unsigned char *at, size_t size)
{
	uint64_t n = (at[0] & 0x80) != 0 ? UINT64_MAX : 0;

	for (size_t i = 0; i < size; i++)
		n = n << 8 | at[i];
	return (int64_t)n;
}

static size_t
read_count(const unsigned char *at)
{
	return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 |
	    at[3];
}

static int
read_header(struct block *block, struct reader *reader, size_t time_size)
{
	const unsigned char *at = reader->at;

	if (reader->left < HEADER_SIZE || memcmp(at, "TZif", 4) != 0)
		return TASKDIR_EFORMAT;
	*block = (struct block){
		.version = at[4],
		.n_utc = read_count(at + 20),
		.n_std = read_count(at + 24),
		.n_leaps = read_count(at + 28),
		.n_times = read_count(at + 32),
		.n_types = read_count(at + 36),
		.n_letters = read_count(at + 40),
		.time_size = time_size,
	};
	/* Counts have 32 bits, sizes 64: the sum cannot overflow. */
	block->size = block->n_times * (time_size + 1) +
	    block->n_types * TYPE_SIZE + block->n_letters +
	    block->n_leaps * (time_size + 4) + block->n_std + block->n_utc;
	reader->at += HEADER_SIZE;
	reader->left -= HEADER_SIZE;
	if (block->size > reader->left || block->n_types == 0 ||
	    block->n_types > N_TYPES_MAX)
		return TASKDIR_EFORMAT;
	return 0;
}

static void
skip(struct reader *reader, size_t size)
{
	reader->at += size;
	reader->left -= size;
}

static int
read_offset(const unsigned char *type, int32_t *offset)
{
	int64_t n = read_number(type, 4);

	if (n < -OFFSET_MAX || n > OFFSET_MAX)
		return TASKDIR_EFORMAT;
	*offset = (int32_t)n;
	return 0;
}

/* The block's changes.  A zone that counts leap seconds ("right/...") is none
 * of Unix seconds. */
static int
read_block(struct td_zone *zone, const struct block *block,
    const unsigned char *at)
{
	const unsigned char *kinds = at + block->n_times * block->time_size;
	const unsigned char *types = kinds + block->n_times;
	int rc = read_offset(types, &zone->first);

	if (block->n_leaps != 0)
		return TASKDIR_EFORMAT;
	for (size_t i = 0; i < block->n_times && rc == 0; i++) {
		int32_t offset = 0;

		rc = kinds[i] >= block->n_types ? TASKDIR_EFORMAT :
		    read_offset(types + kinds[i] * (size_t)TYPE_SIZE, &offset);
		if (rc == 0)
			rc = td_zone_add(zone, read_number(at +
			    i * block->time_size, block->time_size), offset);
	}
	return rc;
}

/* LF, the rule, LF; an empty rule: nobody knows how it goes on. */
static int
read_footer(struct td_zone *zone, struct reader *reader)
{
	const unsigned char *end;
	size_t len;

	if (reader->left < 2 || reader->at[0] != '\n')
		return TASKDIR_EFORMAT;
	skip(reader, 1);
	end = memchr(reader->at, '\n', reader->left);
	if (end == NULL)
		return TASKDIR_EFORMAT;
	len = (size_t)(end - reader->at);
	return len == 0 ? 0 : td_zone_parse_rule(zone,
	    (const char *)reader->at, len);
}

int
td_zone_parse_file(struct td_zone *zone, const void *bytes, size_t len)
{
	struct reader reader = { bytes, len };
	struct block block;
	int rc = read_header(&block, &reader, 4);

	if (rc != 0)
		return rc;
	if (block.version < '2')
		return read_block(zone, &block, reader.at);
	skip(&reader, block.size);
	rc = read_header(&block, &reader, 8);
	if (rc == 0)
		rc = read_block(zone, &block, reader.at);
	if (rc != 0)
		return rc;
	skip(&reader, block.size);
	return read_footer(zone, &reader);
}
