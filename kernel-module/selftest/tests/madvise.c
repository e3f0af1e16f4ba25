// SPDX-License-Identifier: GPL-2.0-only
/* MADV_UPM_*: our advice through the kernel's own system call. */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "files.h"
#include "suite.h"

#define PAGES	32

static struct area a, b;

static void setup(void)
{
	struct peer *one = peer_new(), *two = peer_new();

	if (!upm_has(UPM_FEATURE_MADVISE))
		SKIP("madvise is not extended");
	a = area_new(one, PAGES, seed_new());
	b = area_new(two, PAGES, a.seed);
}

static void merges(void)
{
	setup();
	CHECK_EQ(area_advise(&a, MADV_UPM_MERGE), 0);
	expect_own(&a);
	CHECK_EQ(area_advise(&b, MADV_UPM_MERGE), 0);
	expect_shared(&a, &b, 2);
	expect_pss(&a, 2);
	area_check(&a);
	area_check(&b);
	CHECK_EQ(area_advise(&a, MADV_UPM_UNMERGE), 0);
	expect_own(&a);
	area_check(&a);
	CHECK_EQ(area_advise(&a, MADV_UPM_MERGE_SPLIT), 0);
	expect_shared(&a, &b, 2);
}

static int advise(void *addr, size_t len, int advice)
{
	return madvise(addr, len, advice) ? -errno : 0;
}

/* With a length of 0 it tells whether the module is there. */
static void is_there(void)
{
	setup();
	CHECK_EQ(advise(NULL, 0, MADV_UPM_MERGE), 0);
	CHECK_EQ(advise(NULL, 0, MADV_UPM_MERGE_SPLIT), 0);
	CHECK_EQ(advise(NULL, 0, MADV_UPM_UNMERGE), 0);
	CHECK_EQ(advise(NULL, 0, MADV_UPM_MERGE - 1), -EINVAL);
	CHECK_EQ(advise(NULL, 0, MADV_UPM_UNMERGE + 1), -EINVAL);
}

static void bad_ranges(void)
{
	static const int advices[] = {
		MADV_UPM_MERGE, MADV_UPM_MERGE_SPLIT, MADV_UPM_UNMERGE
	};
	char *addr;
	size_t i;

	setup();
	addr = pages_map(2);
	for (i = 0; i < ARRAY_SIZE(advices); i++) {
		CHECK_EQ(advise(addr + 1, PAGE, advices[i]), -EINVAL);
		CHECK_EQ(advise(addr + 1, 0, advices[i]), -EINVAL);
		CHECK_EQ(advise(addr, -1UL, advices[i]), -EINVAL);
		CHECK_EQ(advise(addr, -PAGE, advices[i]), -EINVAL);
		CHECK_EQ(advise((void *)-PAGE, 2 * PAGE, advices[i]), -EINVAL);
		CHECK_EQ(advise(NULL, PAGE, advices[i]), -ENOMEM);
		CHECK_EQ(advise(addr, 1, advices[i]), 0);
	}
}

/* A hole in the range is reported when the rest has been done. */
static void with_a_hole(void)
{
	char *addr, *twin;

	setup();
	addr = pages_map(3 * PAGES);
	twin = pages_map(3 * PAGES);
	pages_fill(addr, 3 * PAGES, a.seed);
	pages_fill(twin, 3 * PAGES, a.seed);
	CHECK_SYS(munmap(addr + PAGES * PAGE, PAGES * PAGE) == 0);
	CHECK_EQ(advise(twin, 3 * PAGES * PAGE, MADV_UPM_MERGE), 0);
	CHECK_EQ(advise(addr, 3 * PAGES * PAGE, MADV_UPM_MERGE), -ENOMEM);
	CHECK_EQ(pfn_of(0, addr), pfn_of(0, twin));
	CHECK_EQ(pfn_of(0, addr + (3 * PAGES - 1) * PAGE),
		 pfn_of(0, twin + (3 * PAGES - 1) * PAGE));
	CHECK(page_is_merged(0, addr + 2 * PAGES * PAGE));
	CHECK_EQ(pages_differ(addr, PAGES, a.seed), PAGES);
	CHECK_EQ(advise(addr, 3 * PAGES * PAGE, MADV_UPM_UNMERGE), -ENOMEM);
	CHECK(!page_is_merged(0, addr));
	CHECK(!page_is_merged(0, addr + 2 * PAGES * PAGE));
}

/* The kernel's own advice, and nonsense, are what they were. */
static void others_are_untouched(void)
{
	static const int unknown[] = {
		-1, 5, 7, 26, 27, 99, 104, 1000, 0x55504c, 0x555050,
		0x7fffffff, -0x7fffffff - 1, 0x155504d
	};
	char *addr;
	size_t i;

	setup();
	addr = pages_map(PAGES);
	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		CHECK_EQ(advise(addr, PAGE, unknown[i]), -EINVAL);
	pages_fill(addr, PAGES, 1);
	CHECK_EQ(advise(addr, PAGES * PAGE, MADV_WILLNEED), 0);
	CHECK_EQ(advise(addr, PAGES * PAGE, MADV_NORMAL), 0);
	CHECK_EQ(pages_differ(addr, PAGES, 1), PAGES);
	CHECK_EQ(advise(addr, PAGES * PAGE, MADV_DONTNEED), 0);
	for (i = 0; i < PAGES * PAGE; i++)
		CHECK_EQ(addr[i], 0);
}

/* The upper half of the register is none of the advice. */
static void wide_register(void)
{
	char *addr;
	long ret;

	setup();
	addr = pages_map(PAGES);
	pages_fill(addr, PAGES, seed_new());
	ret = syscall(SYS_madvise, addr, PAGES * PAGE,
		      0xdeadbeef00000000UL | MADV_UPM_MERGE);
	CHECK_EQ(ret, 0);
	CHECK_EQ(upm_query(addr, PAGES).recorded, PAGES);
}

static void process_madvise_is_not(void)
{
	struct iovec iov = { NULL, PAGES * PAGE };
	int fd;

	setup();
	fd = pidfd_of(getpid());
	iov.iov_base = pages_map(PAGES);
	CHECK(syscall(SYS_process_madvise, fd, &iov, 1, MADV_UPM_MERGE, 0) < 0);
	CHECK_EQ(errno, EINVAL);
	close(fd);
}

/* Switched off when the module was loaded: the kernel's own answer. */
static void switched_off(void)
{
	char *addr = pages_map(PAGES);

	CHECK(!upm_has(UPM_FEATURE_MADVISE));
	CHECK_EQ(advise(addr, PAGE, MADV_UPM_MERGE), -EINVAL);
	CHECK_EQ(advise(NULL, 0, MADV_UPM_MERGE), -EINVAL);
	pages_fill(addr, PAGES, seed_new());
	CHECK_EQ(upm_merge(addr, PAGES).recorded, PAGES);
}

/* Tracing of functions switched off by the operator: the hook must stay. */
static void ftrace_switched_off(void)
{
	static const char file[] = "/proc/sys/kernel/ftrace_enabled";
	int ret;

	setup();
	if (!file_exists(file))
		SKIP("no sysctl kernel.ftrace_enabled");
	ret = file_write(file, "0");
	note("kernel.ftrace_enabled=0: %s", ret ? strerror(-ret) : "done");
	ret = advise(NULL, 0, MADV_UPM_MERGE);
	file_write(file, "1");
	CHECK_EQ(ret, 0);
}

static const struct test tests[] = {
	{ "merges", merges },
	{ "is_there", is_there },
	{ "bad_ranges", bad_ranges },
	{ "with_a_hole", with_a_hole },
	{ "others_are_untouched", others_are_untouched },
	{ "wide_register", wide_register },
	{ "process_madvise_is_not", process_madvise_is_not },
	{ "switched_off", switched_off, "madvise=0" },
	{ "ftrace_switched_off", ftrace_switched_off },
	{ }
};

const struct suite madvise_suite = { "madvise", tests };
