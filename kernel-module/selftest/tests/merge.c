// SPDX-License-Identifier: GPL-2.0-only
/* Equal pages become one page; the reply, the frames and the counters agree. */
#include <stdio.h>
#include <unistd.h>

#include "suite.h"

#define PAGES	64

static void two_processes(void)
{
	struct peer *one = peer_new(), *two = peer_new();
	__u64 seed = seed_new(), frames[PAGES];
	struct upm_counts counts;
	struct area a, b;

	a = area_new(one, PAGES, seed);
	b = area_new(two, PAGES, seed);
	area_frames(&a, frames);

	counts = area_merge(&a);
	CHECK_EQ(counts.recorded, PAGES);
	CHECK_EQ(upm_stat("candidates"), PAGES);
	expect_own(&a);
	expect_frames(&a, frames);

	counts = area_merge(&b);
	counts_note("second process", &counts);
	CHECK_EQ(counts.merged, PAGES);
	CHECK_EQ(counts.merged_peer, PAGES);
	expect_shared(&a, &b, 2);
	expect_pss(&a, 2);
	expect_pss(&b, 2);
	area_check(&a);
	area_check(&b);
	CHECK_EQ(upm_stat("stable_pages"), PAGES);
	CHECK_EQ(upm_stat("candidates"), 0);

	CHECK_EQ(area_merge(&a).shared, PAGES);
	CHECK_EQ(area_query(&b).shared, PAGES);
}

static void eight_processes(void)
{
	struct area areas[8];
	int i;

	merged_areas(areas, 8, PAGES);
	for (i = 0; i < 8; i++) {
		expect_pss(&areas[i], 8);
		area_check(&areas[i]);
	}
	CHECK_EQ(upm_stat("stable_pages"), PAGES);
}

static void two_addresses(void)
{
	__u64 seed = seed_new();
	struct area a = area_new(NULL, PAGES, seed);
	struct area b = area_new(NULL, PAGES, seed);
	struct upm_counts counts;

	CHECK_EQ(area_merge(&a).recorded, PAGES);
	counts = area_merge(&b);
	CHECK_EQ(counts.merged, PAGES);
	CHECK_EQ(counts.merged_peer, PAGES);
	expect_shared(&a, &b, 2);
	area_check(&a);
	area_check(&b);
}

static void equal_pages_in_one_range(void)
{
	char *addr = pages_map(PAGES);
	struct upm_counts counts;
	__u64 pfn;
	int i;

	for (i = 0; i < PAGES; i++)
		page_fill(addr + i * PAGE, 1);
	counts = upm_merge(addr, PAGES);
	counts_note("all equal", &counts);
	if (counts.recorded > 1 || skipped_sum(&counts))
		upm_merge(addr, PAGES);
	pfn = pfn_of(0, addr);
	CHECK(page_is_merged(0, addr));
	CHECK_EQ(pfn_mapcount(pfn), PAGES);
	for (i = 0; i < PAGES; i++) {
		CHECK_EQ(pfn_of(0, addr + i * PAGE), pfn);
		CHECK(page_holds(addr + i * PAGE, 1));
	}
	CHECK_EQ(upm_query(addr, PAGES).shared, PAGES);
}

static void third_finds_stable_page(void)
{
	struct peer *late = peer_new();
	struct area areas[2], third;
	struct upm_counts counts;

	merged_areas(areas, 2, PAGES);
	third = area_new(late, PAGES, areas[0].seed);
	counts = area_merge(&third);
	CHECK_EQ(counts.merged, PAGES);
	CHECK_EQ(counts.merged_peer, 0);
	expect_shared(&areas[0], &third, 3);
	area_check(&third);
}

static void sharer_of_a_sharer(void)
{
	struct peer *late = peer_new();
	struct area areas[2], third;

	/* The stable page outlives the two that made it be. */
	merged_areas(areas, 2, PAGES);
	third = area_new(late, PAGES, areas[0].seed);
	area_settle(&third);
	peer_kill(areas[0].peer);
	peer_exit(areas[1].peer);
	CHECK(page_is_merged(third.peer->pid, third.addr));
	CHECK_EQ(pfn_mapcount(pfn_of(third.peer->pid, third.addr)), 1);
	area_check(&third);
}

static void different_pages(void)
{
	struct peer *one = peer_new(), *two = peer_new();
	struct area a = area_new(one, PAGES, seed_new());
	struct area b = area_new(two, PAGES, seed_new());

	CHECK_EQ(area_merge(&a).recorded, PAGES);
	CHECK_EQ(area_merge(&b).recorded, PAGES);
	expect_own(&a);
	expect_own(&b);
}

/* Equal but for one bit, wherever that is. */
static void one_bit_differs(void)
{
	__u64 seed = seed_new();
	struct area a = area_new(NULL, PAGES, seed);
	struct area b = area_new(NULL, PAGES, seed);
	size_t i, at[PAGES];

	for (i = 0; i < PAGES; i++) {
		at[i] = i * PAGE + (i < 2 ? i * (PAGE - 1) : random_below(PAGE));
		b.addr[at[i]] ^= 1 << random_below(8);
	}
	area_merge(&a);
	CHECK_EQ(area_merge(&b).recorded, PAGES);
	expect_own(&a);
	expect_own(&b);
	area_check(&a);
	for (i = 0; i < PAGES; i++)
		CHECK(a.addr[at[i]] != b.addr[at[i]]);
}

static void several_ranges(void)
{
	__u64 seed = seed_new();
	struct area a = area_new(NULL, PAGES, seed);
	struct area b = area_new(NULL, PAGES, seed);
	struct area mid = area_part(&b, 20, 12), hole = area_part(&b, 10, 10);
	struct upm_range ranges[] = {
		{ (long)b.addr, 9 * PAGE + 1 },		/* rounded up */
		{ (long)mid.addr, 12 * PAGE },
		{ (long)b.addr, 0 },
		{ (long)b.addr + 63 * PAGE, PAGE },
	};
	struct upm_call call = {
		.size = sizeof(call),
		.pidfd = -1,
		.nr_ranges = ARRAY_SIZE(ranges),
		.ranges = (long)ranges,
	};

	area_merge(&a);
	CHECK_EQ(upm_call(UPM_IOC_MERGE, &call), 0);
	CHECK_EQ(call.counts.merged, 10 + 12 + 1);
	mid = area_part(&a, 20, 12);
	hole = area_part(&b, 20, 12);
	expect_shared(&mid, &hole, 2);
	hole = area_part(&b, 10, 10);
	expect_own(&hole);
	hole = area_part(&b, 32, 31);
	expect_own(&hole);
	area_check(&b);
}

static void counters_add_up(void)
{
	long long merged = upm_stat("pages_merged");
	long long examined = upm_stat("pages_examined");
	long long unmerged = upm_stat("pages_unmerged");
	long long calls = upm_stat("calls");
	struct area areas[2];

	merged_areas(areas, 2, PAGES);
	CHECK(upm_stat("pages_merged") >= merged + PAGES);
	CHECK(upm_stat("pages_examined") >= examined + 2 * PAGES);
	CHECK(upm_stat("calls") >= calls + 2);
	CHECK(upm_stat("sharing_pages") > 0);
	CHECK(upm_stat("metadata_bytes") > 0);
	CHECK_EQ(upm_stat("processes"), 2);
	CHECK(upm_stat("domains") >= 1);
	CHECK_EQ(area_unmerge(&areas[0]).unmerged, PAGES);
	CHECK(upm_stat("pages_unmerged") >= unmerged + PAGES);
}

static void memory_is_freed(void)
{
	const size_t pages = 8192;
	long long before, after, saved;
	struct area areas[2];
	__u64 seed = seed_new();
	int i;

	for (i = 0; i < 2; i++)
		areas[i] = area_new(peer_new(), pages, seed);
	before = memory_free_kb();
	area_merge(&areas[0]);
	area_settle(&areas[1]);
	expect_shared(&areas[0], &areas[1], 2);
	expect_pss(&areas[0], 2);
	sleep_ms(500);
	after = memory_free_kb();
	saved = after - before;
	note("%zu kB equal in two processes, %lld kB freed",
	     pages * PAGE >> 10, saved);
	CHECK(saved > (long long)(pages * PAGE >> 10) * 7 / 10);
}

static const struct test tests[] = {
	{ "two_processes", two_processes },
	{ "eight_processes", eight_processes },
	{ "two_addresses", two_addresses },
	{ "equal_pages_in_one_range", equal_pages_in_one_range },
	{ "third_finds_stable_page", third_finds_stable_page },
	{ "sharer_of_a_sharer", sharer_of_a_sharer },
	{ "different_pages", different_pages },
	{ "one_bit_differs", one_bit_differs },
	{ "several_ranges", several_ranges },
	{ "counters_add_up", counters_add_up },
	{ "memory_is_freed", memory_is_freed },
	{ }
};

const struct suite merge_suite = { "merge", tests };
