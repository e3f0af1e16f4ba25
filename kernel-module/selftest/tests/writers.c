// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that write while their pages are merged, by themselves or by others.
 * Each word has one writer, who knows what it must hold; between its writes a page
 * goes back to content that others have. So pages merge all the time, and a write
 * that gets lost, or another process' that shows up, is noticed by its word.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

#define PAGES		24
#define WRITERS		3
#define WORDS		8	/* of each writer in a page */
#define SHARED_WORD	500	/* all writers' */

/* What a process does besides writing. */
#define DO_MERGE	1
#define DO_UNMERGE	2
#define DO_FORK		4
#define DO_NOT_WRITE	8

/**
 * struct work - of one process
 * @area:  its memory
 * @flags: DO_*
 * @until: when to end
 * @writes: made so far
 */
static struct work {
	struct area area;
	int flags;
	double until;
	unsigned long writes;
} work;

static __u64 *word_of(size_t page, unsigned int index)
{
	return (__u64 *)(work.area.addr + page * PAGE) + index;
}

static void expect_word(size_t page, unsigned int index, __u64 want)
{
	__u64 got = READ_ONCE(*word_of(page, index));

	if (got != want)
		FAIL("word %u of page %zu is 0x%llx, we wrote 0x%llx", index,
		     page, got, want);
}

/* Out of the common content and back into it. */
static void write_once(unsigned int writer, __u64 tag)
{
	size_t page = random_below(PAGES);
	unsigned int index = writer + WRITERS * random_below(WORDS);
	__u64 base = page_word(work.area.seed + page, index);
	unsigned int spin = random_below(64);

	expect_word(page, index, base);
	WRITE_ONCE(*word_of(page, index), tag);
	do {
		expect_word(page, index, tag);
	} while (spin--);
	WRITE_ONCE(*word_of(page, index), base);
	expect_word(page, index, base);
}

/* Twice the same: if no update is lost, nothing is left of it. */
static void xor_twice(__u64 tag)
{
	__u64 *word = word_of(random_below(PAGES), SHARED_WORD);

	__atomic_fetch_xor(word, tag, __ATOMIC_SEQ_CST);
	__atomic_fetch_xor(word, tag, __ATOMIC_SEQ_CST);
}

static void *writer_thread(void *arg)
{
	unsigned int writer = (long)arg;
	__u64 tag = ((__u64)getpid() << 32) | (writer << 24);
	unsigned long writes = 0;

	random_seed(tag);
	while (now() < work.until) {
		write_once(writer, tag | (writes & 0xffffff));
		if (random_below(4) == 0)
			xor_twice(tag);
		/* Now and then long enough for a page to be found equal. */
		if (random_below(8) == 0)
			usleep(random_below(300));
		writes++;
	}
	__atomic_fetch_add(&work.writes, writes, __ATOMIC_RELAXED);
	return NULL;
}

static void fork_and_check(void)
{
	int status;
	pid_t pid = fork();

	CHECK_SYS(pid >= 0);
	if (!pid) {
		/* A snapshot: each word as one of its writes has left it. */
		upm_merge(work.area.addr, PAGES);
		_exit(0);
	}
	CHECK_SYS(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, 0);
}

static void *other_thread(void *arg __unused)
{
	random_seed(getpid());
	while (now() < work.until) {
		if (work.flags & DO_MERGE)
			area_merge(&work.area);
		if (work.flags & DO_UNMERGE && !random_below(4))
			area_unmerge(&work.area);
		if (work.flags & DO_FORK && !random_below(8))
			fork_and_check();
		usleep(random_below(500));
	}
	return NULL;
}

static long job_work(long addr, long seed, long flags)
{
	pthread_t threads[WRITERS + 1];
	int i;

	work.area = (struct area){ NULL, (char *)addr, PAGES, seed };
	work.flags = flags;
	work.until = now() + test_seconds();
	CHECK_EQ(pthread_create(&threads[WRITERS], NULL, other_thread, NULL),
		 0);
	for (i = 0; i < WRITERS; i++) {
		if (flags & DO_NOT_WRITE)
			continue;
		CHECK_EQ(pthread_create(&threads[i], NULL, writer_thread,
					(void *)(long)i), 0);
	}
	for (i = flags & DO_NOT_WRITE ? WRITERS : 0; i <= WRITERS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	/* Everything is as it was. */
	area_check(&work.area);
	return work.writes;
}

static void processes(const int *flags, int nr)
{
	long long merged = upm_stat("pages_merged");
	struct area areas[4];
	struct peer *peers[4];
	__u64 seed = seed_new();
	int i;

	for (i = 0; i < nr; i++)
		peers[i] = peer_new();
	for (i = 0; i < nr; i++) {
		areas[i] = area_new(peers[i], PAGES, seed);
		area_merge(&areas[i]);
	}
	for (i = 0; i < nr; i++)
		peer_start(peers[i], job_work, (long)areas[i].addr, seed,
			   flags[i]);
	for (i = 0; i < nr; i++)
		note("process %d: %ld writes", i, peer_wait(peers[i]));
	note("%lld pages merged", upm_stat("pages_merged") - merged);
	CHECK(upm_stat("pages_merged") > merged);
	areas_settle(areas, nr);
}

static void in_caller(void)
{
	static const int flags[] = { DO_MERGE, DO_NOT_WRITE };

	processes(flags, ARRAY_SIZE(flags));
}

static void in_candidate(void)
{
	/* The second one forgets, so that pairs are made anew. */
	static const int flags[] = { 0, DO_MERGE | DO_UNMERGE | DO_NOT_WRITE };

	processes(flags, ARRAY_SIZE(flags));
}

static void in_both(void)
{
	static const int flags[] = { DO_MERGE, DO_MERGE };

	processes(flags, ARRAY_SIZE(flags));
}

static void with_unmerge(void)
{
	static const int flags[] = {
		DO_MERGE | DO_UNMERGE, DO_MERGE | DO_UNMERGE,
		DO_MERGE | DO_UNMERGE,
	};

	processes(flags, ARRAY_SIZE(flags));
}

static void with_fork(void)
{
	static const int flags[] = {
		DO_MERGE | DO_FORK, DO_MERGE | DO_UNMERGE, DO_MERGE,
	};

	processes(flags, ARRAY_SIZE(flags));
}

static const struct test tests[] = {
	{ "in_caller", in_caller },
	{ "in_candidate", in_candidate },
	{ "in_both", in_both },
	{ "with_unmerge", with_unmerge },
	{ "with_fork", with_fork },
	{ }
};

const struct suite writers_suite = { "writers", tests };
