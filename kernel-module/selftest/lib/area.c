// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>
#include <unistd.h>

#include "area.h"

static long job_map(long pages, long seed, long c __unused)
{
	char *addr = pages_map(pages);

	pages_fill(addr, pages, seed);
	return (long)addr;
}

struct area area_new(struct peer *peer, size_t pages, __u64 seed)
{
	struct area area = { peer, NULL, pages, seed };

	area.addr = (char *)peer_run(peer, job_map, pages, seed, 0);
	return area;
}

struct area area_part(const struct area *area, size_t first, size_t pages)
{
	struct area part = {
		area->peer, area->addr + first * PAGE, pages, area->seed + first
	};

	return part;
}

static long job_fill(long addr, long pages, long seed)
{
	pages_fill((char *)addr, pages, seed);
	return 0;
}

void area_fill(struct area *area, __u64 seed)
{
	area->seed = seed;
	peer_run(area->peer, job_fill, (long)area->addr, area->pages, seed);
}

static long job_advise(long addr, long pages, long advice)
{
	return madvise((void *)addr, pages * PAGE, advice) ? -errno : 0;
}

int area_advise(const struct area *area, int advice)
{
	return peer_run(area->peer, job_advise, (long)area->addr, area->pages,
			advice);
}

static long job_check(long addr, long pages, long seed)
{
	return pages_differ((char *)addr, pages, seed);
}

void __area_check(const struct area *area)
{
	size_t page = peer_run(area->peer, job_check, (long)area->addr,
			       area->pages, area->seed);

	if (page != area->pages)
		FAIL("page %zu of %zu at %p has other content", page,
		     area->pages, area->addr);
}

static long job_write(long addr, long value, long c __unused)
{
	WRITE_ONCE(*(__u64 *)addr, (__u64)value);
	return 0;
}

void area_write(const struct area *area, size_t page, __u64 value)
{
	peer_run(area->peer, job_write, (long)(area->addr + page * PAGE), value,
		 0);
}

static long job_read(long addr, long b __unused, long c __unused)
{
	return READ_ONCE(*(__u64 *)addr);
}

__u64 area_read(const struct area *area, size_t page)
{
	return peer_run(area->peer, job_read,
			(long)(area->addr + page * PAGE), 0, 0);
}

/* In shared memory: question and answer of a call. */
struct call_box {
	unsigned long nr;
	int ret;
	struct upm_call call;
};

static long do_call(struct call_box *box, long addr, long len)
{
	struct upm_range range = { addr, len };

	box->call.ranges = (long)&range;
	box->call.nr_ranges = 1;
	box->ret = upm_call(box->nr, &box->call);
	return 0;
}

static long job_call(long addr, long len, long c __unused)
{
	return do_call(peer_shared(), addr, len);
}

int area_call(const struct area *area, unsigned long nr, unsigned int flags,
	      unsigned long domain, struct upm_counts *counts)
{
	struct call_box own, *box = area->peer ? area->peer->shared : &own;

	memset(box, 0, sizeof(*box));
	box->nr = nr;
	box->call.size = sizeof(box->call);
	box->call.pidfd = -1;
	box->call.flags = flags;
	box->call.domain = domain;
	if (area->peer)
		peer_run(area->peer, job_call, (long)area->addr,
			 area->pages * PAGE, 0);
	else
		do_call(box, (long)area->addr, area->pages * PAGE);
	if (counts)
		*counts = box->call.counts;
	return box->ret;
}

static struct upm_counts must(const struct area *area, unsigned long nr,
			      unsigned int flags)
{
	struct upm_counts counts;
	int ret = area_call(area, nr, flags, 0, &counts);

	if (ret)
		FAIL("ioctl %lu: %s", nr & 0xff, strerror(-ret));
	return counts;
}

struct upm_counts area_merge(const struct area *area)
{
	return must(area, UPM_IOC_MERGE, 0);
}

struct upm_counts area_merge_split(const struct area *area)
{
	return must(area, UPM_IOC_MERGE, UPM_CALL_SPLIT_HUGE);
}

struct upm_counts area_unmerge(const struct area *area)
{
	return must(area, UPM_IOC_UNMERGE, 0);
}

struct upm_counts area_query(const struct area *area)
{
	return must(area, UPM_IOC_QUERY, 0);
}

int area_call_remote(const struct area *area, unsigned long nr,
		     unsigned int flags, struct upm_counts *counts)
{
	int fd = pidfd_of(area->peer ? area->peer->pid : getpid());
	int ret = upm_call_range(nr, fd, flags, area->addr, area->pages * PAGE,
				 counts);

	close(fd);
	return ret;
}

void area_settle(const struct area *area)
{
	struct upm_counts counts;
	int try;

	for (try = 0; try < 5; try++) {
		counts = area_merge(area);
		if (counts.merged + counts.shared + counts.zero == area->pages)
			return;
		counts_note("did not merge at once", &counts);
		sleep_ms(20);
	}
	FAIL("some pages do not merge");
}

void areas_settle(const struct area *areas, unsigned int nr)
{
	struct upm_counts counts;
	unsigned int i, shared, round;

	/* Whose pages were forgotten is known again after the first round. */
	for (round = 0; round < 8; round++) {
		shared = 0;
		for (i = 0; i < nr; i++) {
			counts = area_merge(&areas[i]);
			shared += counts.shared == areas[i].pages;
		}
		if (shared == nr)
			break;
	}
	if (shared < nr) {
		counts_note("last one", &counts);
		FAIL("only %u of %u areas are shared", shared, nr);
	}
	for (i = 1; i < nr; i++)
		expect_shared(&areas[0], &areas[i], nr);
	for (i = 0; i < nr; i++)
		area_check(&areas[i]);
}

void merged_areas(struct area *areas, unsigned int nr, size_t pages)
{
	__u64 seed = seed_new();
	unsigned int i;

	for (i = 0; i < nr; i++) {
		areas[i] = area_new(peer_new(), pages, seed);
		if (i)
			area_settle(&areas[i]);
		else
			area_merge(&areas[i]);
	}
	for (i = 1; i < nr; i++)
		expect_shared(&areas[0], &areas[i], nr);
}

void equal_pair(struct area *a, struct area *b, size_t pages)
{
	struct peer *one = peer_new(), *two = peer_new();
	__u64 seed = seed_new();

	*a = area_new(one, pages, seed);
	*b = area_new(two, pages, seed);
}

void merged_pair(struct area *a, struct area *b, size_t pages)
{
	struct area areas[2];

	merged_areas(areas, 2, pages);
	*a = areas[0];
	*b = areas[1];
}
