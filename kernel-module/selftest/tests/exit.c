// SPDX-License-Identifier: GPL-2.0-only
/* Sharers end in every order and way; those left keep what they have. */
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

#define PAGES	16

static void end_in_order(const int *order, bool kill)
{
	struct area areas[3];
	int i, j;

	merged_areas(areas, 3, PAGES);
	for (i = 0; i < 3; i++) {
		if (kill)
			peer_kill(areas[order[i]].peer);
		else
			peer_exit(areas[order[i]].peer);
		for (j = i + 1; j < 3; j++) {
			area_check(&areas[order[j]]);
			CHECK(page_is_merged(areas[order[j]].peer->pid,
					     areas[order[j]].addr));
		}
		if (i == 1)
			area_write(&areas[order[2]], 0, 1);
	}
}

static void in_every_order(bool kill)
{
	static const int orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	int i;

	for (i = 0; i < 6; i++)
		end_in_order(orders[i], kill);
}

static void orderly(void)
{
	in_every_order(false);
}

static void killed(void)
{
	in_every_order(true);
}

/* What nobody maps any more goes, and soon. */
static void stable_pages_go(void)
{
	struct area areas[2];
	double start;

	merged_areas(areas, 2, 256);
	CHECK_EQ(upm_stat("stable_pages"), 256);
	peer_exit(areas[0].peer);
	CHECK_EQ(upm_stat("stable_pages"), 256);
	peer_exit(areas[1].peer);
	for (start = now(); upm_stat("stable_pages"); sleep_ms(20))
		CHECK(now() - start < 20 * test_slow());
	note("gone after %.2f s", now() - start);
}

static void candidates_go(void)
{
	struct peer *peer = peer_new();
	struct area a = area_new(peer, 256, seed_new());
	double start;

	area_merge(&a);
	CHECK_EQ(upm_stat("candidates"), 256);
	peer_kill(peer);
	for (start = now(); upm_stat("candidates"); sleep_ms(20))
		CHECK(now() - start < 20 * test_slow());
	note("gone after %.2f s", now() - start);
}

static long job_die_while_merging(long addr, long pages, long c __unused)
{
	for (;;) {
		upm_merge((void *)addr, pages);
		upm_unmerge((void *)addr, pages);
	}
	return 0;
}

/* Killed in the middle of calls; the other sharer has its content. */
static void killed_in_calls(void)
{
	struct area survivor = area_new(NULL, 512, seed_new()), victim;
	double end = now() + test_seconds();
	int rounds = 0;

	area_merge(&survivor);
	while (now() < end) {
		victim.peer = peer_new();
		victim = area_new(victim.peer, 512, survivor.seed);
		peer_start(victim.peer, job_die_while_merging,
			   (long)victim.addr, victim.pages, 0);
		sleep_ms(random_below(40));
		peer_kill(victim.peer);
		area_check(&survivor);
		rounds++;
	}
	note("%d processes killed", rounds);
	area_write(&survivor, 5, 1);
	CHECK_EQ(area_read(&survivor, 5), 1);
}

/* The candidates' process ends while others merge with them. */
static void candidates_exit_meanwhile(void)
{
	struct area caller = area_new(NULL, 256, seed_new()), other;
	double end = now() + test_seconds();
	int status;
	pid_t pid;

	while (now() < end) {
		pid = fork();
		CHECK_SYS(pid >= 0);
		if (!pid) {
			other = area_new(NULL, 256, caller.seed);
			area_merge(&other);
			_exit(0);
		}
		while (waitpid(pid, &status, WNOHANG) != pid) {
			area_merge(&caller);
			area_unmerge(&caller);
		}
		CHECK_EQ(status, 0);
		area_check(&caller);
	}
}

static const struct test tests[] = {
	{ "orderly", orderly },
	{ "killed", killed },
	{ "stable_pages_go", stable_pages_go },
	{ "candidates_go", candidates_go },
	{ "killed_in_calls", killed_in_calls },
	{ "candidates_exit_meanwhile", candidates_exit_meanwhile },
	{ }
};

const struct suite exit_suite = { "exit", tests };
