// SPDX-License-Identifier: GPL-2.0-only
/*
 * Breakpoints that the kernel puts into programs' code. The page with one is a
 * page of the process' own, and equal in all processes that run the program.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "suite.h"

#define TRACING	"/sys/kernel/tracing/"
#define EVENT	"upm/probed"

static int counter;

static __attribute((noinline)) int probed(int n)
{
	WRITE_ONCE(counter, READ_ONCE(counter) + n);
	return READ_ONCE(counter);
}

static char *page_of_code(void)
{
	return (char *)((unsigned long)probed & ~(PAGE - 1));
}

/* Where the function is in the program's file. */
static unsigned long file_offset(void)
{
	unsigned long at = (unsigned long)probed, start, end, offset;
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	CHECK_SYS(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) != 3)
			continue;
		if (at >= start && at < end) {
			fclose(maps);
			return at - start + offset;
		}
	}
	FAIL("the program has no code");
}

static void remove_event(void)
{
	file_write(TRACING "events/" EVENT "/enable", "0");
	file_write(TRACING "uprobe_events", "-:" EVENT);
}

static void set_event(void)
{
	char text[512], path[400];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
	int ret;

	CHECK_SYS(len > 0);
	path[len] = 0;
	remove_event();
	snprintf(text, sizeof(text), "p:" EVENT " %s:0x%lx", path,
		 file_offset());
	ret = file_write(TRACING "uprobe_events", text);
	if (ret)
		SKIP("no uprobes: %s", strerror(-ret));
	CHECK_EQ(file_write(TRACING "events/" EVENT "/enable", "1"), 0);
}

static long job_probed(long n, long b __unused, long c __unused)
{
	int before = READ_ONCE(counter);

	return probed(n) - before;
}

/* Makes the page of code one of the process' own, as a debugger would. */
static long job_own_code(long a __unused, long b __unused, long c __unused)
{
	char *page = page_of_code();

	CHECK_SYS(mprotect(page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) ==
		  0);
	WRITE_ONCE(*page, READ_ONCE(*page));
	CHECK_SYS(mprotect(page, PAGE, PROT_READ | PROT_EXEC) == 0);
	return 0;
}

static struct peer *one, *two;

static void works(void)
{
	CHECK_EQ(peer_run(one, job_probed, 3, 0, 0), 3);
	CHECK_EQ(peer_run(two, job_probed, 5, 0, 0), 5);
}

static void merge_code(void)
{
	struct area a = { one, page_of_code(), 1, 0 }, b = { two, a.addr, 1, 0 };
	struct upm_counts counts;

	counts = area_merge(&a);
	counts_note("code of the first", &counts);
	counts = area_merge(&b);
	counts_note("code of the second", &counts);
	works();
}

static void setup(void)
{
	one = peer_new();
	two = peer_new();
	works();
}

/* First the breakpoint, then the merge; then it must be possible to remove it. */
static void merge_with_breakpoint(void)
{
	setup();
	set_event();
	works();
	merge_code();
	remove_event();
	works();
	merge_code();
}

/* First the merge, then the breakpoint. */
static void breakpoint_after_merge(void)
{
	setup();
	peer_run(one, job_own_code, 0, 0, 0);
	peer_run(two, job_own_code, 0, 0, 0);
	merge_code();
	set_event();
	works();
	merge_code();
	remove_event();
	works();
}

static const struct test tests[] = {
	{ "merge_with_breakpoint", merge_with_breakpoint },
	{ "breakpoint_after_merge", breakpoint_after_merge },
	{ }
};

const struct suite uprobe_suite = { "uprobe", tests };
