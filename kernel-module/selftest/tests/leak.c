// SPDX-License-Identifier: GPL-2.0-only
/* After everything: the kernel has its memory back. */
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "suite.h"

#define PAGES	2048

static void wait_for_nothing(void)
{
	double end = now() + 20 * test_slow();

	while ((upm_stat("stable_pages") || upm_stat("candidates") ||
		upm_stat("processes")) && now() < end)
		sleep_ms(20);
	CHECK_EQ(upm_stat("stable_pages"), 0);
	CHECK_EQ(upm_stat("candidates"), 0);
	CHECK_EQ(upm_stat("processes"), 0);
}

static void one_round(void)
{
	__u64 seed = seed_new();
	struct area a = area_new(peer_new(), PAGES, seed), b, c;

	b = area_new(peer_new(), PAGES, seed);
	c = area_new(b.peer, PAGES, seed_new());
	area_merge(&a);
	area_settle(&b);
	area_merge(&c);
	CHECK_EQ(upm_stat("stable_pages"), PAGES);
	peer_kill(a.peer);
	peer_exit(b.peer);
	wait_for_nothing();
}

static void memory_comes_back(void)
{
	long long before, after;
	int i;

	/* Once for what is allocated at first use and kept. */
	one_round();
	before = memory_free_kb();
	for (i = 0; i < 12; i++)
		one_round();
	after = memory_free_kb();
	note("free: %lld kB before, %lld kB after %d rounds of %lu kB",
	     before, after, i, PAGES * PAGE >> 10);
	/* A page a round and a KiB each would show. */
	CHECK(before - after < 4096);
}

static void bookkeeping_comes_back(void)
{
	long long before, most, after;
	struct area a;

	one_round();
	before = upm_stat("metadata_bytes");
	a = area_new(peer_new(), 8 * PAGES, seed_new());
	area_merge(&a);
	most = upm_stat("metadata_bytes");
	peer_exit(a.peer);
	wait_for_nothing();
	sleep_ms(3000);
	after = upm_stat("metadata_bytes");
	note("metadata: %lld bytes, %lld with %d candidates, %lld after",
	     before, most, 8 * PAGES, after);
	CHECK(most > before);
	CHECK(most - before < 8LL * PAGES * 100);
	CHECK(after - before < (most - before) / 4);
}

static void many_processes_come_and_go(void)
{
	long long slab = file_field("/proc/meminfo", "Slab"), after;
	int i, status;
	pid_t pid;

	upm_fd();
	for (i = 0; i < 300; i++) {
		pid = fork();
		CHECK_SYS(pid >= 0);
		if (!pid) {
			struct area a = area_new(NULL, 64, i % 3);

			area_merge(&a);
			_exit(0);
		}
		CHECK_SYS(waitpid(pid, &status, 0) == pid);
		CHECK_EQ(status, 0);
	}
	wait_for_nothing();
	sleep_ms(1000);
	after = file_field("/proc/meminfo", "Slab");
	note("Slab: %lld kB before, %lld kB after", slab, after);
	CHECK(after - slab < 4096);
}

static const struct test tests[] = {
	{ "memory_comes_back", memory_comes_back, NULL, 300 },
	{ "bookkeeping_comes_back", bookkeeping_comes_back },
	{ "many_processes_come_and_go", many_processes_come_and_go },
	{ }
};

const struct suite leak_suite = { "leak", tests };
