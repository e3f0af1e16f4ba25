// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page seen for the first time stays an ordinary page: it can be freed, written
 * and reclaimed, and it merges only if it is still what it was.
 */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "suite.h"

#define PAGES	32

static void is_not_touched(void)
{
	struct area a = area_new(NULL, PAGES, seed_new());
	__u64 frames[PAGES];
	size_t i;

	area_frames(&a, frames);
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	expect_frames(&a, frames);
	expect_own(&a);
	for (i = 0; i < PAGES; i++)
		CHECK(pagemap_entry(0, a.addr + i * PAGE) & PM_EXCLUSIVE);
	/* Again: it is remembered already. */
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	CHECK_EQ(area_query(&a).recorded, PAGES);
	CHECK_EQ(upm_stat("candidates"), PAGES);
	area_write(&a, 0, 1);
	CHECK_EQ(pfn_of(0, a.addr), frames[0]);
}

static void is_not_pinned(void)
{
	const size_t pages = 4096;
	struct area a = area_new(NULL, pages, seed_new());
	long long before, after;

	CHECK_EQ(area_merge(&a).recorded, pages);
	before = memory_free_kb();
	CHECK_EQ(area_advise(&a, MADV_DONTNEED), 0);
	sleep_ms(500);
	after = memory_free_kb();
	note("%zu kB given back, %lld kB freed", pages * 4, after - before);
	CHECK(after - before > (long long)pages * 4 * 7 / 10);
	CHECK_EQ(pfn_of(0, a.addr), 0);
	CHECK_EQ(area_merge(&a).skipped[UPM_SKIP_ABSENT], pages);
}

static void of_a_dead_process(void)
{
	struct peer *one = peer_new(), *two = peer_new();
	__u64 seed = seed_new();
	struct area a = area_new(one, PAGES, seed);
	struct area b = area_new(two, PAGES, seed);

	CHECK_EQ(area_merge(&a).recorded, PAGES);
	peer_kill(one);
	CHECK_EQ(area_merge(&b).recorded, PAGES);
	expect_own(&b);
	area_check(&b);
}

static void that_changed(void)
{
	struct peer *one = peer_new(), *two = peer_new();
	__u64 seed = seed_new();
	struct area a = area_new(one, PAGES, seed);
	struct area b = area_new(two, PAGES, seed);
	struct upm_counts counts;

	area_merge(&a);
	area_fill(&a, seed_new());
	counts = area_merge(&b);
	counts_note("equal pages have changed", &counts);
	CHECK_EQ(counts.merged_peer, 0);
	area_check(&a);
	area_check(&b);
	expect_own(&a);

	/* With its new content it merges as any other. */
	area_fill(&b, a.seed);
	area_merge(&a);
	area_settle(&b);
	expect_shared(&a, &b, 2);
}

static void that_was_unmapped(void)
{
	struct peer *one = peer_new(), *two = peer_new();
	__u64 seed = seed_new();
	struct area a = area_new(one, PAGES, seed);
	struct area b = area_new(two, PAGES, seed);

	area_merge(&a);
	CHECK_EQ(area_advise(&a, MADV_DONTNEED), 0);
	CHECK_EQ(area_merge(&b).merged_peer, 0);
	area_check(&b);
	/* Memory of the first has not come back by that. */
	CHECK_EQ(pfn_of(one->pid, a.addr), 0);
}

static void dropped_by_unmerge(void)
{
	struct peer *one = peer_new(), *two = peer_new();
	__u64 seed = seed_new();
	struct area a = area_new(one, PAGES, seed);
	struct area b = area_new(two, PAGES, seed);
	struct upm_counts counts;

	CHECK_EQ(area_merge(&a).recorded, PAGES);
	counts = area_unmerge(&a);
	CHECK_EQ(counts.plain, PAGES);
	CHECK_EQ(upm_stat("candidates"), 0);
	CHECK_EQ(area_query(&a).plain, PAGES);
	CHECK_EQ(area_merge(&b).recorded, PAGES);
	expect_own(&a);
	expect_own(&b);
}

/* An unmerge of one part leaves the candidates of the others alone. */
static void dropped_in_range_only(void)
{
	struct area a = area_new(NULL, PAGES, seed_new());
	struct area mid = area_part(&a, 8, 8);
	struct upm_counts counts;

	area_merge(&a);
	area_unmerge(&mid);
	counts = area_query(&a);
	CHECK_EQ(counts.recorded, PAGES - 8);
	CHECK_EQ(counts.plain, 8);
	CHECK_EQ(upm_stat("candidates"), PAGES - 8);
}

/* Parent and child have one page before anybody advises: nothing to gain. */
static void shared_by_fork(void)
{
	struct area a = area_new(NULL, PAGES, seed_new()), b = a;
	__u64 frames[PAGES];
	struct upm_counts counts;

	b.peer = peer_new();
	area_frames(&a, frames);
	area_merge(&a);
	counts = area_merge(&b);
	counts_note("the child", &counts);
	CHECK_EQ(counts.shared, PAGES);
	expect_frames(&a, frames);
	expect_frames(&b, frames);
	CHECK_EQ(pfn_mapcount(frames[0]), 2);
	CHECK(!pfn_is_merged(frames[0]));
	CHECK_EQ(upm_stat("stable_pages"), 0);
	area_write(&b, 3, 1);
	area_check(&a);
}

/* A third one with an equal page of its own joins the two of the fork. */
static void shared_by_fork_and_third(void)
{
	struct peer *third = peer_new();
	struct area a = area_new(NULL, PAGES, seed_new()), b = a, c;

	b.peer = peer_new();
	c = area_new(third, PAGES, a.seed);
	area_merge(&a);
	area_merge(&b);
	area_settle(&c);
	area_settle(&a);
	area_settle(&b);
	expect_shared(&a, &c, 3);
	expect_shared(&b, &c, 3);
	area_check(&a);
	area_check(&b);
	area_check(&c);
}

static const struct test tests[] = {
	{ "is_not_touched", is_not_touched },
	{ "is_not_pinned", is_not_pinned },
	{ "of_a_dead_process", of_a_dead_process },
	{ "that_changed", that_changed },
	{ "that_was_unmapped", that_was_unmapped },
	{ "dropped_by_unmerge", dropped_by_unmerge },
	{ "dropped_in_range_only", dropped_in_range_only },
	{ "shared_by_fork", shared_by_fork },
	{ "shared_by_fork_and_third", shared_by_fork_and_third },
	{ }
};

const struct suite sightings_suite = { "sighting", tests };
