// SPDX-License-Identifier: GPL-2.0-only
/* Swapping of candidates and of neighbours; merged pages themselves stay. */
#include <sys/mman.h>
#include <unistd.h>

#include "cgroup.h"
#include "suite.h"
#include "swap.h"

#define PAGES	64

static struct area a, b;

static void setup(void)
{
	swap_begin();
	equal_pair(&a, &b, PAGES);
}

static size_t count_swapped(const struct area *area)
{
	size_t i, count = 0;

	for (i = 0; i < area->pages; i++)
		count += !!(pagemap_entry(area->peer->pid,
					  area->addr + i * PAGE) & PM_SWAPPED);
	return count;
}

/* Pages that are in batches of another CPU are missed now and then. */
static void page_out(const struct area *area)
{
	int try;

	for (try = 0; try < 10; try++) {
		CHECK_EQ(area_advise(area, MADV_PAGEOUT), 0);
		if (count_swapped(area) == area->pages)
			return;
		sleep_ms(20);
	}
	note("%zu of %zu pages swapped out", count_swapped(area), area->pages);
	CHECK(count_swapped(area));
}

static void candidate_is_swapped(void)
{
	struct upm_counts counts;
	size_t out;

	setup();
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	page_out(&a);
	out = count_swapped(&a);
	counts = area_merge(&b);
	counts_note("equals are swapped out", &counts);
	CHECK_EQ(counts.merged_peer, PAGES - out);
	CHECK_EQ(count_swapped(&a), out);
	area_check(&a);
	area_check(&b);
	area_merge(&a);
	area_settle(&b);
	area_settle(&a);
	expect_shared(&a, &b, 2);
	swap_end();
}

static void caller_is_swapped(void)
{
	struct upm_counts counts;
	size_t out;

	setup();
	area_merge(&b);
	page_out(&a);
	out = count_swapped(&a);
	counts = area_merge(&a);
	CHECK_EQ(counts.skipped[UPM_SKIP_ABSENT], out);
	CHECK_EQ(count_swapped(&a), out);
	CHECK_EQ(area_query(&a).skipped[UPM_SKIP_ABSENT], out);
	area_check(&a);
	swap_end();
}

/* Read back, a page is in the swap cache still, and has a slot. */
static void in_swap_cache(void)
{
	setup();
	area_merge(&b);
	page_out(&a);
	area_check(&a);
	area_settle(&a);
	expect_shared(&a, &b, 2);
	area_check(&a);
	area_check(&b);
	area_write(&a, 1, 1);
	area_check(&b);
	swap_end();
}

static void merged_stay(void)
{
	struct area half, rest;

	setup();
	half = area_part(&a, 0, PAGES / 2);
	rest = area_part(&a, PAGES / 2, PAGES / 2);
	area_merge(&b);
	area_settle(&half);
	area_advise(&a, MADV_PAGEOUT);
	area_advise(&a, MADV_PAGEOUT);
	CHECK_EQ(count_swapped(&half), 0);
	note("%zu of %zu neighbours swapped out", count_swapped(&rest),
	     rest.pages);
	CHECK(count_swapped(&rest));
	area_check(&a);
	area_settle(&a);
	expect_shared(&a, &b, 2);
	swap_end();
}

#define GROUP	"upm-swap"
#define MANY	4096UL

/*
 * More memory than its group may have: pages come and go while they merge. The
 * group has room for all pages that may become unswappable by that.
 */
static void under_pressure(void)
{
	struct peer *one = peer_new(), *two = peer_new();
	double end = now() + test_seconds();
	unsigned int rounds = 0;
	struct area part, rest;
	size_t i;

	cgroup_new(GROUP, "");
	swap_begin();
	CHECK_EQ(cgroup_write(GROUP, "memory.max", "24M"), 0);
	cgroup_enter(GROUP, one->pid);
	a = area_new(one, MANY, seed_new());
	b = area_new(two, MANY, a.seed);
	rest = area_new(one, MANY, seed_new());
	for (; now() < end; rounds++) {
		area_merge(rounds % 2 ? &a : &b);
		if (rounds % 8 == 7)
			area_unmerge(&a);
		for (i = 0; i < 32; i++) {
			part = area_part(random_below(2) ? &a : &b,
					 random_below(MANY), 1);
			area_check(&part);
			part = area_part(&rest, random_below(MANY), 1);
			area_check(&part);
			part = area_part(random_below(2) ? &a : &b,
					 random_below(MANY), 1);
			if (!random_below(4))
				area_fill(&part, part.seed);
		}
	}
	note("%u rounds, %lld kB of swap in use", rounds,
	     cgroup_number(GROUP, "memory.swap.current") >> 10);
	area_check(&a);
	area_check(&b);
	area_check(&rest);
	peer_exit(one);
	peer_exit(two);
	CHECK_EQ(cgroup_remove(GROUP), 0);
	swap_end();
}

static const struct test tests[] = {
	{ "candidate_is_swapped", candidate_is_swapped },
	{ "caller_is_swapped", caller_is_swapped },
	{ "in_swap_cache", in_swap_cache },
	{ "merged_stay", merged_stay },
	{ "under_pressure", under_pressure },
	{ }
};

const struct suite swap_suite = { "swap", tests };
