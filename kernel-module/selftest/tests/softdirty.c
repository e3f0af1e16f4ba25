// SPDX-License-Identifier: GPL-2.0-only
/*
 * Soft-dirty tracking, which incremental checkpoints rely on: no page that was
 * changed since the tracking began may look clean.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "suite.h"

#define PAGES	64

static void clear_soft_dirty(void)
{
	if (file_write("/proc/self/clear_refs", "4"))
		SKIP("no /proc/PID/clear_refs");
}

static bool is_dirty(const char *addr)
{
	return pagemap_entry(0, addr) & PM_SOFT_DIRTY;
}

/* Exit status of a child: 0 if the kernel tracks. */
static int try_tracking(void)
{
	char *addr = pages_map(2);

	pages_fill(addr, 2, 1);
	clear_soft_dirty();
	if (is_dirty(addr))
		return 1;
	WRITE_ONCE(*addr, 1);
	return !is_dirty(addr) || is_dirty(addr + PAGE);
}

/* Not every kernel for x86-64 has it. This process itself is not tracked yet. */
static void need_tracking(void)
{
	int status;
	pid_t pid = fork();

	CHECK_SYS(pid >= 0);
	if (!pid)
		_exit(try_tracking());
	CHECK_SYS(waitpid(pid, &status, 0) == pid);
	if (status)
		SKIP("the kernel has no soft-dirty tracking");
}

static struct area a, b;

/* The first in this process, the second in one that is never tracked. */
static void setup(void)
{
	struct peer *other = peer_new();

	need_tracking();
	a = area_new(NULL, PAGES, seed_new());
	b = area_new(other, PAGES, a.seed);
}

static void tracked_is_skipped(void)
{
	struct upm_counts counts;
	struct area late;
	size_t i;

	setup();
	CHECK_EQ(area_merge(&b).recorded, PAGES);
	clear_soft_dirty();
	CHECK(!is_dirty(a.addr));
	CHECK_EQ(area_merge(&a).skipped[UPM_SKIP_SOFT_DIRTY], PAGES);
	expect_own(&a);
	for (i = 0; i < PAGES; i++)
		CHECK(!is_dirty(a.addr + i * PAGE));
	area_write(&a, 3, 1);
	CHECK(is_dirty(a.addr + 3 * PAGE));
	CHECK_EQ(area_merge(&a).skipped[UPM_SKIP_SOFT_DIRTY], PAGES);
	CHECK(is_dirty(a.addr + 3 * PAGE));

	/* A mapping made since then is dirty, and stays so. */
	late = area_new(NULL, PAGES, b.seed);
	counts = area_merge(&late);
	counts_note("a later mapping", &counts);
	for (i = 0; i < PAGES; i++)
		CHECK(is_dirty(late.addr + i * PAGE));
}

static void candidate_is_tracked(void)
{
	__u64 frames[PAGES];
	size_t i;

	setup();
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	clear_soft_dirty();
	/* Changed, and to what it was before: dirty by all rules. */
	area_write(&a, 5, 1);
	area_write(&a, 5, page_word(a.seed + 5, 0));
	area_frames(&a, frames);
	CHECK_EQ(area_merge(&b).merged_peer, 0);
	expect_frames(&a, frames);
	for (i = 0; i < PAGES; i++)
		CHECK_EQ(is_dirty(a.addr + i * PAGE), i == 5);
	area_check(&b);
}

/* Merged before the tracking began: clean until written to. */
static void merged_before(void)
{
	size_t i;

	setup();
	area_merge(&a);
	area_settle(&b);
	expect_shared(&a, &b, 2);
	clear_soft_dirty();
	for (i = 0; i < PAGES; i++)
		CHECK(!is_dirty(a.addr + i * PAGE));
	area_check(&a);
	CHECK(!is_dirty(a.addr));
	for (i = 0; i < PAGES; i += 3)
		area_write(&a, i, i);
	for (i = 0; i < PAGES; i++)
		CHECK_EQ(is_dirty(a.addr + i * PAGE), i % 3 == 0);
	area_check(&b);
}

/*
 * Zeroed pages must show as changed, too: they were something else at the last
 * checkpoint.
 */
static void zeroed(void)
{
	size_t i;

	setup();
	clear_soft_dirty();
	memset(a.addr, 0, PAGES * PAGE);
	upm_merge(a.addr, PAGES);
	for (i = 0; i < PAGES; i++)
		CHECK(is_dirty(a.addr + i * PAGE));
}

/*
 * Mappings that are joined with older ones: whether a mapping is tracked can then
 * not be told by itself, as some kernels let the flag of the older one prevail.
 */
static void joined_mappings(void)
{
	char *room = pages_map(3 * PAGES);
	__u64 seed = seed_new();
	size_t i;

	need_tracking();
	CHECK_SYS(munmap(room, 3 * PAGES * PAGE) == 0);
	CHECK_SYS(mmap(room, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_FIXED |
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == room);
	pages_fill(room, PAGES, seed);
	clear_soft_dirty();
	for (i = 1; i < 3; i++) {
		CHECK_SYS(mmap(room + i * PAGES * PAGE, PAGES * PAGE,
			       PROT_READ | PROT_WRITE, MAP_FIXED |
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			  room + i * PAGES * PAGE);
		pages_fill(room + i * PAGES * PAGE, PAGES, seed);
	}
	upm_merge(room, 3 * PAGES);
	upm_merge(room, 3 * PAGES);
	clear_soft_dirty();
	memset(room, 0, 3 * PAGES * PAGE);
	upm_merge(room, 3 * PAGES);
	for (i = 0; i < 3 * PAGES; i++)
		CHECK(is_dirty(room + i * PAGE));
}

/* The same, joined when the older one gets the rights of the later one. */
static void joined_by_mprotect(void)
{
	const int rwx = PROT_READ | PROT_WRITE | PROT_EXEC;
	struct upm_counts counts;
	char *room, *later;
	size_t i;

	setup();
	room = pages_map(2 * PAGES);
	later = room + PAGES * PAGE;
	CHECK_SYS(munmap(later, PAGES * PAGE) == 0);
	CHECK_SYS(mprotect(room, PAGES * PAGE, rwx) == 0);
	pages_fill(room, PAGES, seed_new());
	area_merge(&b);
	clear_soft_dirty();
	CHECK_SYS(mmap(later, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_FIXED |
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) ==
		  later);
	madvise(later, PAGES * PAGE, MADV_NOHUGEPAGE);
	pages_fill(later, PAGES, b.seed);
	counts = upm_merge(later, PAGES);
	counts_note("the later mapping", &counts);
	CHECK_SYS(mprotect(room, PAGES * PAGE, PROT_READ | PROT_WRITE) == 0);
	note("together: %s, Rss %ld kB",
	     smaps_has_flag(0, later, "sd") ? "dirty" : "clean",
	     smaps_kb(0, later, "Rss"));
	for (i = 0; i < PAGES; i++)
		if (!is_dirty(later + i * PAGE))
			FAIL("page %zu came later and looks clean", i);
}

static char *snapshot;
static int stop;

/* Content from a small set, so that there are equals to merge with. */
static void change_something(void)
{
	size_t page = random_below(PAGES);

	switch (random_below(4)) {
	case 0:
		page_fill(a.addr + page * PAGE, a.seed + page);
		break;
	case 1:
		page_fill(a.addr + page * PAGE, random_below(4));
		break;
	case 2:
		memset(a.addr + page * PAGE, 0, PAGE);
		break;
	default:
		WRITE_ONCE(*(__u64 *)(a.addr + page * PAGE), random_next());
	}
}

/* Pages that changed since the snapshot but do not show it. */
static void check_changes(void)
{
	size_t i;

	for (i = 0; i < PAGES; i++) {
		const char *page = a.addr + i * PAGE;

		if (memcmp(page, snapshot + i * PAGE, PAGE) && !is_dirty(page))
			FAIL("page %zu has changed and looks clean", i);
	}
}

static void begin_tracking(void)
{
	clear_soft_dirty();
	memcpy(snapshot, a.addr, PAGES * PAGE);
}

static void *merging_thread(void *arg __unused)
{
	random_seed(getpid());
	while (!READ_ONCE(stop)) {
		area_merge(&a);
		if (!random_below(8))
			area_unmerge(&a);
	}
	return NULL;
}

/* A process that is not tracked at first, and has a thread that merges. */
static void one_process(void)
{
	unsigned int checkpoint, i;
	pthread_t thread;

	random_seed(getpid());
	a = area_new(NULL, PAGES, a.seed);
	CHECK_EQ(pthread_create(&thread, NULL, merging_thread, NULL), 0);
	/* The first tracking begins in the middle of calls. */
	for (checkpoint = 0; checkpoint < 4; checkpoint++) {
		usleep(random_below(3000));
		begin_tracking();
		for (i = random_below(200); i; i--)
			change_something();
		check_changes();
	}
	WRITE_ONCE(stop, 1);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	check_changes();
	_exit(0);
}

/* Incremental checkpoints, while the process itself and others merge. */
static void incremental(void)
{
	double end = now() + 2 * test_seconds();
	unsigned int rounds = 0;
	int status;
	pid_t pid;

	setup();
	snapshot = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK_SYS(snapshot != MAP_FAILED);
	for (; now() < end; rounds++) {
		pid = fork();
		CHECK_SYS(pid >= 0);
		if (!pid)
			one_process();
		while (waitpid(pid, &status, WNOHANG) != pid) {
			area_merge(&b);
			if (!random_below(4))
				area_unmerge(&b);
		}
		CHECK_EQ(status, 0);
	}
	note("%u processes, 4 checkpoints each", rounds);
	area_check(&b);
}

static const struct test tests[] = {
	{ "tracked_is_skipped", tracked_is_skipped },
	{ "candidate_is_tracked", candidate_is_tracked },
	{ "merged_before", merged_before },
	{ "zeroed", zeroed },
	{ "joined_mappings", joined_mappings },
	{ "joined_by_mprotect", joined_by_mprotect },
	{ "checkpoints", incremental },
	{ }
};

const struct suite softdirty_suite = { "softdirty", tests };
