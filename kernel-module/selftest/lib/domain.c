// SPDX-License-Identifier: GPL-2.0-only
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain.h"
#include "files.h"

static long job_set_uid(long uid, long b __unused, long c __unused)
{
	CHECK_SYS(setresgid(uid, uid, uid) == 0);
	CHECK_SYS(setresuid(uid, uid, uid) == 0);
	/* Changing ids makes a process one that others may not look at. */
	CHECK_SYS(prctl(PR_SET_DUMPABLE, 1) == 0);
	return 0;
}

void peer_set_uid(struct peer *peer, unsigned int uid)
{
	peer_run(peer, job_set_uid, uid, 0, 0);
}

struct peer *peer_new_user(unsigned int uid)
{
	struct peer *peer = peer_new();

	peer_set_uid(peer, uid);
	return peer;
}

struct peer *peer_new_namespace(void)
{
	if (!file_exists("/proc/self/ns/pid"))
		SKIP("no pid namespaces");
	return peer_new_in(CLONE_NEWPID);
}

static long job_is_bound(long a __unused, long b __unused, long c __unused)
{
	return upm_info().bound;
}

bool peer_is_bound(struct peer *peer)
{
	return peer_run(peer, job_is_bound, 0, 0, 0);
}

int peer_bind(struct peer *peer, unsigned long long domain)
{
	int fd = pidfd_of(peer->pid);
	int ret = upm_bind(fd, domain);

	close(fd);
	return ret;
}

int peer_unbind(struct peer *peer)
{
	int fd = pidfd_of(peer->pid);
	int ret = upm_unbind(fd);

	close(fd);
	return ret;
}

#define ROOM	256

static struct upm_domain_entry entries[ROOM];

static unsigned int load_entries(void)
{
	unsigned int nr = ROOM;
	int ret = upm_domains(entries, &nr);

	if (ret)
		FAIL("UPM_IOC_DOMAINS: %s", strerror(-ret));
	return nr < ROOM ? nr : ROOM;
}

const struct upm_domain_entry *domain_entry(unsigned int kind,
					    unsigned long long domain)
{
	unsigned int nr = load_entries(), i;

	for (i = 0; i < nr; i++)
		if (entries[i].kind == kind &&
		    (!domain || entries[i].domain == domain))
			return &entries[i];
	return NULL;
}

unsigned int domain_count(unsigned int kind)
{
	unsigned int nr = load_entries(), i, count = 0;

	for (i = 0; i < nr; i++)
		count += entries[i].kind == kind;
	return count;
}

__u32 namespace_inode(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	CHECK_SYS(stat(path, &st) == 0);
	return st.st_ino;
}
