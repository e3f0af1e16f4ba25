// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's own advice on merged pages. */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "suite.h"

#define PAGES	32

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

static struct area a, b;

static void setup(void)
{
	merged_pair(&a, &b, PAGES);
}

static void must_advise(const struct area *area, int advice)
{
	int ret = area_advise(area, advice);

	if (ret == -EINVAL)
		SKIP("the kernel does not know advice %d", advice);
	if (ret)
		FAIL("madvise(%d): %s", advice, strerror(-ret));
}

static void dontneed(void)
{
	size_t i;

	setup();
	must_advise(&a, MADV_DONTNEED);
	area_check(&b);
	CHECK_EQ(pfn_mapcount(pfn_of(b.peer->pid, b.addr)), 1);
	for (i = 0; i < PAGES; i++)
		CHECK_EQ(area_read(&a, i), 0);
	area_fill(&a, b.seed);
	area_settle(&a);
	expect_shared(&a, &b, 2);
}

/* Content may be lost by it, but only to zeros, and only ours. */
static void freed(void)
{
	__u64 word;
	size_t i;

	setup();
	must_advise(&a, MADV_FREE);
	area_check(&b);
	for (i = 0; i < PAGES; i++) {
		word = area_read(&a, i);
		CHECK(!word || word == page_word(a.seed + i, 0));
	}
	area_write(&a, 0, 1);
	CHECK_EQ(area_read(&a, 0), 1);
	area_check(&b);
}

/* A page given up by MADV_FREE is merged afterwards: then it must stay. */
static void freed_then_merged(void)
{
	struct area part;

	setup();
	CHECK_EQ(area_unmerge(&a).unmerged, PAGES);
	must_advise(&a, MADV_FREE);
	area_merge(&a);
	area_check(&b);
	part = area_part(&a, 0, 1);
	if (page_is_merged(part.peer->pid, part.addr))
		area_check(&part);
	area_fill(&a, a.seed);
	area_settle(&a);
	expect_shared(&a, &b, 2);
	area_check(&a);
}

static void keeps(int advice)
{
	setup();
	must_advise(&a, advice);
	area_check(&a);
	area_check(&b);
	expect_shared(&a, &b, 2);
	area_write(&a, 1, 1);
	area_check(&b);
}

static void cold(void)
{
	keeps(MADV_COLD);
}

static void pageout(void)
{
	keeps(MADV_PAGEOUT);
}

static void willneed(void)
{
	keeps(MADV_WILLNEED);
}

static void populate_read(void)
{
	keeps(MADV_POPULATE_READ);
}

static void populate_write(void)
{
	setup();
	must_advise(&a, MADV_POPULATE_WRITE);
	expect_own(&a);
	area_check(&a);
	area_check(&b);
}

static void collapse(void)
{
	int ret;

	setup();
	ret = area_advise(&a, MADV_COLLAPSE);
	note("MADV_COLLAPSE: %s", strerror(-ret));
	area_check(&a);
	area_check(&b);
	area_write(&a, 2, 1);
	area_check(&b);
}

static long job_fork_and_look(long addr, long b __unused, long c __unused)
{
	int status;
	pid_t pid = fork();

	CHECK_SYS(pid >= 0);
	if (!pid)
		_exit(READ_ONCE(*(char *)addr) != 0);
	CHECK_SYS(waitpid(pid, &status, 0) == pid);
	return status;
}

static void wipe_on_fork(void)
{
	setup();
	must_advise(&a, MADV_WIPEONFORK);
	CHECK_EQ(peer_run(a.peer, job_fork_and_look, (long)a.addr, 0, 0), 0);
	area_check(&a);
	area_settle(&a);
	expect_shared(&a, &b, 2);
}

static void dont_fork(void)
{
	setup();
	must_advise(&a, MADV_DONTFORK);
	/* The child has no mapping there and dies of it. */
	CHECK_EQ(peer_run(a.peer, job_fork_and_look, (long)a.addr, 0, 0), 11);
	area_check(&a);
	CHECK_EQ(pfn_mapcount(pfn_of(a.peer->pid, a.addr)), 2);
}

static void dont_dump(void)
{
	setup();
	must_advise(&a, MADV_DONTDUMP);
	expect_shared(&a, &b, 2);
	CHECK_EQ(area_merge(&a).shared, PAGES);
	must_advise(&a, MADV_DODUMP);
	area_check(&a);
}

/* A mapping cannot be merged for what it is; neighbours are. */
static void unfit_mappings(void)
{
	char *shared = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	__u64 seed = seed_new();
	struct area fit = area_new(NULL, PAGES, seed);
	struct area twin = area_new(NULL, PAGES, seed);
	__u64 frame;

	CHECK_SYS(shared != MAP_FAILED);
	pages_fill(shared, PAGES, seed);
	frame = pfn_of(0, shared);
	CHECK_EQ(upm_merge(shared, PAGES).skipped[UPM_SKIP_MAPPING], PAGES);
	CHECK_EQ(area_merge(&fit).recorded, PAGES);
	CHECK_EQ(upm_merge(shared, PAGES).skipped[UPM_SKIP_MAPPING], PAGES);
	area_settle(&twin);
	expect_shared(&fit, &twin, 2);
	CHECK_EQ(pfn_of(0, shared), frame);
	WRITE_ONCE(*shared, 1);
	area_check(&fit);
}

/* Private pages of files: only those written to have anything to merge. */
static void file_pages(void)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	struct upm_counts counts;
	__u64 seed = seed_new();
	char *addr, *twin;
	size_t i;

	CHECK_SYS(fd >= 0);
	CHECK_SYS(ftruncate(fd, PAGES * PAGE) == 0);
	addr = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd,
		    0);
	CHECK_SYS(addr != MAP_FAILED);
	for (i = 0; i < PAGES; i++)
		CHECK_EQ(READ_ONCE(addr[i * PAGE]), 0);
	counts = upm_merge(addr, PAGES);
	if (file_exists("/dev/hmm_dmirror0") &&
	    counts.skipped[UPM_SKIP_MAPPING] == PAGES)
		SKIP("device memory, and uprobes that wait for locked pages");
	CHECK_EQ(counts.skipped[UPM_SKIP_FILE], PAGES);
	twin = pages_map(PAGES);
	pages_fill(twin, PAGES, seed);
	pages_fill(addr, PAGES / 2, seed);
	upm_merge(twin, PAGES);
	counts = upm_merge(addr, PAGES);
	CHECK_EQ(counts.skipped[UPM_SKIP_FILE], PAGES / 2);
	CHECK_EQ(counts.merged, PAGES / 2);
	for (i = 0; i < PAGES / 2; i++)
		CHECK_EQ(pfn_of(0, addr + i * PAGE),
			 pfn_of(0, twin + i * PAGE));
	CHECK_EQ(pages_differ(addr, PAGES / 2, seed), PAGES / 2);
	WRITE_ONCE(*addr, 1);
	CHECK_EQ(pages_differ(twin, PAGES, seed), PAGES);
}

static const struct test tests[] = {
	{ "dontneed", dontneed },
	{ "free", freed },
	{ "free_then_merge", freed_then_merged },
	{ "cold", cold },
	{ "pageout", pageout },
	{ "willneed", willneed },
	{ "populate_read", populate_read },
	{ "populate_write", populate_write },
	{ "collapse", collapse },
	{ "wipe_on_fork", wipe_on_fork },
	{ "dont_fork", dont_fork },
	{ "dont_dump", dont_dump },
	{ "unfit_mappings", unfit_mappings },
	{ "file_pages", file_pages },
	{ }
};

const struct suite advice_suite = { "advice", tests };
