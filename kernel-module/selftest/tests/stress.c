// SPDX-License-Identifier: GPL-2.0-only
/* Many at once. */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

#define PAGES	64

static void one_of_many(__u64 seed)
{
	struct area area = area_new(NULL, PAGES, seed);
	size_t i;

	random_seed(getpid());
	area_merge(&area);
	for (i = random_below(8); i; i--) {
		usleep(random_below(20000));
		switch (random_below(4)) {
		case 0:
			area_unmerge(&area);
			break;
		case 1:
			page_fill(area.addr, random_next());
			page_fill(area.addr, seed);
			break;
		default:
			area_merge(&area);
		}
		area_check(&area);
	}
	/* In every way there is. */
	switch (random_below(4)) {
	case 0:
		kill(getpid(), SIGKILL);
		break;
	case 1:
		munmap(area.addr, PAGES * PAGE);
		break;
	case 2:
		execl("/proc/self/exe", "selftest", "--list", "-", NULL);
		break;
	}
	_exit(0);
}

static void many_processes(void)
{
	__u64 seed = seed_new();
	int i, status;
	pid_t pid;

	upm_fd();
	for (i = 0; i < 200; i++) {
		pid = fork();
		CHECK_SYS(pid >= 0);
		if (!pid)
			one_of_many(seed);
	}
	for (i = 0; i < 200; i++) {
		CHECK_SYS(wait(&status) > 0);
		/* 9: by its own hand; 2: no test is named like that. */
		if (status && status != SIGKILL && WEXITSTATUS(status) != 2)
			FAIL("a process has ended with status 0x%x", status);
	}
	note("%lld pages merged in all", upm_stat("pages_merged"));
}

static long job_merge_remote(long list, long nr, long rounds)
{
	const struct area *areas = (const struct area *)list;
	struct area one;
	long i;

	random_seed(getpid());
	for (i = 0; i < rounds * nr; i++) {
		one = areas[random_below(nr)];
		CHECK_EQ(area_call_remote(&one, random_below(8) ?
					  UPM_IOC_MERGE : UPM_IOC_UNMERGE, 0,
					  NULL), 0);
	}
	return 0;
}

/* Two managers advise the same processes at the same time. */
static void two_callers(void)
{
	struct peer *managers[2], *peers[6];
	static struct area areas[6];
	__u64 seed = seed_new();
	int i;

	if (!upm_has(UPM_FEATURE_PIDFD))
		SKIP("the module cannot advise other processes here");
	for (i = 0; i < 6; i++)
		peers[i] = peer_new();
	for (i = 0; i < 6; i++)
		areas[i] = area_new(peers[i], PAGES, seed);
	/* After that, so that they know of all of them. */
	for (i = 0; i < 2; i++)
		managers[i] = peer_new();
	for (i = 0; i < 2; i++)
		peer_start(managers[i], job_merge_remote, (long)areas, 6, 40);
	for (i = 0; i < 2; i++)
		peer_wait(managers[i]);
	for (i = 0; i < 6; i++)
		area_check(&areas[i]);
	areas_settle(areas, 6);
}

static long job_merge_own(long addr, long pages, long rounds)
{
	while (rounds--) {
		upm_merge((void *)addr, pages);
		if (!random_below(4))
			upm_unmerge((void *)addr, pages);
	}
	return 0;
}

/* All advise themselves at once; pairs are made from both ends. */
static void all_at_once(void)
{
	struct peer *peers[8];
	struct area areas[8];
	__u64 seed = seed_new();
	int i, round;

	for (i = 0; i < 8; i++)
		peers[i] = peer_new();
	for (i = 0; i < 8; i++)
		areas[i] = area_new(peers[i], PAGES, seed);
	for (round = 0; round < 10; round++) {
		for (i = 0; i < 8; i++)
			peer_start(peers[i], job_merge_own,
				   (long)areas[i].addr, PAGES, 10);
		for (i = 0; i < 8; i++)
			peer_wait(peers[i]);
		for (i = 0; i < 8; i++)
			area_check(&areas[i]);
	}
	areas_settle(areas, 8);
}

static struct area mine;

static void *advising_thread(void *arg __unused)
{
	int i;

	for (i = 0; i < 100; i++) {
		area_merge(&mine);
		if (!random_below(4))
			area_unmerge(&mine);
	}
	return NULL;
}

static void threads_of_one_process(void)
{
	struct area twin = area_new(peer_new(), PAGES, seed_new());
	pthread_t threads[6];
	int i;

	mine = area_new(NULL, PAGES, twin.seed);
	area_merge(&twin);
	for (i = 0; i < 6; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, advising_thread,
					NULL), 0);
	for (i = 0; i < 6; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	area_check(&mine);
	area_check(&twin);
	area_merge(&twin);
	area_settle(&mine);
	area_settle(&twin);
	expect_shared(&mine, &twin, 2);
	CHECK_EQ(upm_stat("processes"), 2);
}

/* More pages than fit into any list of a call at once. */
static void large(void)
{
	const size_t pages = 16384;
	struct peer *one = peer_new(), *two = peer_new();
	struct area a = area_new(one, pages, seed_new());
	struct area b = area_new(two, pages, a.seed);
	double start = now(), recorded, merged;

	CHECK_EQ(area_merge(&a).recorded, pages);
	recorded = now() - start;
	start = now();
	area_settle(&b);
	merged = now() - start;
	note("%zu pages: recorded in %.0f ms, merged in %.0f ms", pages,
	     recorded * 1e3, merged * 1e3);
	expect_shared(&a, &b, 2);
	CHECK_EQ(upm_stat("stable_pages"), pages);
	area_check(&a);
	area_check(&b);
	CHECK_EQ(area_unmerge(&a).unmerged, pages);
	area_check(&a);
}

static const struct test tests[] = {
	{ "many_processes", many_processes, NULL, 300 },
	{ "two_callers", two_callers, NULL, 300 },
	{ "all_at_once", all_at_once, NULL, 300 },
	{ "threads_of_one_process", threads_of_one_process },
	{ "large", large, NULL, 300 },
	{ }
};

const struct suite stress_suite = { "stress", tests };
