#include "config.h"

#include "cli/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stddef.h>
#include <unistd.h>

#include "base/log.h"

int
td_owner_become(const struct td_spool *spool)
{
	const struct passwd *pw;
	int rc;

	if (geteuid() != 0 || spool->owner == 0 ||
	    spool->kind != TD_SPOOL_PRIVATE)
		return 0;
	pw = getpwuid(spool->owner);
	rc = pw != NULL ? initgroups(pw->pw_name, pw->pw_gid) :
	    setgroups(0, NULL);
	if (rc != 0 || setgid(pw != NULL ? pw->pw_gid : spool->group) != 0 ||
	    setuid(spool->owner) != 0)
		return -errno;
	td_log(TD_LOG_NOTICE, "runner", "running as the spool's owner uid=%lu",
	    (unsigned long)spool->owner);
	return 0;
}
