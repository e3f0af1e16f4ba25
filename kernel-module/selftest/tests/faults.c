// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocations that fail: a call does less, or says ENOMEM. Content is right, and
 * nothing is left over.
 */
#include <fcntl.h>
#include <unistd.h>

#include "domain.h"
#include "inject.h"
#include "suite.h"

#define PAGES	40
#define MOST	400

static struct area a, b;

static void setup(void)
{
	struct peer *two = peer_new();

	inject_begin();
	a = area_new(NULL, PAGES, seed_new());
	b = area_new(two, PAGES, a.seed);
}

static bool is_soft(int ret)
{
	return !ret || ret == -ENOMEM || ret == -EFAULT;
}

static int call(unsigned long nr)
{
	struct upm_range range = { (long)a.addr, PAGES * PAGE };
	struct upm_call args = {
		.size = sizeof(args),
		.pidfd = -1,
		.nr_ranges = 1,
		.ranges = (long)&range,
	};
	int ret = upm_ioctl(nr, &args);

	if (!is_soft(ret))
		FAIL("ioctl %lu: %s", nr & 0xff, strerror(-ret));
	check_counts(&args.counts);
	return ret;
}

/*
 * A merged page the module does not know of can never be found by an equal one,
 * is not subject to any limit, and cannot be swapped out.
 */
static void check_no_orphans(void)
{
	__u64 mine[PAGES], other[PAGES];
	long long known = upm_stat("stable_pages"), merged = 0;
	size_t i;

	area_frames(&a, mine);
	area_frames(&b, other);
	for (i = 0; i < PAGES; i++) {
		merged += pfn_is_merged(mine[i]);
		merged += other[i] != mine[i] && pfn_is_merged(other[i]);
	}
	if (merged > known)
		FAIL("%lld merged pages, but the module knows of %lld", merged,
		     known);
}

/* Each allocation of a call in turn, until there are no more of them. */
static void each_one(void (*before)(void), unsigned long nr)
{
	unsigned int nth, hits = 0, errors = 0;

	for (nth = 1; nth < MOST; nth++) {
		int ret;

		before();
		inject_nth(nth);
		ret = call(nr);
		if (!inject_was_hit())
			break;
		hits++;
		errors += ret != 0;
		area_check(&a);
		area_check(&b);
		check_no_orphans();
	}
	note("%u allocations failed, %u calls with them", hits, errors);
	CHECK(hits);
}

static void forget_all(void)
{
	area_unmerge(&a);
	area_unmerge(&b);
}

static void recording(void)
{
	setup();
	each_one(forget_all, UPM_IOC_MERGE);
	area_settle(&b);
	area_settle(&a);
	expect_shared(&a, &b, 2);
}

static void candidates_there(void)
{
	forget_all();
	area_merge(&b);
}

static void pairing(void)
{
	setup();
	each_one(candidates_there, UPM_IOC_MERGE);
	area_merge(&b);
	area_settle(&a);
	area_settle(&b);
	expect_shared(&a, &b, 2);
}

static struct area c;

static void stable_there(void)
{
	area_unmerge(&a);
	area_merge(&c);
	area_settle(&b);
	area_settle(&c);
}

static void joining(void)
{
	setup();
	c = area_new(peer_new(), PAGES, a.seed);
	area_merge(&c);
	each_one(stable_there, UPM_IOC_MERGE);
	area_settle(&a);
	expect_shared(&a, &b, 0);
}

static void merged_there(void)
{
	area_merge(&b);
	area_settle(&a);
}

static void unmerging(void)
{
	setup();
	each_one(merged_there, UPM_IOC_UNMERGE);
	area_check(&a);
}

static void nothing(void)
{
}

static void querying(void)
{
	setup();
	each_one(nothing, UPM_IOC_QUERY);
}

/* In a new process each time, so that everything is to be made. */
static long job_first_call(long nth, long addr, long pages)
{
	int ret;

	inject_nth(nth);
	ret = upm_call_range(UPM_IOC_MERGE, -1, 0, (void *)addr, pages * PAGE,
			     NULL);
	if (!inject_was_hit())
		return 1;
	return is_soft(ret) ? 0 : ret;
}

static void first_call(void)
{
	unsigned int nth;
	long ret = 0;

	setup();
	for (nth = 1; nth < MOST && ret != 1; nth++) {
		struct peer *peer = peer_new_user(1000 + nth);
		struct area mine = area_new(peer, PAGES, a.seed);

		ret = peer_run(peer, job_first_call, nth, (long)mine.addr,
			       PAGES);
		if (ret < 0)
			FAIL("allocation %u: %s", nth, strerror(-ret));
		area_check(&mine);
		peer_exit(peer);
	}
	note("%u allocations", nth - 2);
}

static void binding(void)
{
	struct upm_domain_entry entries[4];
	unsigned int nth, nr;
	struct peer *peer;
	int fd, ret;

	setup();
	peer = peer_new_namespace();
	fd = pidfd_of(peer->pid);
	for (nth = 1; nth < MOST; nth++) {
		upm_unbind(fd);
		inject_nth(nth);
		ret = upm_bind(fd, 7);
		if (!inject_was_hit())
			break;
		CHECK(is_soft(ret));
		CHECK_EQ(peer_is_bound(peer), ret == 0);
	}
	note("%u allocations of BIND", nth - 1);
	for (nth = 1; nth < MOST; nth++) {
		nr = ARRAY_SIZE(entries);
		inject_nth(nth);
		ret = upm_domains(entries, &nr);
		if (!inject_was_hit())
			break;
		CHECK(is_soft(ret));
	}
	note("%u allocations of DOMAINS", nth - 1);
	close(fd);
}

/* A part of all allocations, over many calls and faults. */
static void at_random(void)
{
	double end = now() + test_seconds();
	unsigned int rounds = 0;

	setup();
	while (now() < end) {
		inject_percent(1 + random_below(30));
		call(random_below(3) ? UPM_IOC_MERGE : UPM_IOC_UNMERGE);
		inject_percent(0);
		area_check(&a);
		if (!random_below(3))
			area_fill(&a, a.seed);
		if (!random_below(3))
			area_merge(&b);
		if (!random_below(6))
			area_unmerge(&b);
		rounds++;
	}
	note("%u rounds", rounds);
	area_check(&b);
	area_merge(&b);
	area_settle(&a);
	area_settle(&b);
	expect_shared(&a, &b, 2);
}

static const struct test tests[] = {
	{ "recording", recording },
	{ "pairing", pairing },
	{ "joining", joining },
	{ "unmerging", unmerging },
	{ "querying", querying },
	{ "first_call", first_call },
	{ "binding", binding },
	{ "at_random", at_random },
	{ }
};

const struct suite faults_suite = { "fault", tests };
