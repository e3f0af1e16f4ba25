// SPDX-License-Identifier: GPL-2.0-only
/* Parts of the kernel that meet merged pages without having been asked to. */
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "suite.h"

#define PAGES	64

static struct area a, b;

static void setup(void)
{
	struct peer *two = peer_new();

	a = area_new(NULL, PAGES, seed_new());
	b = area_new(two, PAGES, a.seed);
	area_merge(&b);
	area_settle(&a);
	expect_shared(&a, &b, 2);
}

static void check_unharmed(void)
{
	area_check(&a);
	area_check(&b);
	expect_shared(&a, &b, 2);
	area_write(&a, 1, 1);
	CHECK_EQ(area_read(&a, 1), 1);
	area_check(&b);
}

static void compact(void)
{
	setup();
	if (file_write("/proc/sys/vm/compact_memory", "1"))
		SKIP("no compaction");
	check_unharmed();
}

static void caches_dropped(void)
{
	setup();
	if (file_write("/proc/sys/vm/drop_caches", "3"))
		SKIP("no drop_caches");
	check_unharmed();
}

/* Pages nobody maps are given back when memory is asked for. */
static void shrinker(void)
{
	setup();
	CHECK_EQ(upm_stat("stable_pages"), PAGES);
	area_unmerge(&a);
	area_unmerge(&b);
	file_write("/proc/sys/vm/drop_caches", "2");
	sleep_ms(100);
	note("%lld stable pages left", upm_stat("stable_pages"));
}

static void moved(void)
{
	void *pages[PAGES];
	int nodes[PAGES] = { 0 }, status[PAGES];
	long ret;
	size_t i;

	setup();
	for (i = 0; i < PAGES; i++)
		pages[i] = a.addr + i * PAGE;
	ret = syscall(SYS_move_pages, 0, (long)PAGES, pages, NULL, status, 0);
	if (ret < 0)
		SKIP("move_pages: %s", strerror(errno));
	for (i = 0; i < PAGES; i++)
		CHECK(status[i] == 0 || status[i] == -EFAULT ||
		      status[i] == -ENOENT);
	ret = syscall(SYS_move_pages, 0, (long)PAGES, pages, nodes, status,
		      1 << 2);
	note("move_pages: %ld, status %d", ret, status[0]);
	ret = syscall(SYS_mbind, a.addr, PAGES * PAGE, 1, NULL, 0, 1 << 1);
	note("mbind: %ld", ret);
	check_unharmed();
}

/* A word of a merged page as a futex; one that is not private is written to. */
static void futex(void)
{
	__u32 *word, value;

	setup();
	word = (__u32 *)a.addr;
	value = *word;
	CHECK_EQ(syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0),
		 0);
	CHECK(syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value + 1, NULL,
		      NULL, 0) < 0);
	CHECK_EQ(errno, EAGAIN);
	expect_shared(&a, &b, 2);
	CHECK_EQ(syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	area_settle(&a);
	check_unharmed();
}

/* Marks each merged page as idle, by its frame. */
static void idle_bitmap(void)
{
	static const char path[] = "/sys/kernel/mm/page_idle/bitmap";
	__u64 frame, all = ~0ULL;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	size_t i;

	if (fd < 0)
		SKIP("no idle page tracking");
	setup();
	for (i = 0; i < PAGES; i++) {
		frame = pfn_of(0, a.addr + i * PAGE);
		CHECK_EQ(pwrite(fd, &all, sizeof(all), frame / 64 * 8), 8);
		CHECK_EQ(pread(fd, &all, sizeof(all), frame / 64 * 8), 8);
		all = ~0ULL;
	}
	close(fd);
	check_unharmed();
}

static void proc_files(void)
{
	static const char * const names[] = {
		"smaps", "smaps_rollup", "numa_maps", "maps", "status", "statm",
		"ksm_stat", "ksm_merging_pages", "oom_score",
	};
	static char text[256 << 10];
	char path[64];
	size_t i;
	long len;

	setup();
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "/proc/self/%s", names[i]);
		len = file_read(path, text, sizeof(text));
		if (len < 0)
			note("%s: %s", path, strerror(-len));
	}
	CHECK_EQ(file_write("/proc/self/clear_refs", "1"), 0);
	check_unharmed();
}

/* The process dumps core, with merged pages in it. */
static void core_dump(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	char before[256];
	int status;
	pid_t pid;

	setup();
	if (file_read("/proc/sys/kernel/core_pattern", before,
		      sizeof(before)) < 0)
		SKIP("no core dumps");
	CHECK_EQ(file_write("/proc/sys/kernel/core_pattern", "/tmp/upm-core"),
		 0);
	pid = fork();
	CHECK_SYS(pid >= 0);
	if (!pid) {
		setrlimit(RLIMIT_CORE, &all);
		abort();
	}
	CHECK_SYS(waitpid(pid, &status, 0) == pid);
	file_write("/proc/sys/kernel/core_pattern", before);
	note("core was %sdumped", WCOREDUMP(status) ? "" : "not ");
	unlink("/tmp/upm-core");
	check_unharmed();
}

/* The OOM killer takes one sharer; its reaper must leave the others alone. */
static void oom_kill(void)
{
	struct area c = area_new(peer_new(), PAGES, seed_new()), d;
	double end = now() + 30 * test_slow();
	char path[64];
	int status;

	d = area_new(peer_new(), PAGES, c.seed);
	area_merge(&c);
	area_settle(&d);
	/* So that it is nobody else. */
	snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", c.peer->pid);
	CHECK_EQ(file_write(path, "1000"), 0);
	if (file_write("/proc/sysrq-trigger", "f"))
		SKIP("no sysrq");
	while (waitpid(c.peer->pid, &status, WNOHANG) != c.peer->pid) {
		if (now() > end)
			SKIP("sysrq kills nobody");
		sleep_ms(10);
	}
	CHECK(WIFSIGNALED(status));
	area_check(&d);
	CHECK(page_is_merged(d.peer->pid, d.addr));
	area_write(&d, 0, 1);
}

static const struct test tests[] = {
	{ "compaction", compact },
	{ "drop_caches", caches_dropped },
	{ "shrinker", shrinker },
	{ "move_pages", moved },
	{ "futex", futex },
	{ "idle_bitmap", idle_bitmap },
	{ "proc_files", proc_files },
	{ "core_dump", core_dump },
	{ "oom_kill", oom_kill },
	{ }
};

const struct suite system_suite = { "system", tests };
