// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random changes to an address space, by all system calls that make them, between
 * and beside merges; with a copy of what each page must hold.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz_maps.h"
#include "suite.h"

static unsigned int rounds(void)
{
	const char *value = getenv("UPM_FUZZ");

	return value ? strtoul(value, NULL, 0) : 20000;
}

static void in_child(struct arena *arena, unsigned int nr)
{
	unsigned int i;
	pid_t pid = fork();

	CHECK_SYS(pid >= 0);
	if (pid)
		return;
	random_seed(getpid());
	for (i = 0; i < nr; i++)
		arena_change(arena);
	arena_verify(arena);
	_exit(0);
}

/* Children of a round run beside the parent; a few at a time. */
static void reap(unsigned int *children, unsigned int most)
{
	int status;

	while (*children > most) {
		CHECK_SYS(wait(&status) > 0);
		CHECK_EQ(status, 0);
		(*children)--;
	}
}

static void run(struct arena *arena, unsigned int nr, bool forks)
{
	unsigned int i, children = 0;

	for (i = 0; i < nr; i++) {
		if (forks && !random_below(200)) {
			reap(&children, 2);
			in_child(arena, random_below(100));
			children++;
		}
		arena_change(arena);
		if (i % 64 == 0)
			arena_verify(arena);
	}
	reap(&children, 0);
	arena_verify(arena);
}

static void alone(void)
{
	struct arena arena;

	arena_init(&arena);
	run(&arena, rounds(), false);
	note("%lu changes, %lu pages merged, %lu unmerged", arena.changes,
	     arena.merged, arena.unmerged);
	CHECK(arena.merged);
}

static void with_children(void)
{
	struct arena arena;

	arena_init(&arena);
	run(&arena, rounds() / 2, true);
	note("%lu changes, %lu pages merged, %lu unmerged", arena.changes,
	     arena.merged, arena.unmerged);
}

static long job_run(long nr, long seed, long c __unused)
{
	struct arena arena;

	random_seed(seed);
	arena_init(&arena);
	run(&arena, nr, true);
	return arena.merged;
}

/* Four processes, whose pages are equal now and then. */
static void four_processes(void)
{
	struct peer *peers[4];
	long i;

	for (i = 0; i < 4; i++)
		peers[i] = peer_new();
	for (i = 0; i < 4; i++)
		peer_start(peers[i], job_run, rounds() / 8, i, 0);
	for (i = 0; i < 4; i++)
		note("process %ld: %ld pages merged", i, peer_wait(peers[i]));
}

static struct arena shared;
static int stop;

static void *merging_thread(void *arg __unused)
{
	random_seed(77);
	while (!READ_ONCE(stop)) {
		/* Mappings come and go under it. */
		upm_call_range(random_below(4) ? UPM_IOC_MERGE : UPM_IOC_UNMERGE,
			       -1, random_below(2), shared.base,
			       ARENA_PAGES * PAGE, NULL);
	}
	return NULL;
}

static void beside_a_thread(void)
{
	pthread_t thread;

	arena_init(&shared);
	CHECK_EQ(pthread_create(&thread, NULL, merging_thread, NULL), 0);
	run(&shared, rounds() / 16, false);
	WRITE_ONCE(stop, 1);
	CHECK_EQ(pthread_join(thread, NULL), 0);
}

static const struct test tests[] = {
	{ "alone", alone, NULL, 900 },
	{ "with_children", with_children, NULL, 900 },
	{ "four_processes", four_processes, NULL, 900 },
	{ "beside_a_thread", beside_a_thread, NULL, 900 },
	{ }
};

const struct suite fuzz_maps_suite = { "fuzz_maps", tests };
