// SPDX-License-Identifier: GPL-2.0-only
/*
 * Advice given again, on memory that was advised before: unmapped, mapped anew,
 * with other content, by other threads, from threads that are gone.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

#define PAGES	32

static struct area a, b;

static void setup(void)
{
	merged_pair(&a, &b, PAGES);
}

static long job_remap(long addr, long pages, long seed)
{
	CHECK_SYS(munmap((void *)addr, pages * PAGE) == 0);
	CHECK_SYS(mmap((void *)addr, pages * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		       0) == (void *)addr);
	pages_fill((void *)addr, pages, seed);
	return 0;
}

static void remap(struct area *area, __u64 seed)
{
	area->seed = seed;
	peer_run(area->peer, job_remap, (long)area->addr, area->pages, seed);
}

static void mapped_anew(void)
{
	int i;

	setup();
	for (i = 0; i < 20; i++) {
		remap(i % 2 ? &a : &b, a.seed);
		expect_own(i % 2 ? &a : &b);
		area_settle(i % 2 ? &a : &b);
		expect_shared(&a, &b, 2);
	}
	area_check(&a);
	area_check(&b);
}

static void candidates_mapped_anew(void)
{
	struct peer *one = peer_new(), *two = peer_new();
	__u64 seed = seed_new();
	int i;

	a = area_new(one, PAGES, seed);
	for (i = 0; i < 20; i++) {
		CHECK_EQ(area_merge(&a).recorded, PAGES);
		CHECK_EQ(upm_stat("candidates"), PAGES);
		remap(&a, seed + (i % 2) * PAGES);
	}
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	b = area_new(two, PAGES, a.seed);
	area_settle(&b);
	expect_shared(&a, &b, 2);
}

static void other_content(void)
{
	int i;

	setup();
	for (i = 0; i < 10; i++) {
		area_fill(&a, seed_new());
		CHECK_EQ(area_merge(&a).recorded, PAGES);
		area_check(&b);
		area_fill(&b, a.seed);
		area_settle(&b);
		expect_shared(&a, &b, 2);
		area_check(&a);
	}
	note("%lld stable pages", upm_stat("stable_pages"));
}

/* Content goes to and fro between two states; both are found each time. */
static void to_and_fro(void)
{
	__u64 seeds[2];
	int i;

	setup();
	seeds[0] = a.seed;
	seeds[1] = seed_new();
	for (i = 0; i < 20; i++) {
		area_fill(&a, seeds[i % 2]);
		area_fill(&b, seeds[i % 2]);
		area_merge(&a);
		area_settle(&b);
		area_settle(&a);
		expect_shared(&a, &b, 2);
	}
}

static void part_changed(void)
{
	struct upm_counts counts;
	size_t i;

	setup();
	for (i = 0; i < PAGES; i += 2)
		area_write(&a, i, 99 + i);
	counts = area_merge(&a);
	CHECK_EQ(counts.shared, PAGES / 2);
	CHECK_EQ(counts.recorded, PAGES / 2);
	for (i = 0; i < PAGES; i += 2)
		area_write(&b, i, 99 + i);
	counts = area_merge(&b);
	CHECK_EQ(counts.shared, PAGES / 2);
	CHECK_EQ(counts.merged, PAGES / 2);
	expect_shared(&a, &b, 2);
	for (i = 0; i < PAGES; i += 2) {
		CHECK_EQ(area_read(&a, i), 99 + i);
		CHECK_EQ(area_read(&a, i + 1), page_word(a.seed + i + 1, 0));
	}
}

static void *thread_merge(void *arg)
{
	area_merge(arg);
	return NULL;
}

/* In a thread of its own, which is gone when this returns. */
static long job_merge_in_thread(long addr, long pages, long c __unused)
{
	struct area area = { NULL, (char *)addr, pages, 0 };
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, thread_merge, &area), 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	return 0;
}

static void from_a_thread_that_is_gone(void)
{
	struct peer *one = peer_new(), *two = peer_new();
	__u64 seed = seed_new();

	a = area_new(one, PAGES, seed);
	peer_run(one, job_merge_in_thread, (long)a.addr, PAGES, 0);
	sleep_ms(100);
	CHECK_EQ(upm_stat("candidates"), PAGES);
	CHECK_EQ(area_query(&a).recorded, PAGES);
	b = area_new(two, PAGES, seed);
	CHECK_EQ(area_merge(&b).merged_peer, PAGES);
	expect_shared(&a, &b, 2);
}

static void other_threads_are_known(void)
{
	struct peer *one = peer_new();
	struct upm_process process;
	int fd;

	a = area_new(one, PAGES, seed_new());
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	peer_run(one, job_merge_in_thread, (long)a.addr, PAGES, 0);
	peer_run(one, job_merge_in_thread, (long)a.addr, PAGES, 0);
	CHECK_EQ(upm_stat("candidates"), PAGES);
	CHECK_EQ(upm_stat("processes"), 1);
	fd = pidfd_of(one->pid);
	CHECK_EQ(upm_process(fd, &process), 0);
	close(fd);
	CHECK_EQ(process.calls, 3);
	CHECK_EQ(process.candidates, PAGES);
	CHECK_EQ(process.counts.recorded, 3 * PAGES);
}

static void *thread_outlives(void *arg)
{
	struct area *area = arg;

	/* The first thread of the process ends; this one goes on. */
	sleep_ms(200);
	CHECK_EQ(area_merge(area).recorded, area->pages);
	area_settle(area + 1);
	expect_shared(area, area + 1, 2);
	_exit(0);
}

static void leader_is_gone(void)
{
	static struct area areas[2];
	pthread_t thread;
	int status;
	pid_t pid = fork();

	CHECK_SYS(pid >= 0);
	if (!pid) {
		areas[0] = area_new(NULL, PAGES, seed_new());
		areas[1] = area_new(NULL, PAGES, areas[0].seed);
		pthread_create(&thread, NULL, thread_outlives, areas);
		syscall(SYS_exit, 0);
	}
	CHECK_SYS(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, 0);
}

/* What the module says of a process adds up over its calls. */
static void process_counts(void)
{
	struct upm_process process;
	int fd;

	setup();
	CHECK_EQ(area_unmerge(&b).unmerged, PAGES);
	area_query(&b);
	fd = pidfd_of(a.peer->pid);
	CHECK_EQ(upm_process(fd, &process), 0);
	close(fd);
	CHECK_EQ(process.calls, 1);
	CHECK_EQ(process.peer_merged, PAGES);
	CHECK_EQ(process.counts.recorded, PAGES);
	fd = pidfd_of(b.peer->pid);
	CHECK_EQ(upm_process(fd, &process), 0);
	close(fd);
	CHECK(process.calls >= 2);
	CHECK_EQ(process.counts.merged, PAGES);
	CHECK_EQ(process.counts.unmerged, PAGES);
	CHECK_EQ(process.candidates, 0);
	fd = pidfd_of(getpid());
	CHECK_EQ(upm_process(fd, &process), 0);
	close(fd);
	CHECK_EQ(process.calls, 0);
}

static const struct test tests[] = {
	{ "mapped_anew", mapped_anew },
	{ "candidates_mapped_anew", candidates_mapped_anew },
	{ "other_content", other_content },
	{ "to_and_fro", to_and_fro },
	{ "part_changed", part_changed },
	{ "from_a_thread_that_is_gone", from_a_thread_that_is_gone },
	{ "other_threads_are_known", other_threads_are_known },
	{ "leader_is_gone", leader_is_gone },
	{ "process_counts", process_counts },
	{ }
};

const struct suite again_suite = { "again", tests };
