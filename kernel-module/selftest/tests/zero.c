// SPDX-License-Identifier: GPL-2.0-only
/* Pages of zeros become the kernel's own zero page. */
#include <sys/mman.h>

#include "files.h"
#include "suite.h"

#define PAGES	16

static bool is_zero_page(const void *addr)
{
	__u64 pfn = pfn_of(0, addr);

	return pfn && (pfn_flags(pfn) & KPF_ZERO_PAGE);
}

static char *written_zeros(void)
{
	char *addr = pages_map(PAGES);
	size_t i;

	for (i = 0; i < PAGES; i++) {
		WRITE_ONCE(addr[i * PAGE], 1);
		WRITE_ONCE(addr[i * PAGE], 0);
		CHECK(!is_zero_page(addr + i * PAGE));
	}
	return addr;
}

static void check_zeros(const char *addr)
{
	size_t i;

	for (i = 0; i < PAGES * PAGE; i++)
		CHECK_EQ(addr[i], 0);
}

static void written(void)
{
	char *addr = written_zeros();
	size_t i;

	CHECK_EQ(smaps_kb(0, addr, "Rss"), PAGES * 4);
	CHECK_EQ(upm_merge(addr, PAGES).zero, PAGES);
	for (i = 0; i < PAGES; i++)
		CHECK(is_zero_page(addr + i * PAGE));
	CHECK_EQ(smaps_kb(0, addr, "Rss"), 0);
	check_zeros(addr);
	CHECK_EQ(upm_stat("stable_pages"), 0);
	CHECK_EQ(upm_merge(addr, PAGES).zero, PAGES);
	CHECK_EQ(upm_query(addr, PAGES).zero, PAGES);
	/* Nothing to undo: the next write does. */
	CHECK_EQ(upm_unmerge(addr, PAGES).zero, PAGES);

	WRITE_ONCE(addr[PAGE], 7);
	CHECK(!is_zero_page(addr + PAGE));
	CHECK(is_zero_page(addr));
	CHECK_EQ(addr[0], 0);
	CHECK_EQ(addr[PAGE], 7);
	WRITE_ONCE(addr[PAGE], 0);
	check_zeros(addr);
}

static void only_read(void)
{
	char *addr = pages_map(PAGES + 1);

	/* Without a page of its own, the mapping is as good as not touched. */
	WRITE_ONCE(addr[PAGES * PAGE], 1);
	check_zeros(addr);
	CHECK(is_zero_page(addr));
	CHECK_EQ(upm_merge(addr, PAGES).zero, PAGES);
	CHECK(is_zero_page(addr));
	check_zeros(addr);
}

static void never_touched(void)
{
	char *addr = pages_map(PAGES);

	CHECK_EQ(upm_merge(addr, PAGES).skipped[UPM_SKIP_ABSENT], PAGES);
	CHECK_EQ(pfn_of(0, addr), 0);
}

static void almost_zero(void)
{
	char *addr = written_zeros();
	struct upm_counts counts;
	size_t i;

	for (i = 0; i < PAGES; i++)
		addr[i * PAGE + (i ? random_below(PAGE) : PAGE - 1)] = 1 + i;
	counts = upm_merge(addr, PAGES);
	CHECK_EQ(counts.zero, 0);
	CHECK(!is_zero_page(addr));
	CHECK_EQ(addr[PAGE - 1], 1);
}

static void forked(void)
{
	char *addr = written_zeros();
	struct area a = { NULL, addr, PAGES, 0 }, b = a;

	upm_merge(addr, PAGES);
	b.peer = peer_new();
	CHECK_EQ(area_query(&b).zero, PAGES);
	area_write(&b, 2, 5);
	CHECK_EQ(area_read(&b, 2), 5);
	check_zeros(addr);
	area_write(&a, 3, 6);
	CHECK_EQ(area_read(&b, 3), 0);
}

static void locked_in_memory(void)
{
	char *addr = written_zeros();
	struct upm_counts counts;

	CHECK_SYS(mlock(addr, PAGES * PAGE) == 0);
	counts = upm_merge(addr, PAGES);
	CHECK_EQ(counts.zero + skipped_sum(&counts), PAGES);
	check_zeros(addr);
	WRITE_ONCE(addr[0], 1);
	CHECK_SYS(munlock(addr, PAGES * PAGE) == 0);
	CHECK_EQ(addr[0], 1);
	WRITE_ONCE(addr[0], 0);
	check_zeros(addr);
}

static const struct test tests[] = {
	{ "written", written },
	{ "only_read", only_read },
	{ "never_touched", never_touched },
	{ "almost_zero", almost_zero },
	{ "forked", forked },
	{ "locked_in_memory", locked_in_memory },
	{ }
};

const struct suite zero_suite = { "zero", tests };
