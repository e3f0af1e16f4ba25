// SPDX-License-Identifier: GPL-2.0-only
/* Children of processes with merged pages, and of processes with candidates. */
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

#define PAGES	32

/* Exit status of a child that ran @run on the area. */
static void in_child(void (*run)(struct area *area), struct area *area)
{
	int status;
	pid_t pid = fork();

	CHECK_SYS(pid >= 0);
	if (!pid) {
		run(area);
		_exit(0);
	}
	CHECK_SYS(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, 0);
}

/* Two areas of this process, merged with each other. */
static void merged_here(struct area *a, struct area *b)
{
	__u64 seed = seed_new();

	*a = area_new(NULL, PAGES, seed);
	*b = area_new(NULL, PAGES, seed);
	area_merge(a);
	area_settle(b);
	expect_shared(a, b, 2);
}

static void child_writes_all(struct area *area)
{
	size_t i;

	area_check(area);
	CHECK_EQ(pfn_mapcount(pfn_of(0, area->addr)), 4);
	for (i = 0; i < area->pages; i++)
		area_write(area, i, i);
	for (i = 0; i < area->pages; i++)
		CHECK_EQ(area_read(area, i), i);
	expect_own(area);
}

static void after_merge(void)
{
	struct area a, b;

	merged_here(&a, &b);
	in_child(child_writes_all, &a);
	expect_shared(&a, &b, 2);
	area_check(&a);
	area_check(&b);
}

static void child_unmerges(struct area *area)
{
	CHECK_EQ(area_unmerge(area).unmerged, area->pages);
	expect_own(area);
	area_check(area);
}

static void child_unmerges_its_own(void)
{
	struct area a, b;

	merged_here(&a, &b);
	in_child(child_unmerges, &a);
	expect_shared(&a, &b, 2);
	area_check(&a);
}

static void grandchild(struct area *area)
{
	in_child(child_unmerges, area);
	area_check(area);
	in_child(child_unmerges, area);
}

static void grandchildren(void)
{
	struct area a, b;

	merged_here(&a, &b);
	in_child(grandchild, &a);
	expect_shared(&a, &b, 2);
	area_check(&b);
}

static void parent_exits_first(void)
{
	struct area areas[2];
	struct area child;

	merged_areas(areas, 2, PAGES);
	/* The peers end, a child of one of them has their pages still. */
	child = area_new(NULL, PAGES, areas[0].seed);
	area_settle(&child);
	child.peer = peer_new();
	expect_shared(&child, &areas[0], 4);
	peer_exit(areas[0].peer);
	peer_kill(areas[1].peer);
	CHECK_SYS(munmap(child.addr, PAGES * PAGE) == 0);
	area_check(&child);
	CHECK(page_is_merged(child.peer->pid, child.addr));
	CHECK_EQ(pfn_mapcount(pfn_of(child.peer->pid, child.addr)), 1);
	area_write(&child, 0, 1);
	CHECK_EQ(area_read(&child, 0), 1);
}

/* A candidate became shared by fork meanwhile. */
static void candidate_forks(void)
{
	struct peer *other = peer_new();
	struct area a = area_new(NULL, PAGES, seed_new()), child = a, b;

	area_merge(&a);
	child.peer = peer_new();
	b = area_new(other, PAGES, a.seed);
	area_merge(&b);
	area_check(&a);
	area_check(&b);
	area_check(&child);
	area_write(&child, 0, 1);
	area_write(&b, 1, 2);
	area_write(&a, 2, 3);
	CHECK_EQ(area_read(&a, 0), page_word(a.seed, 0));
	CHECK_EQ(area_read(&a, 1), page_word(a.seed + 1, 0));
	CHECK_EQ(area_read(&b, 0), page_word(a.seed, 0));
	CHECK_EQ(area_read(&b, 2), page_word(a.seed + 2, 0));
	CHECK_EQ(area_read(&child, 1), page_word(a.seed + 1, 0));
	CHECK_EQ(area_read(&child, 2), page_word(a.seed + 2, 0));
}

static void child_advises(struct area *area)
{
	struct upm_counts counts = area_merge(area);

	CHECK_EQ(counts.shared, area->pages);
	area_check(area);
}

static void child_advises_merged(void)
{
	struct area a, b;

	merged_here(&a, &b);
	in_child(child_advises, &a);
	expect_shared(&a, &b, 2);
}

static void child_checks(struct area *area)
{
	area_check(area);
}

/* Children of an advising process are cheap, and leave nothing behind. */
static void many_children(void)
{
	struct area a, b;
	int i;

	merged_here(&a, &b);
	for (i = 0; i < 200; i++)
		in_child(i % 4 ? child_checks : child_advises, &a);
	/* They are forgotten by a worker of the kernel. */
	for (i = 0; upm_stat("processes") > 1 && i < 500; i++)
		sleep_ms(10);
	CHECK_EQ(upm_stat("processes"), 1);
	expect_shared(&a, &b, 2);
}

static int vfork_child(void *arg)
{
	struct area *area = arg;

	/* The memory of the parent, from a process with another id. */
	if (upm_merge(area->addr, area->pages).shared != area->pages)
		_exit(1);
	_exit(0);
}

static void vforked(void)
{
	static char stack[256 << 10];
	struct area a, b;
	int status;
	pid_t pid;

	merged_here(&a, &b);
	pid = clone(vfork_child, stack + sizeof(stack) - 64,
		    CLONE_VM | CLONE_VFORK | SIGCHLD, &a);
	CHECK_SYS(pid > 0);
	CHECK_SYS(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, 0);
	area_check(&a);
	expect_shared(&a, &b, 2);
}

static long job_exec(long a __unused, long b __unused, long c __unused)
{
	char * const args[] = { "exec", "--list", "no-such-test", NULL };
	char * const env[] = { NULL };

	execve("/proc/self/exe", args, env);
	return -errno;
}

/* An exec gives all of it back, and the other sharer keeps what it has. */
static void exec(void)
{
	struct area areas[2], other;
	long long stable;
	int status;

	merged_areas(areas, 2, PAGES);
	other = area_new(areas[0].peer, PAGES, seed_new());
	CHECK_EQ(area_merge(&other).recorded, PAGES);
	stable = upm_stat("stable_pages");
	peer_start(areas[0].peer, job_exec, 0, 0, 0);
	CHECK_SYS(waitpid(areas[0].peer->pid, &status, 0) ==
		  areas[0].peer->pid);
	CHECK(WIFEXITED(status));
	area_check(&areas[1]);
	CHECK_EQ(pfn_mapcount(pfn_of(areas[1].peer->pid, areas[1].addr)), 1);
	CHECK_EQ(upm_stat("stable_pages"), stable);
}

static const struct test tests[] = {
	{ "after_merge", after_merge },
	{ "child_unmerges_its_own", child_unmerges_its_own },
	{ "grandchildren", grandchildren },
	{ "parent_exits_first", parent_exits_first },
	{ "candidate_forks", candidate_forks },
	{ "child_advises_merged", child_advises_merged },
	{ "many_children", many_children },
	{ "vforked", vforked },
	{ "exec", exec },
	{ }
};

const struct suite fork_suite = { "fork", tests };
