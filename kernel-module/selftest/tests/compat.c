// SPDX-License-Identifier: GPL-2.0-only
/* 32-bit callers: the same structures, the same answers. */
#include <sys/mman.h>
#include <unistd.h>

#include "int80.h"
#include "suite.h"

#define PAGES	16

/**
 * struct box - what must lie below 4 GiB
 * @call:  call
 * @range: its range
 * @info:  for INFO
 * @process: for PROCESS
 */
static struct box {
	struct upm_call call;
	struct upm_range range;
	struct upm_info info;
	struct upm_process process;
} *box;

static struct area a, b;

static void setup(void)
{
	int80_need();
	box = (void *)int80_map(1);
	memset(box, 0, sizeof(*box));
	a = (struct area){ NULL, int80_map(PAGES), PAGES, seed_new() };
	pages_fill(a.addr, PAGES, a.seed);
	b = area_new(NULL, PAGES, a.seed);
}

static int ioctl32(unsigned long nr, void *arg)
{
	return int80(INT80_IOCTL, upm_fd(), nr, (unsigned long)arg);
}

static int call32(unsigned long nr)
{
	box->range.addr = (long)a.addr;
	box->range.len = PAGES * PAGE;
	box->call.size = sizeof(box->call);
	box->call.pidfd = -1;
	box->call.nr_ranges = 1;
	box->call.ranges = (long)&box->range;
	return ioctl32(nr, &box->call);
}

static void ioctls(void)
{
	setup();
	box->info.size = sizeof(box->info);
	CHECK_EQ(ioctl32(UPM_IOC_INFO, &box->info), 0);
	CHECK_EQ(box->info.abi_version, UPM_ABI_VERSION);
	CHECK_EQ(call32(UPM_IOC_MERGE), 0);
	CHECK_EQ(box->call.counts.recorded, PAGES);
	CHECK_EQ(area_merge(&b).merged, PAGES);
	expect_shared(&a, &b, 2);
	CHECK_EQ(call32(UPM_IOC_QUERY), 0);
	CHECK_EQ(box->call.counts.shared, PAGES);
	CHECK_EQ(box->call.done, PAGES * PAGE);
	CHECK_EQ(call32(UPM_IOC_UNMERGE), 0);
	CHECK_EQ(box->call.counts.unmerged, PAGES);
	expect_own(&a);
	area_check(&a);
	CHECK_EQ(call32(UPM_IOC_MERGE), 0);
	CHECK_EQ(box->call.counts.merged, PAGES);
	expect_shared(&a, &b, 2);
	box->process.size = sizeof(box->process);
	box->process.pidfd = -1;
	CHECK_EQ(ioctl32(UPM_IOC_PROCESS, &box->process), 0);
	CHECK(box->process.calls >= 3);
}

static void errors(void)
{
	setup();
	CHECK_EQ(ioctl32(UPM_IOC_MERGE, NULL), -EFAULT);
	CHECK_EQ(ioctl32(UPM_IOC_MERGE, (void *)0xffffff00), -EFAULT);
	CHECK_EQ(ioctl32(_IO(UPM_IOC_MAGIC, 99), box), -ENOTTY);
	box->call.reserved = 1;
	CHECK_EQ(call32(UPM_IOC_MERGE), -EINVAL);
	box->call.reserved = 0;
	box->call.flags = 1U << 31;
	CHECK_EQ(call32(UPM_IOC_MERGE), -EINVAL);
	CHECK_EQ(upm_stat("candidates"), 0);
}

static int madvise32(const void *addr, unsigned int len, int advice)
{
	return int80(INT80_MADVISE, (unsigned long)addr, len, advice);
}

static void madvise_calls(void)
{
	setup();
	if (!upm_has(UPM_FEATURE_MADVISE))
		SKIP("madvise is not extended");
	CHECK_EQ(madvise32(NULL, 0, MADV_UPM_MERGE), 0);
	CHECK_EQ(madvise32(a.addr, PAGES * PAGE, MADV_UPM_MERGE), 0);
	CHECK_EQ(area_query(&a).recorded, PAGES);
	CHECK_EQ(area_advise(&b, MADV_UPM_MERGE), 0);
	expect_shared(&a, &b, 2);
	CHECK_EQ(madvise32(a.addr, PAGES * PAGE, MADV_UPM_UNMERGE), 0);
	expect_own(&a);
	CHECK_EQ(madvise32(a.addr, PAGES * PAGE, MADV_UPM_MERGE_SPLIT), 0);
	expect_shared(&a, &b, 2);
	CHECK_EQ(madvise32(a.addr + 1, PAGE, MADV_UPM_MERGE), -EINVAL);
	CHECK_EQ(madvise32(a.addr, ~0U, MADV_UPM_MERGE),
		 madvise32(a.addr, ~0U, MADV_WILLNEED));
	/* All the others still do what they did. */
	CHECK_EQ(madvise32(a.addr, PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(area_read(&a, 0), 0);
	CHECK_EQ(madvise32(a.addr, PAGE, 12345), -EINVAL);
	area_check(&b);
}

static const struct test tests[] = {
	{ "ioctls", ioctls },
	{ "errors", errors },
	{ "madvise", madvise_calls },
	{ }
};

const struct suite compat_suite = { "compat", tests };
