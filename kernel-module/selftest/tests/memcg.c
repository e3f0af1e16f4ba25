// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory control groups: a merged page is charged once, to whoever was advised
 * when it was made, and stays charged until it goes.
 */
#include <stdio.h>
#include <unistd.h>

#include "cgroup.h"
#include "files.h"
#include "suite.h"

/* Much against what a CPU charges ahead, which is up to 64 pages. */
#define PAGES	2048
#define SIZE	((long long)(PAGES * PAGE))
#define SLACK	(SIZE / 4)

#define ALL	"upm-test"
#define ONE	"upm-test/one"
#define TWO	"upm-test/two"

static struct area a, b;

static void setup(void)
{
	struct peer *one = peer_new(), *two = peer_new();
	__u64 seed = seed_new();

	/* Leftovers of an earlier run count otherwise. */
	cgroup_new(ALL, "");
	cgroup_new(ONE, ALL);
	cgroup_new(TWO, ALL);
	cgroup_enter(ONE, one->pid);
	cgroup_enter(TWO, two->pid);
	a = area_new(one, PAGES, seed);
	b = area_new(two, PAGES, seed);
}

static void teardown(void)
{
	CHECK_EQ(cgroup_remove(ONE), 0);
	CHECK_EQ(cgroup_remove(TWO), 0);
	CHECK_EQ(cgroup_remove(ALL), 0);
}

static long long charge_of(const char *name)
{
	return cgroup_number(name, "memory.current");
}

static void expect_about(const char *what, long long got, long long want)
{
	note("%s: %lld kB, expected %lld kB", what, got >> 10, want >> 10);
	if (got < want - SLACK || got > want + SLACK)
		FAIL("%s: %lld bytes instead of about %lld", what, got, want);
}

/* What nobody maps is given back in its own time. */
static void expect_nothing_left(const char *name)
{
	double end = now() + 20 * test_slow();

	while (charge_of(name) > SLACK && now() < end)
		sleep_ms(50);
	expect_about("at the end", charge_of(name), 0);
}

static void caller_is_charged(void)
{
	long long one, two;

	setup();
	one = charge_of(ONE);
	two = charge_of(TWO);
	area_merge(&a);
	expect_about("first, as candidate", charge_of(ONE) - one, 0);
	area_settle(&b);
	expect_shared(&a, &b, 2);
	expect_about("first, after the merge", charge_of(ONE) - one, -SIZE);
	expect_about("second, after the merge", charge_of(TWO) - two, 0);

	/* The charge stays with the page, whoever is left. */
	peer_exit(b.peer);
	expect_about("second, after its exit", charge_of(TWO), SIZE);
	area_check(&a);
	peer_exit(a.peer);
	expect_nothing_left(TWO);
	teardown();
}

/* A page that is written to is charged to the writer, as any copy is. */
static void writer_is_charged(void)
{
	long long one;

	setup();
	area_merge(&a);
	area_settle(&b);
	one = charge_of(ONE);
	area_fill(&a, a.seed);
	expect_own(&a);
	expect_about("writer", charge_of(ONE) - one, SIZE);
	expect_about("the other", charge_of(TWO), SIZE);
	peer_exit(a.peer);
	peer_exit(b.peer);
	teardown();
}

/* Advice from outside: the group of the process, not that of the adviser. */
static void advised_is_charged(void)
{
	long long two;

	setup();
	two = charge_of(TWO);
	CHECK_EQ(area_call_remote(&a, UPM_IOC_MERGE, 0, NULL), 0);
	CHECK_EQ(area_call_remote(&b, UPM_IOC_MERGE, 0, NULL), 0);
	expect_shared(&a, &b, 2);
	expect_about("the advised one", charge_of(TWO) - two, 0);
	expect_about("the other", charge_of(ONE), 0);
	peer_exit(a.peer);
	peer_exit(b.peer);
	teardown();
}

/* The group goes while its pages are in use: its parent takes the charge. */
static void group_removed(void)
{
	long long all;

	setup();
	area_merge(&a);
	area_settle(&b);
	peer_exit(b.peer);
	all = charge_of(ALL);
	CHECK_EQ(cgroup_remove(TWO), 0);
	area_check(&a);
	CHECK(page_is_merged(a.peer->pid, a.addr));
	sleep_ms(500);
	expect_about("parent", charge_of(ALL) - all, 0);
	expect_about("parent, all of it", charge_of(ALL), SIZE);
	area_write(&a, 1, 1);
	peer_exit(a.peer);
	expect_nothing_left(ALL);
	CHECK_EQ(cgroup_remove(ONE), 0);
	CHECK_EQ(cgroup_remove(ALL), 0);
}

/*
 * A group at its limit cannot pay for stable pages ahead of those they replace;
 * nothing may be lost by that, and nobody killed.
 */
static void at_the_limit(void)
{
	struct upm_counts counts;
	long long events;
	char limit[32];

	setup();
	area_merge(&a);
	snprintf(limit, sizeof(limit), "%lld", charge_of(TWO) + 16 * 4096);
	CHECK_EQ(cgroup_write(TWO, "memory.max", limit), 0);
	events = cgroup_field(TWO, "memory.events", "max");
	counts = area_merge(&b);
	counts_note("at the limit", &counts);
	note("the limit was hit %lld times, %lld processes killed",
	     cgroup_field(TWO, "memory.events", "max") - events,
	     cgroup_field(TWO, "memory.events", "oom_kill"));
	area_check(&a);
	area_check(&b);
	CHECK_EQ(cgroup_write(TWO, "memory.max", "max"), 0);
	/* With memory again, all merges that did not then. */
	counts = area_merge(&a);
	counts_note("the first, later", &counts);
	counts = area_merge(&b);
	counts_note("the second, later", &counts);
	area_settle(&b);
	expect_shared(&a, &b, 2);
	peer_exit(a.peer);
	peer_exit(b.peer);
	teardown();
}

static const struct test tests[] = {
	{ "caller_is_charged", caller_is_charged },
	{ "writer_is_charged", writer_is_charged },
	{ "advised_is_charged", advised_is_charged },
	{ "group_removed", group_removed },
	{ "at_the_limit", at_the_limit },
	{ }
};

const struct suite memcg_suite = { "memcg", tests };
