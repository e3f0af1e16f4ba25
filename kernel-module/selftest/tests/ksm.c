// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own KSM on the same memory: neither takes the other's pages. */
#include <sys/mman.h>

#include "files.h"
#include "suite.h"

#define PAGES	64
#define KSM	"/sys/kernel/mm/ksm/"

static struct area a, b;

static void setup(void)
{
	if (!file_exists(KSM "run"))
		SKIP("no KSM");
	equal_pair(&a, &b, PAGES);
}

static void mergeable(void)
{
	CHECK_EQ(area_advise(&a, MADV_MERGEABLE), 0);
	CHECK_EQ(area_advise(&b, MADV_MERGEABLE), 0);
}

static void ksmd_on(void)
{
	file_write(KSM "sleep_millisecs", "10");
	file_write(KSM "pages_to_scan", "1000");
	/* Not every version has the limit on sharers or zero pages. */
	CHECK_EQ(file_write(KSM "run", "1"), 0);
}

static void ksmd_off(void)
{
	CHECK_EQ(file_write(KSM "run", "0"), 0);
}

/* Until ksmd has gone through everything a few times. */
static void ksmd_scans(int scans)
{
	long long start = file_number(KSM "full_scans");
	double end = now() + 30 * test_slow();

	while (file_number(KSM "full_scans") < start + scans && now() < end)
		sleep_ms(20);
	CHECK(file_number(KSM "full_scans") > start);
}

/* All pages merged, by whomever; those of KSM itself are on the LRU. */
static void expect_same_frames(void)
{
	__u64 mine[PAGES], other[PAGES];
	size_t i;

	area_frames(&a, mine);
	area_frames(&b, other);
	for (i = 0; i < PAGES; i++) {
		CHECK(mine[i]);
		CHECK_EQ(mine[i], other[i]);
		CHECK(pfn_flags(mine[i]) & KPF_KSM);
	}
}

static void ksmd_is_first(void)
{
	struct upm_counts counts;

	setup();
	mergeable();
	ksmd_on();
	ksmd_scans(4);
	ksmd_off();
	expect_same_frames();
	counts = area_merge(&a);
	CHECK_EQ(counts.skipped[UPM_SKIP_KSM], PAGES);
	CHECK_EQ(area_query(&b).skipped[UPM_SKIP_KSM], PAGES);
	CHECK_EQ(area_unmerge(&a).skipped[UPM_SKIP_KSM], PAGES);
	expect_same_frames();

	/* Given back by it, they are ours to merge. */
	CHECK_EQ(file_write(KSM "run", "2"), 0);
	ksmd_off();
	expect_own(&a);
	area_merge(&a);
	area_settle(&b);
	expect_shared(&a, &b, 2);
	area_check(&a);
	area_check(&b);
}

static void upm_is_first(void)
{
	long long frame;

	setup();
	area_merge(&a);
	area_settle(&b);
	expect_shared(&a, &b, 2);
	frame = pfn_of(a.peer->pid, a.addr);
	mergeable();
	ksmd_on();
	ksmd_scans(5);
	ksmd_off();
	expect_shared(&a, &b, 2);
	CHECK_EQ(pfn_of(a.peer->pid, a.addr), frame);
	CHECK_EQ(area_merge(&a).shared, PAGES);
	area_check(&a);
	area_check(&b);

	/* What a process takes back from KSM it has for itself. */
	CHECK_EQ(area_advise(&a, MADV_UNMERGEABLE), 0);
	expect_own(&a);
	area_check(&a);
	area_check(&b);
}

/* A page of KSM's on one side, an equal one of ours on the other. */
static void one_page_each(void)
{
	struct peer *three = peer_new(), *four = peer_new();
	struct area c, d;

	setup();
	c = area_new(three, PAGES, a.seed);
	d = area_new(four, PAGES, a.seed);
	mergeable();
	ksmd_on();
	ksmd_scans(4);
	area_merge(&c);
	area_settle(&d);
	ksmd_scans(2);
	ksmd_off();
	expect_same_frames();
	expect_shared(&c, &d, 2);
	CHECK(pfn_of(three->pid, c.addr) != pfn_of(a.peer->pid, a.addr));
	area_write(&a, 0, 1);
	area_check(&c);
	area_write(&d, 1, 1);
	area_check(&c);
}

/* Both at work on memory that changes. */
static void at_the_same_time(void)
{
	double end = now() + test_seconds();
	struct area *area, part;
	unsigned int rounds = 0;

	setup();
	mergeable();
	ksmd_on();
	for (; now() < end; rounds++) {
		area = random_below(2) ? &a : &b;
		part = area_part(area, random_below(PAGES), 1);
		switch (random_below(5)) {
		case 0:
			area_merge(area);
			break;
		case 1:
			area_unmerge(&part);
			break;
		case 2:
			area_write(&part, 0, rounds);
			CHECK_EQ(area_read(&part, 0), rounds);
			area_fill(&part, part.seed);
			break;
		case 3:
			area_advise(&part, random_below(2) ? MADV_MERGEABLE :
							     MADV_UNMERGEABLE);
			break;
		default:
			area_check(&part);
		}
	}
	ksmd_off();
	note("%u rounds", rounds);
	area_check(&a);
	area_check(&b);
	file_write(KSM "run", "2");
	ksmd_off();
}

static const struct test tests[] = {
	{ "ksmd_is_first", ksmd_is_first },
	{ "upm_is_first", upm_is_first },
	{ "one_page_each", one_page_each },
	{ "at_the_same_time", at_the_same_time },
	{ }
};

const struct suite ksm_suite = { "ksm", tests };
