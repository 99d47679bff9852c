#include "config.h"

#include "lib/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "lib/taskdir.h"
#include "lib/zone_file.h"

#define SYSTEM_DIR "/usr/share/zoneinfo"
#define SYSTEM_ZONE "/etc/localtime"

enum {
	/* The largest of tzdata's has less than 4 KiB. */
	FILE_MAX = 1 << 20,
	CHANGES_STEP = 512,
};

int
td_zone_add(struct td_zone *zone, int64_t when, int32_t offset)
{
	struct td_zone_change *changes;

	/* Two changes at once are one. */
	while (zone->n > 0 && zone->changes[zone->n - 1].when >= when)
		zone->n--;
	if (offset == (zone->n > 0 ? zone->changes[zone->n - 1].offset :
	    zone->first))
		return 0;
	if (zone->n % CHANGES_STEP == 0) {
		changes = reallocarray(zone->changes, zone->n + CHANGES_STEP,
		    sizeof(*changes));
		if (changes == NULL)
			return -ENOMEM;
		zone->changes = changes;
	}
	zone->changes[zone->n++] = (struct td_zone_change){ when, offset };
	return 0;
}

void
td_zone_release(struct td_zone *zone)
{
	free(zone->changes);
	*zone = (struct td_zone){ 0 };
}

/* Reading */

/* Letters, digits, "_+-" and single slashes between: no way out of the
 * directory, no hidden file. */
static bool
is_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > TD_ZONE_NAME_MAX || name[len - 1] == '/' ||
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789_+-./") != len)
		return false;
	for (const char *at = name; at != NULL; at = strchr(at, '/')) {
		at += at != name;
		if (*at == '/' || *at == '.')
			return false;
	}
	return true;
}

static int
read_file(struct td_zone *zone, const char *path)
{
	struct td_buf buf = { 0 };
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0)
		rc = -errno;
	else if (!S_ISREG(st.st_mode))
		rc = TASKDIR_EFORMAT;
	else
		rc = td_io_read(fd, &buf, FILE_MAX);
	if (rc == 0)
		rc = td_zone_parse_file(zone, td_buf_text(&buf), buf.len);
	td_buf_release(&buf);
	td_io_close(&fd);
	return rc == -EFBIG ? TASKDIR_EFORMAT : rc;
}

static bool
is_utc(const char *name)
{
	return strcmp(name, "UTC") == 0 || strcmp(name, "Etc/UTC") == 0;
}

static const char *
directory(void)
{
	const char *dir = getenv("TZDIR");

	return dir != NULL && *dir != '\0' ? dir : SYSTEM_DIR;
}

static int
read_named(struct td_zone *zone, const char *name)
{
	struct td_buf path = { 0 };
	int rc;

	if (!is_name(name))
		return -EINVAL;
	(void)strcpy(zone->name, name);
	if (is_utc(name))
		return 0;
	td_buf_add_format(&path, "%s/%s", directory(), name);
	rc = td_buf_status(&path);
	if (rc == 0)
		rc = read_file(zone, path.data);
	td_buf_release(&path);
	return rc == -ENOTDIR ? -ENOENT : rc;
}

/* A rule in $TZ; its name is the text itself. */
static int
read_rule(struct td_zone *zone, const char *rule)
{
	size_t len = strlen(rule);

	if (len > TD_ZONE_NAME_MAX)
		return -EINVAL;
	(void)strcpy(zone->name, rule);
	return td_zone_parse_rule(zone, rule, len);
}

/* What /etc/localtime links to, where that is a zone of the system. */
static const char *
name_of_link(char target[static 256])
{
	ssize_t len = readlink(SYSTEM_ZONE, target, 255);
	const char *name;

	target[len > 0 ? len : 0] = '\0';
	name = strstr(target, "/zoneinfo/");
	if (name == NULL || !is_name(name + strlen("/zoneinfo/")))
		return "localtime";
	return name + strlen("/zoneinfo/");
}

static int
read_local(struct td_zone *zone)
{
	char target[256];
	int rc = read_file(zone, SYSTEM_ZONE);

	if (rc != 0 && rc != -ENOENT)
		return rc;
	(void)strcpy(zone->name, rc == 0 ? name_of_link(target) : "UTC");
	return 0;
}

static int
read_system_zone(struct td_zone *zone)
{
	const char *name = getenv("TZ");
	int rc;

	if (name == NULL)
		return read_local(zone);
	name += *name == ':';
	rc = read_named(zone, *name == '\0' ? "UTC" : name);
	if (rc == 0 || rc == -ENOMEM)
		return rc;
	td_zone_release(zone);
	return read_rule(zone, name) == 0 ? 0 : rc;
}

/* What went wrong with NAME (NULL: the system's own), in words. */
static int
explain(int rc, const char *name, struct td_err *err)
{
	if (name == NULL)
		name = getenv("TZ") != NULL ? getenv("TZ") : SYSTEM_ZONE;
	if (rc == -EINVAL)
		return td_fail(err, TASKDIR_EFORMAT, "\"%.80s\" is not the "
		    "name of a time zone", name);
	if (rc == TASKDIR_EFORMAT)
		return td_fail(err, rc, "time zone %.80s: not a time zone's "
		    "file", name);
	if (rc == -ENOENT && access(directory(), F_OK) != 0)
		return td_fail(err, rc, "unknown time zone \"%.80s\": there "
		    "is no %.200s (install tzdata)", name, directory());
	if (rc == -ENOENT)
		return td_fail(err, rc, "unknown time zone \"%.80s\"", name);
	return td_fail_errno(err, rc, "time zone %.80s", name);
}

int
td_zone_open(struct td_zone *zone, const char *name, struct td_err *err)
{
	struct td_zone found = { 0 };
	int rc = name == NULL ? read_system_zone(&found) :
	    read_named(&found, name);

	if (rc != 0) {
		td_zone_release(&found);
		return explain(rc, name, err);
	}
	*zone = found;
	zone->is_system = name == NULL;
	return 0;
}

/* Looking up */

static void
fill(const struct td_zone *zone, size_t i, struct td_zone_span *span)
{
	const struct td_zone_change *c = zone->changes;

	span->i = i;
	span->begin = i > 0 ? c[i - 1].when : INT64_MIN;
	span->end = i < zone->n ? c[i].when : INT64_MAX;
	span->offset = i > 0 ? c[i - 1].offset : zone->first;
	span->before = i > 1 ? c[i - 2].offset : i == 1 ? zone->first :
	    span->offset;
	span->after = i < zone->n ? c[i].offset : span->offset;
}

void
td_zone_at(const struct td_zone *zone, int64_t when,
    struct td_zone_span *span)
{
	size_t low = 0, high = zone->n;

	/* Changes before LOW are not after WHEN, those from HIGH on are. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (zone->changes[middle].when <= when)
			low = middle + 1;
		else
			high = middle;
	}
	fill(zone, low, span);
}

void
td_zone_following(const struct td_zone *zone, struct td_zone_span *span)
{
	fill(zone, span->i + 1, span);
}

/* Many */

static bool
is_called(const struct td_zone *zone, const char *name)
{
	return name == NULL ? zone->is_system :
	    !zone->is_system && strcmp(zone->name, name) == 0;
}

int
td_zones_get(struct td_zones *zones, const char *name,
    const struct td_zone **zone, struct td_err *err)
{
	struct td_zone **list, *new;
	int rc;

	for (size_t i = 0; i < zones->n; i++)
		if (is_called(zones->list[i], name)) {
			*zone = zones->list[i];
			return 0;
		}
	list = reallocarray(zones->list, zones->n + 1, sizeof(*list));
	if (list == NULL)
		return explain(-ENOMEM, name, err);
	zones->list = list;
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return explain(-ENOMEM, name, err);
	rc = td_zone_open(new, name, err);
	if (rc != 0) {
		free(new);
		return rc;
	}
	list[zones->n++] = new;
	*zone = new;
	return 0;
}

void
td_zones_release(struct td_zones *zones)
{
	for (size_t i = 0; i < zones->n; i++) {
		td_zone_release(zones->list[i]);
		free(zones->list[i]);
	}
	free(zones->list);
	*zones = (struct td_zones){ 0 };
}
