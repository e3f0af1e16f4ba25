// SPDX-License-Identifier: GPL-2.0-only
/* Transparent huge pages: whole unless splitting is asked for, on either side. */
#include <sys/mman.h>

#include "files.h"
#include "suite.h"

#define PAGES	(HUGE_PAGE / PAGE)

/* A huge page of a peer, or of this process. */
static long job_huge(long seed, long b __unused, long c __unused)
{
	char *addr = huge_map();

	pages_fill(addr, PAGES, seed);
	return (long)addr;
}

static struct area huge_area(struct peer *peer, __u64 seed)
{
	struct area area = { peer, NULL, PAGES, seed };

	area.addr = (char *)peer_run(peer, job_huge, seed, 0, 0);
	return area;
}

static bool is_huge(const struct area *area)
{
	return pfn_flags(pfn_of(area->peer ? area->peer->pid : 0,
				area->addr)) & KPF_THP;
}

static struct area huge, small;

/* A huge page in one process, the same content in small ones in another. */
static void setup(void)
{
	struct peer *one = peer_new(), *two = peer_new();

	huge = huge_area(one, seed_new());
	small = area_new(two, PAGES, huge.seed);
	CHECK(is_huge(&huge));
}

static void caller_is_skipped(void)
{
	__u64 frames[PAGES];

	setup();
	area_frames(&huge, frames);
	CHECK_EQ(area_merge(&small).recorded, PAGES);
	CHECK_EQ(area_merge(&huge).skipped[UPM_SKIP_HUGE], PAGES);
	CHECK_EQ(area_query(&huge).skipped[UPM_SKIP_HUGE], PAGES);
	CHECK(is_huge(&huge));
	expect_frames(&huge, frames);
	expect_own(&small);
	CHECK_EQ(smaps_kb(huge.peer->pid, huge.addr, "AnonHugePages"),
		 HUGE_PAGE >> 10);
}

static void caller_is_split(void)
{
	setup();
	CHECK_EQ(area_merge(&small).recorded, PAGES);
	CHECK_EQ(area_merge_split(&huge).merged, PAGES);
	expect_shared(&huge, &small, 2);
	area_check(&huge);
	area_check(&small);
	CHECK_EQ(smaps_kb(huge.peer->pid, huge.addr, "AnonHugePages"), 0);
	area_write(&huge, 7, 1);
	area_check(&small);
}

/* A huge page seen first stays whole: it holds no copies, as far as is known. */
static void candidate_stays_whole(void)
{
	setup();
	CHECK_EQ(area_merge_split(&huge).recorded, PAGES);
	CHECK(is_huge(&huge));
	CHECK_EQ(area_merge(&small).skipped[UPM_SKIP_HUGE], PAGES);
	CHECK(is_huge(&huge));
	expect_own(&small);
}

static void candidate_is_split(void)
{
	setup();
	CHECK_EQ(area_merge_split(&huge).recorded, PAGES);
	CHECK_EQ(area_merge_split(&small).merged, PAGES);
	expect_shared(&huge, &small, 2);
	area_check(&huge);
	area_check(&small);
	area_write(&small, 9, 1);
	area_check(&huge);
}

static void both_are_split(void)
{
	struct area other;

	setup();
	other = huge_area(NULL, huge.seed);
	CHECK_EQ(area_merge_split(&huge).recorded, PAGES);
	area_merge_split(&other);
	area_merge_split(&other);
	expect_shared(&huge, &other, 2);
	area_check(&huge);
	area_check(&other);
}

/* One page of a huge one has an equal; that splits it, the rest stays private. */
static void one_page_splits(void)
{
	struct area one, part;
	struct upm_counts counts;

	setup();
	one = area_part(&small, 17, 1);
	CHECK_EQ(area_merge(&one).recorded, 1);
	counts = area_merge_split(&huge);
	counts_note("one equal page", &counts);
	CHECK_EQ(counts.merged, 1);
	part = area_part(&huge, 17, 1);
	expect_shared(&part, &one, 2);
	part = area_part(&huge, 0, 17);
	expect_own(&part);
	area_check(&huge);
}

/* A range that begins or ends within a huge page. */
static void part_of_huge(void)
{
	struct area part, twin;

	setup();
	part = area_part(&huge, 100, 50);
	twin = area_part(&small, 100, 50);
	CHECK_EQ(area_merge(&twin).recorded, 50);
	CHECK_EQ(area_merge(&part).skipped[UPM_SKIP_HUGE], 50);
	CHECK(is_huge(&huge));
	CHECK_EQ(area_merge_split(&part).merged, 50);
	expect_shared(&part, &twin, 2);
	area_check(&huge);
	area_check(&small);
}

static void of_zeros(void)
{
	char *addr = huge_map();
	struct upm_counts counts;
	size_t i;

	WRITE_ONCE(*addr, 0);
	counts = upm_merge(addr, PAGES);
	CHECK_EQ(counts.skipped[UPM_SKIP_HUGE], PAGES);
	CHECK(huge_is(addr));
	CHECK_EQ(upm_merge_split(addr, PAGES).zero, PAGES);
	for (i = 0; i < PAGES; i++)
		CHECK_EQ(addr[i * PAGE], 0);
	CHECK_EQ(smaps_kb(0, addr, "Rss"), 0);
}

static void huge_zero_page(void)
{
	char *addr = mmap(NULL, 2 * HUGE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct upm_counts counts;

	CHECK_SYS(addr != MAP_FAILED);
	WRITE_ONCE(addr[2 * HUGE_PAGE - 1], 1);
	addr = (char *)(((long)addr + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
	if (madvise(addr, HUGE_PAGE, MADV_HUGEPAGE))
		SKIP("no transparent huge pages");
	CHECK_EQ(READ_ONCE(*addr), 0);
	counts = upm_merge(addr, PAGES);
	counts_note("huge zero page", &counts);
	counts = upm_merge_split(addr, PAGES);
	CHECK_EQ(counts.merged + counts.recorded, 0);
	CHECK_EQ(READ_ONCE(addr[HUGE_PAGE - 1]), 0);
	WRITE_ONCE(*addr, 1);
	CHECK_EQ(*addr, 1);
}

static void forked(void)
{
	struct area mine, child;

	setup();
	mine = huge_area(NULL, huge.seed);
	child = mine;
	child.peer = peer_new();
	area_merge(&small);
	area_merge_split(&mine);
	area_merge_split(&child);
	area_check(&mine);
	area_check(&child);
	area_write(&child, 3, 1);
	area_write(&mine, 4, 2);
	CHECK_EQ(area_read(&mine, 3), page_word(mine.seed + 3, 0));
	CHECK_EQ(area_read(&child, 4), page_word(mine.seed + 4, 0));
	area_check(&small);
}

/* khugepaged must not take merged pages, nor lose them. */
static void collapse_again(void)
{
	static const char scan[] =
		"/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs";
	char before[32];

	setup();
	area_merge(&small);
	area_merge_split(&huge);
	expect_shared(&huge, &small, 2);
	if (file_read(scan, before, sizeof(before)) < 0)
		SKIP("no khugepaged");
	file_write(scan, "10");
	sleep_ms(test_seconds() * 500);
	file_write(scan, before);
	expect_shared(&huge, &small, 2);
	area_check(&huge);
	area_check(&small);
}

/* The hook's two advices are the two ways of treating them. */
static void by_madvise(void)
{
	setup();
	if (!upm_has(UPM_FEATURE_MADVISE))
		SKIP("madvise is not extended");
	CHECK_EQ(area_advise(&small, MADV_UPM_MERGE), 0);
	CHECK_EQ(area_advise(&huge, MADV_UPM_MERGE), 0);
	CHECK(is_huge(&huge));
	CHECK_EQ(area_advise(&huge, MADV_UPM_MERGE_SPLIT), 0);
	expect_shared(&huge, &small, 2);
	area_check(&huge);
}

static const struct test tests[] = {
	{ "caller_is_skipped", caller_is_skipped },
	{ "caller_is_split", caller_is_split },
	{ "candidate_stays_whole", candidate_stays_whole },
	{ "candidate_is_split", candidate_is_split },
	{ "both_are_split", both_are_split },
	{ "one_page_splits", one_page_splits },
	{ "part_of_huge", part_of_huge },
	{ "of_zeros", of_zeros },
	{ "huge_zero_page", huge_zero_page },
	{ "forked", forked },
	{ "collapse_again", collapse_again },
	{ "by_madvise", by_madvise },
	{ }
};

const struct suite thp_suite = { "thp", tests };
