// SPDX-License-Identifier: GPL-2.0-only
/* What mmap's relatives do to merged pages. */
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "suite.h"

#define PAGES	32

static struct area a, b;

static void setup(void)
{
	__u64 seed = seed_new();

	a = area_new(NULL, PAGES, seed);
	b = area_new(NULL, PAGES, seed);
	area_merge(&a);
	area_settle(&b);
	expect_shared(&a, &b, 2);
}

static void check_part(const struct area *area, size_t first, size_t pages)
{
	struct area part = area_part(area, first, pages);

	area_check(&part);
}

static void munmap_all(void)
{
	setup();
	CHECK_SYS(munmap(a.addr, PAGES * PAGE) == 0);
	area_check(&b);
	CHECK_EQ(pfn_mapcount(pfn_of(0, b.addr)), 1);
	area_write(&b, 1, 1);
	CHECK_EQ(area_read(&b, 1), 1);
}

static void munmap_middle(void)
{
	setup();
	CHECK_SYS(munmap(a.addr + 8 * PAGE, 8 * PAGE) == 0);
	check_part(&a, 0, 8);
	check_part(&a, 16, 16);
	area_check(&b);
	CHECK_EQ(pfn_mapcount(pfn_of(0, b.addr)), 2);
	CHECK_EQ(pfn_mapcount(pfn_of(0, b.addr + 8 * PAGE)), 1);
	CHECK_EQ(area_merge(&a).skipped[UPM_SKIP_UNMAPPED], 8);
}

static void mremap_moves(void)
{
	char *target;

	setup();
	target = pages_map(PAGES);
	CHECK_SYS(mremap(a.addr, PAGES * PAGE, PAGES * PAGE,
			 MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
	a.addr = target;
	area_check(&a);
	expect_shared(&a, &b, 2);
	CHECK_EQ(area_merge(&a).shared, PAGES);
	area_write(&a, 0, 1);
	area_check(&b);
}

static void mremap_shrinks_and_grows(void)
{
	char *addr;

	setup();
	CHECK_SYS(mremap(a.addr, PAGES * PAGE, 8 * PAGE, 0) == a.addr);
	check_part(&a, 0, 8);
	area_check(&b);
	addr = mremap(a.addr, 8 * PAGE, 4 * PAGES * PAGE, MREMAP_MAYMOVE);
	CHECK_SYS(addr != MAP_FAILED);
	a.addr = addr;
	a.pages = 8;
	area_check(&a);
	CHECK_EQ(pfn_of(0, a.addr), pfn_of(0, b.addr));
	CHECK_EQ(pfn_of(0, a.addr + 8 * PAGE), 0);
}

static void mremap_dontunmap(void)
{
	struct area moved;
	char *addr;

	setup();
	addr = mremap(a.addr, PAGES * PAGE, PAGES * PAGE,
		      MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	CHECK_SYS(addr != MAP_FAILED);
	moved = a;
	moved.addr = addr;
	expect_shared(&moved, &b, 2);
	CHECK_EQ(area_merge(&a).skipped[UPM_SKIP_ABSENT], PAGES);
	CHECK_EQ(area_read(&a, 0), 0);
	area_check(&moved);
}

/* A candidate that was moved is found, or not; nothing goes wrong with it. */
static void mremap_of_candidates(void)
{
	__u64 seed = seed_new();
	char *target = pages_map(PAGES);
	struct area c = area_new(NULL, PAGES, seed);

	area_merge(&c);
	CHECK_SYS(mremap(c.addr, PAGES * PAGE, PAGES * PAGE,
			 MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
	c.addr = target;
	b = area_new(NULL, PAGES, seed);
	area_merge(&b);
	area_check(&b);
	area_check(&c);
	area_merge(&c);
	area_settle(&c);
	area_settle(&b);
	expect_shared(&b, &c, 2);
}

static sigjmp_buf fault;

static void on_fault(int sig __unused)
{
	siglongjmp(fault, 1);
}

static bool write_faults(const struct area *area)
{
	struct sigaction action = { .sa_handler = on_fault };
	bool faults = true;

	CHECK_SYS(sigaction(SIGSEGV, &action, NULL) == 0);
	if (!sigsetjmp(fault, 1)) {
		area_write(area, 0, 1);
		faults = false;
	}
	signal(SIGSEGV, SIG_DFL);
	return faults;
}

static void mprotect_read_only(void)
{
	setup();
	CHECK_SYS(mprotect(a.addr, PAGES * PAGE, PROT_READ) == 0);
	area_check(&a);
	expect_shared(&a, &b, 2);
	CHECK(write_faults(&a));
	CHECK_SYS(mprotect(a.addr, PAGES * PAGE, PROT_READ | PROT_WRITE) == 0);
	expect_shared(&a, &b, 2);
	CHECK(!write_faults(&a));
	area_check(&b);
	CHECK_EQ(area_read(&a, 0), 1);
}

/* Read-only memory is merged, and is read-only after that. */
static void merge_read_only(void)
{
	setup();
	a = area_new(NULL, PAGES, b.seed);
	CHECK_SYS(mprotect(a.addr, PAGES * PAGE, PROT_READ) == 0);
	area_settle(&a);
	expect_shared(&a, &b, 3);
	CHECK(write_faults(&a));
	area_check(&b);
}

static void mprotect_none(void)
{
	struct upm_counts counts;

	setup();
	CHECK_SYS(mprotect(a.addr, PAGES * PAGE, PROT_NONE) == 0);
	CHECK(write_faults(&a));
	counts = area_merge(&a);
	counts_note("no access to merged pages", &counts);
	counts = area_unmerge(&b);
	area_check(&b);
	CHECK_SYS(mprotect(a.addr, PAGES * PAGE, PROT_READ | PROT_WRITE) == 0);
	area_check(&a);
	area_write(&a, 0, 1);
	area_check(&b);
}

static void merge_no_access(void)
{
	struct upm_counts counts;
	struct area c;

	setup();
	c = area_new(NULL, PAGES, b.seed);
	CHECK_SYS(mprotect(c.addr, PAGES * PAGE, PROT_NONE) == 0);
	counts = area_merge(&c);
	counts_note("no access to private pages", &counts);
	CHECK(write_faults(&c));
	CHECK_SYS(mprotect(c.addr, PAGES * PAGE, PROT_READ | PROT_WRITE) == 0);
	area_check(&c);
	area_write(&c, 0, 1);
	area_check(&a);
}

static void mlocked(bool before)
{
	long long locked = -1;

	setup();
	if (before) {
		a = area_new(NULL, PAGES, b.seed);
		CHECK_SYS(mlock(a.addr, PAGES * PAGE) == 0);
		area_settle(&a);
	} else {
		/* Faults writable mappings in for writing: that unshares. */
		CHECK_SYS(mlock(a.addr, PAGES * PAGE) == 0);
		area_check(&a);
		area_settle(&a);
	}
	expect_shared(&a, &b, before ? 3 : 2);
	locked = smaps_kb(0, a.addr, "Locked");
	note("Locked: %lld kB", locked);
	area_check(&a);
	area_write(&a, 0, 1);
	area_check(&b);
	CHECK_SYS(munlock(a.addr, PAGES * PAGE) == 0);
	CHECK_EQ(area_read(&a, 0), 1);
	check_part(&a, 1, PAGES - 1);
	CHECK_SYS(munmap(a.addr, PAGES * PAGE) == 0);
	area_check(&b);
}

static void mlock_after(void)
{
	mlocked(false);
}

static void mlock_before(void)
{
	mlocked(true);
}

static void mlock_all(void)
{
	setup();
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		SKIP("mlockall: %s", strerror(errno));
	area_settle(&a);
	area_settle(&b);
	area_check(&a);
	area_check(&b);
	munlockall();
	area_write(&a, 3, 3);
	area_check(&b);
}

/* Half of an area with other rights, then equal again: VMAs split and join. */
static void split_and_join(void)
{
	setup();
	CHECK_SYS(mprotect(a.addr, PAGES / 2 * PAGE, PROT_READ) == 0);
	CHECK_EQ(area_merge(&a).shared, PAGES);
	CHECK_SYS(mprotect(a.addr, PAGES * PAGE, PROT_READ | PROT_WRITE) == 0);
	expect_shared(&a, &b, 2);
	area_check(&a);
	CHECK_EQ(area_unmerge(&a).unmerged, PAGES);
	area_check(&a);
	expect_own(&a);
}

static const struct test tests[] = {
	{ "munmap_all", munmap_all },
	{ "munmap_middle", munmap_middle },
	{ "mremap_moves", mremap_moves },
	{ "mremap_shrinks_and_grows", mremap_shrinks_and_grows },
	{ "mremap_dontunmap", mremap_dontunmap },
	{ "mremap_of_candidates", mremap_of_candidates },
	{ "mprotect_read_only", mprotect_read_only },
	{ "merge_read_only", merge_read_only },
	{ "mprotect_none", mprotect_none },
	{ "merge_no_access", merge_no_access },
	{ "mlock_after", mlock_after },
	{ "mlock_before", mlock_before },
	{ "mlock_all", mlock_all },
	{ "split_and_join", split_and_join },
	{ }
};

const struct suite mappings_suite = { "mapping", tests };
