// SPDX-License-Identifier: GPL-2.0-only
/* Unloading the module while it is used, and what remains without it. */
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "module.h"
#include "suite.h"

#define PAGES	64

static void unload_it(void)
{
	int ret;

	upm_fd_close();
	ret = module_unload(30 * test_slow());
	if (ret)
		FAIL("the module does not unload: %s", strerror(-ret));
	CHECK(!module_loaded());
	CHECK(!file_exists("/dev/upm"));
	CHECK(!file_exists("/sys/kernel/upm"));
}

static void load_it(void)
{
	int ret = module_load("");

	if (ret)
		FAIL("the module does not load: %s", strerror(-ret));
}

/* Peers have the device open by heritage; this takes it from them. */
static long job_close(long a __unused, long b __unused, long c __unused)
{
	upm_fd_close();
	return 0;
}

static struct peer *peer_without_device(void)
{
	struct peer *peer = peer_new();

	peer_run(peer, job_close, 0, 0, 0);
	return peer;
}

/* Merged pages are ordinary pages to the kernel: they need no module. */
static void pages_stay(void)
{
	struct area a, b, child;
	size_t i;

	a = area_new(peer_new(), PAGES, seed_new());
	b = area_new(peer_new(), PAGES, a.seed);
	area_merge(&a);
	area_settle(&b);
	expect_shared(&a, &b, 2);
	peer_run(a.peer, job_close, 0, 0, 0);
	peer_run(b.peer, job_close, 0, 0, 0);
	unload_it();
	expect_shared(&a, &b, 2);
	area_check(&a);
	area_check(&b);
	for (i = 0; i < PAGES; i += 2)
		area_write(&a, i, i);
	area_check(&b);
	CHECK_EQ(area_advise(&b, MADV_UPM_MERGE), -EINVAL);
	peer_exit(a.peer);
	area_check(&b);
	load_it();
	/* The new module does not know them, and merges equal ones anew. */
	area_check(&b);
	child = area_new(peer_new(), PAGES, b.seed);
	area_merge(&b);
	area_merge(&child);
	area_check(&child);
	area_check(&b);
	peer_exit(b.peer);
	area_check(&child);
}

static void candidates_are_let_go(void)
{
	struct area a = area_new(peer_new(), PAGES, seed_new());
	int i;

	for (i = 0; i < 5; i++) {
		CHECK_EQ(area_merge(&a).recorded, PAGES);
		peer_run(a.peer, job_close, 0, 0, 0);
		unload_it();
		area_check(&a);
		expect_own(&a);
		load_it();
	}
}

static void refused_while_open(void)
{
	int fd = upm_fd(), ret = module_unload_once();

	note("with the device open: %s", strerror(-ret));
	CHECK(ret == -EAGAIN || ret == -EBUSY || ret == -EWOULDBLOCK);
	CHECK(module_loaded());
	CHECK_EQ(upm_info().abi_version, UPM_ABI_VERSION);
	(void)fd;
	unload_it();
	load_it();
}

/*
 * QEMU before 8.1 may go on executing an instruction that another of its emulated
 * processors has just replaced, and loading the module replaces one of madvise().
 */
static void pin_if_emulated(void)
{
	static char text[16384];
	cpu_set_t cpus;

	file_read("/proc/cpuinfo", text, sizeof(text));
	if (!strstr(text, "QEMU TCG"))
		return;
	note("on one processor, as they are emulated");
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	CHECK_SYS(sched_setaffinity(0, sizeof(cpus), &cpus) == 0);
}

static long job_advise_forever(long addr, long pages, long seed)
{
	for (;;) {
		/* Fails while there is no module. */
		madvise((void *)addr, pages * PAGE, MADV_UPM_MERGE);
		if (!random_below(3))
			madvise((void *)addr, pages * PAGE, MADV_UPM_UNMERGE);
		if (pages_differ((char *)addr, pages, seed) != (size_t)pages)
			FAIL("content has changed");
		page_fill((char *)addr + random_below(pages) * PAGE, 0);
		pages_fill((char *)addr, pages, seed);
		usleep(random_below(2000));
	}
	return 0;
}

static void under_load(void)
{
	double end = now() + 2 * test_seconds();
	struct area areas[4];
	__u64 seed = seed_new();
	int i, rounds = 0;

	if (!upm_has(UPM_FEATURE_MADVISE))
		SKIP("madvise is not extended");
	pin_if_emulated();
	for (i = 0; i < 4; i++)
		areas[i] = area_new(peer_without_device(), PAGES, seed);
	for (i = 0; i < 4; i++)
		peer_start(areas[i].peer, job_advise_forever,
			   (long)areas[i].addr, PAGES, seed);
	while (now() < end) {
		sleep_ms(random_below(100));
		unload_it();
		sleep_ms(random_below(20));
		load_it();
		rounds++;
	}
	note("loaded and unloaded %d times", rounds);
	for (i = 0; i < 4; i++)
		peer_kill(areas[i].peer);
}

static long job_die_soon(long addr, long pages, long ms)
{
	double end = now() + ms / 1e3;

	while (now() < end)
		madvise((void *)addr, pages * PAGE, MADV_UPM_MERGE);
	_exit(0);
}

/* Processes end while the module does. */
static void while_processes_exit(void)
{
	double end = now() + test_seconds();
	struct area areas[8];
	__u64 seed = seed_new();
	int i, status;

	if (!upm_has(UPM_FEATURE_MADVISE))
		SKIP("madvise is not extended");
	pin_if_emulated();
	while (now() < end) {
		for (i = 0; i < 8; i++) {
			areas[i] = area_new(peer_without_device(), PAGES, seed);
			peer_start(areas[i].peer, job_die_soon,
				   (long)areas[i].addr, PAGES,
				   random_below(100));
		}
		sleep_ms(random_below(60));
		unload_it();
		for (i = 0; i < 8; i++) {
			CHECK_SYS(waitpid(areas[i].peer->pid, &status, 0) > 0);
			CHECK_EQ(status, 0);
			peer_forget(areas[i].peer);
		}
		load_it();
	}
}

static void bad_parameters(void)
{
	int ret;

	unload_it();
	/* Unknown ones are ignored by the kernel, wrong values are not. */
	ret = module_load("max_candidates=many");
	CHECK_EQ(ret, -EINVAL);
	CHECK(!module_loaded());
	ret = module_load("hash_bits=nine");
	CHECK_EQ(ret, -EINVAL);
	ret = module_load("hash_bits=0");
	note("hash_bits=0: %s", strerror(-ret));
	if (!ret)
		unload_it();
	ret = module_load("hash_bits=65");
	note("hash_bits=65: %s", strerror(-ret));
	if (!ret)
		unload_it();
	load_it();
}

static const struct test tests[] = {
	{ "pages_stay", pages_stay },
	{ "candidates_are_let_go", candidates_are_let_go },
	{ "refused_while_open", refused_while_open },
	{ "under_load", under_load, NULL, 300 },
	{ "while_processes_exit", while_processes_exit, NULL, 300 },
	{ "bad_parameters", bad_parameters },
	{ }
};

const struct suite unload_suite = { "unload", tests };
