// SPDX-License-Identifier: GPL-2.0-only
/* Whoever writes to a merged page, however, gets a page of his own. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

#define PAGES	16
#define SHARERS	3
#define NEW	0x1122334455667788ULL

/* After page @page of sharer @writer got NEW as its first word. */
static void check_isolated(const struct area *areas, int writer, size_t page)
{
	struct area part;
	int i;

	HERE();
	for (i = 0; i < SHARERS; i++) {
		part = area_part(&areas[i], page, 1);
		if (i == writer) {
			CHECK_EQ(area_read(&part, 0), NEW);
			__expect_own(&part);
			/* The rest of the page came along. */
			area_write(&part, 0, page_word(part.seed, 0));
			__area_check(&part);
		} else {
			__area_check(&part);
			CHECK(page_is_merged(part.peer->pid, part.addr));
			CHECK(area_read(&part, 0) != NEW);
		}
	}
}

static void owner_writes(int writer)
{
	struct area areas[SHARERS];
	size_t page;

	merged_areas(areas, SHARERS, PAGES);
	for (page = 0; page < PAGES; page++) {
		area_write(&areas[writer], page, NEW);
		check_isolated(areas, writer, page);
	}
}

static void candidate_writes(void)
{
	owner_writes(0);
}

static void caller_writes(void)
{
	owner_writes(1);
}

static void third_writes(void)
{
	owner_writes(2);
}

static void all_write(void)
{
	struct area areas[SHARERS];
	size_t page;
	int i;

	merged_areas(areas, SHARERS, PAGES);
	for (page = 0; page < PAGES; page++)
		for (i = 0; i < SHARERS; i++)
			area_write(&areas[i], page, NEW + i);
	for (page = 0; page < PAGES; page++)
		for (i = 0; i < SHARERS; i++)
			CHECK_EQ(area_read(&areas[i], page), NEW + i);
	for (i = 0; i < SHARERS; i++)
		expect_own(&areas[i]);
}

static void ptrace_poke(void)
{
	struct area areas[SHARERS];
	pid_t pid;

	merged_areas(areas, SHARERS, PAGES);
	pid = areas[1].peer->pid;
	CHECK_SYS(ptrace(PTRACE_ATTACH, pid, NULL, NULL) == 0);
	CHECK_SYS(waitpid(pid, NULL, 0) == pid);
	CHECK_SYS(ptrace(PTRACE_POKEDATA, pid, areas[1].addr, NEW) == 0);
	CHECK_SYS(ptrace(PTRACE_DETACH, pid, NULL, NULL) == 0);
	check_isolated(areas, 1, 0);
}

static void vm_writev(void)
{
	struct area areas[SHARERS];
	__u64 value = NEW;
	struct iovec from = { &value, sizeof(value) };
	struct iovec to = { NULL, sizeof(value) };

	merged_areas(areas, SHARERS, PAGES);
	to.iov_base = areas[0].addr + PAGE;
	CHECK_EQ(process_vm_writev(areas[0].peer->pid, &from, 1, &to, 1, 0),
		 sizeof(value));
	check_isolated(areas, 0, 1);
}

static void vm_readv(void)
{
	struct area areas[SHARERS];
	static char copy[PAGES * PAGE];
	struct iovec to = { copy, sizeof(copy) };
	struct iovec from = { NULL, sizeof(copy) };

	merged_areas(areas, SHARERS, PAGES);
	from.iov_base = areas[2].addr;
	CHECK_EQ(process_vm_readv(areas[2].peer->pid, &to, 1, &from, 1, 0),
		 sizeof(copy));
	CHECK_EQ(pages_differ(copy, PAGES, areas[2].seed), PAGES);
	/* It pins the pages, which takes them out of the sharing. */
	area_check(&areas[2]);
	expect_shared(&areas[0], &areas[1], 0);
}

static void proc_mem(void)
{
	struct area areas[SHARERS];
	__u64 value = NEW;
	char path[64];
	int fd;

	merged_areas(areas, SHARERS, PAGES);
	snprintf(path, sizeof(path), "/proc/%d/mem", areas[1].peer->pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK_SYS(fd >= 0);
	CHECK_EQ(pwrite(fd, &value, sizeof(value),
			(long)(areas[1].addr + 2 * PAGE)), sizeof(value));
	close(fd);
	check_isolated(areas, 1, 2);
}

static long job_read_pipe(long addr, long b __unused, long c __unused)
{
	__u64 value = NEW;
	int fds[2];

	CHECK_SYS(pipe(fds) == 0);
	CHECK_EQ(write(fds[1], &value, sizeof(value)), sizeof(value));
	/* The kernel writes to the page on our behalf. */
	CHECK_EQ(read(fds[0], (void *)addr, sizeof(value)), sizeof(value));
	close(fds[0]);
	close(fds[1]);
	return 0;
}

static void system_call_writes(void)
{
	struct area areas[SHARERS];

	merged_areas(areas, SHARERS, PAGES);
	peer_run(areas[2].peer, job_read_pipe, (long)areas[2].addr, 0, 0);
	check_isolated(areas, 2, 0);
}

static long job_atomic(long addr, long b __unused, long c __unused)
{
	__u64 old = __atomic_exchange_n((__u64 *)addr, NEW, __ATOMIC_SEQ_CST);

	return old;
}

static void atomic_writes(void)
{
	struct area areas[SHARERS];

	merged_areas(areas, SHARERS, PAGES);
	CHECK_EQ((__u64)peer_run(areas[0].peer, job_atomic,
				 (long)areas[0].addr, 0, 0),
		 page_word(areas[0].seed, 0));
	check_isolated(areas, 0, 0);
}

static void unmerge(void)
{
	struct area areas[SHARERS];
	struct upm_counts counts;

	merged_areas(areas, SHARERS, PAGES);
	counts = area_unmerge(&areas[1]);
	CHECK_EQ(counts.unmerged, PAGES);
	expect_own(&areas[1]);
	expect_shared(&areas[0], &areas[2], SHARERS - 1);
	area_check(&areas[1]);
	CHECK_EQ(area_query(&areas[1]).plain, PAGES);
	CHECK_EQ(area_unmerge(&areas[1]).plain, PAGES);
	/* And back again. */
	area_settle(&areas[1]);
	expect_shared(&areas[0], &areas[1], SHARERS);
	area_check(&areas[1]);
}

static const struct test tests[] = {
	{ "candidate_writes", candidate_writes },
	{ "caller_writes", caller_writes },
	{ "third_writes", third_writes },
	{ "all_write", all_write },
	{ "ptrace_poke", ptrace_poke },
	{ "vm_writev", vm_writev },
	{ "vm_readv", vm_readv },
	{ "proc_mem", proc_mem },
	{ "system_call_writes", system_call_writes },
	{ "atomic_writes", atomic_writes },
	{ "unmerge", unmerge },
	{ }
};

const struct suite cow_suite = { "cow", tests };
