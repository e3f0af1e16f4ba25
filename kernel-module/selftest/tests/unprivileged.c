// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users without privileges: what they may do, and that they learn nothing about
 * the memory of others. They have /dev/upm open from before.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "domain.h"
#include "files.h"
#include "suite.h"

#define PAGES	32
#define ALICE	1000
#define BOB	1001

static long job_forbidden(long a __unused, long b __unused, long c __unused)
{
	struct upm_domain_entry entry;
	unsigned int nr = 1;
	int fd = pidfd_of(getpid());

	CHECK_EQ(upm_bind(fd, 1), -EPERM);
	CHECK_EQ(upm_unbind(fd), -EPERM);
	CHECK_EQ(upm_domains(&entry, &nr), -EPERM);
	nr = 0;
	CHECK_EQ(upm_domains(NULL, &nr), -EPERM);
	close(fd);
	return 0;
}

static void operator_calls(void)
{
	struct peer *peer = peer_new_user(ALICE);
	struct area a = area_new(peer, PAGES, seed_new());

	peer_run(peer, job_forbidden, 0, 0, 0);
	CHECK_EQ(area_call(&a, UPM_IOC_MERGE, UPM_CALL_DOMAIN, 1, NULL),
		 -EPERM);
	CHECK_EQ(upm_stat("candidates"), 0);
	CHECK_EQ(domain_count(UPM_DOMAIN_NAMED), 0);
}

static long job_user_namespace(long a __unused, long b __unused,
			       long c __unused)
{
	/* All capabilities, but in a namespace of one's own. */
	if (syscall(SYS_unshare, CLONE_NEWUSER))
		return -errno;
	return job_forbidden(0, 0, 0);
}

static void in_a_user_namespace(void)
{
	struct peer *peer = peer_new_user(ALICE);
	long ret = peer_run(peer, job_user_namespace, 0, 0, 0);

	if (ret)
		SKIP("no user namespaces for users: %s", strerror(-ret));
}

static long job_open(long path, long flags, long c __unused)
{
	int fd = open((const char *)path, flags | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static long try_open(struct peer *peer, const char *path, int flags)
{
	return peer_run(peer, job_open, (long)path, flags, 0);
}

static void files(void)
{
	static const char * const names[] = {
		"/sys/kernel/upm/stable_pages", "/sys/kernel/upm/sharing_pages",
		"/sys/kernel/upm/candidates", "/sys/kernel/upm/processes",
		"/sys/kernel/upm/domains", "/sys/kernel/upm/metadata_bytes",
		"/sys/kernel/upm/pages_examined", "/sys/kernel/upm/pages_merged",
		"/sys/kernel/upm/pages_unmerged", "/sys/kernel/upm/calls",
		"/sys/kernel/upm/skipped/unmapped",
		"/sys/kernel/upm/skipped/poison",
	};
	struct peer *peer = peer_new_user(ALICE);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		CHECK(file_number(names[i]) >= 0);
		CHECK_EQ(try_open(peer, names[i], O_RDONLY), -EACCES);
	}
	for (i = 0; i < UPM_NR_SKIPS; i++) {
		char name[64];

		snprintf(name, sizeof(name), "skipped/%s", skip_name(i));
		CHECK(upm_stat(name) >= 0);
	}
	CHECK_EQ(try_open(peer, PARAM_DIR "max_candidates", O_WRONLY),
		 -EACCES);
	CHECK_EQ(try_open(peer, "/dev/upm", O_RDWR), -EACCES);
	CHECK_EQ(try_open(peer, "/dev/upm", O_RDONLY), -EACCES);
}

/* The replies to the same calls, on memory that is new each time. */
static void ask(struct peer *peer, struct upm_counts replies[6])
{
	__u64 seed = 12345ULL << 20;
	struct area a = area_new(peer, PAGES, seed), half;

	half = area_part(&a, 0, PAGES / 2);
	replies[0] = area_query(&a);
	replies[1] = area_merge(&a);
	replies[2] = area_query(&a);
	replies[3] = area_merge(&half);
	replies[4] = area_unmerge(&half);
	replies[5] = area_unmerge(&a);
}

/* Another domain has what is asked about: as candidates, then as stable pages. */
static void replies_tell_nothing(void)
{
	struct upm_counts without[6], with[6];
	struct peer *bob = peer_new_user(BOB), *bob_too = peer_new_user(BOB);
	struct peer *alice[3];
	struct area b, c;
	int i;

	for (i = 0; i < 3; i++)
		alice[i] = peer_new_user(ALICE);
	ask(alice[0], without);
	peer_exit(alice[0]);

	b = area_new(bob, PAGES, 12345ULL << 20);
	CHECK_EQ(area_merge(&b).recorded, PAGES);
	ask(alice[1], with);
	CHECK(!memcmp(without, with, sizeof(with)));
	peer_exit(alice[1]);

	c = area_new(bob_too, PAGES, 12345ULL << 20);
	area_settle(&c);
	expect_shared(&b, &c, 2);
	ask(alice[2], with);
	CHECK(!memcmp(without, with, sizeof(with)));
	expect_shared(&b, &c, 2);
	area_check(&b);
}

/* A user's own memory: everything he needs. */
static void own_memory(void)
{
	struct peer *one = peer_new_user(ALICE), *two = peer_new_user(ALICE);
	struct area a = area_new(one, PAGES, seed_new());
	struct area b = area_new(two, PAGES, a.seed);

	CHECK_EQ(area_merge(&a).recorded, PAGES);
	CHECK_EQ(area_merge(&b).merged, PAGES);
	expect_shared(&a, &b, 2);
	area_write(&a, 0, 1);
	area_check(&b);
	CHECK_EQ(area_unmerge(&b).unmerged, PAGES);
}

static const struct test tests[] = {
	{ "operator_calls", operator_calls },
	{ "in_a_user_namespace", in_a_user_namespace },
	{ "files", files },
	{ "replies_tell_nothing", replies_tell_nothing },
	{ "own_memory", own_memory },
	{ }
};

const struct suite unprivileged_suite = { "unprivileged", tests };
