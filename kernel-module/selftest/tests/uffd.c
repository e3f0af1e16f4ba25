// SPDX-License-Identifier: GPL-2.0-only
/* Memory watched by userfaultfd: its owner loses no event by merging. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "suite.h"

#define PAGES	16

#ifndef UFFDIO_MOVE
struct uffdio_move {
	__u64 dst;
	__u64 src;
	__u64 len;
	__u64 mode;
	__s64 move;
};

#define UFFDIO_MOVE	_IOWR(UFFDIO, 0x05, struct uffdio_move)
#define UFFD_FEATURE_MOVE	BIT(16)
#endif

static int uffd_open(__u64 features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		SKIP("userfaultfd: %s", strerror(errno));
	if (ioctl(fd, UFFDIO_API, &api))
		SKIP("userfaultfd has no features 0x%llx", features);
	return fd;
}

static void watch(int fd, const char *addr, size_t pages, __u64 mode)
{
	struct uffdio_register reg = {
		.range = { (long)addr, pages * PAGE },
		.mode = mode,
	};

	if (ioctl(fd, UFFDIO_REGISTER, &reg))
		SKIP("userfaultfd mode %llu: %s", mode, strerror(errno));
}

static bool is_write_protected(const char *addr)
{
	return pagemap_entry(0, addr) & PM_UFFD_WP;
}

static void write_protect(int fd, const char *addr, size_t pages, bool on)
{
	struct uffdio_writeprotect wp = {
		.range = { (long)addr, pages * PAGE },
		.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	CHECK_SYS(ioctl(fd, UFFDIO_WRITEPROTECT, &wp) == 0);
}

static void wp_is_refused(void)
{
	int fd = uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	__u64 seed = seed_new(), frames[PAGES];
	struct area a = area_new(NULL, PAGES, seed);
	struct area b = area_new(NULL, PAGES, seed);
	size_t i;

	watch(fd, a.addr, PAGES, UFFDIO_REGISTER_MODE_WP);
	write_protect(fd, a.addr, PAGES, true);
	area_frames(&a, frames);
	CHECK(is_write_protected(a.addr));
	CHECK_EQ(area_merge(&b).recorded, PAGES);
	CHECK_EQ(area_merge(&a).skipped[UPM_SKIP_UFFD], PAGES);
	expect_frames(&a, frames);
	for (i = 0; i < PAGES; i++)
		CHECK(is_write_protected(a.addr + i * PAGE));
	expect_own(&b);

	/* Once nobody watches it is merged. */
	write_protect(fd, a.addr, PAGES, false);
	close(fd);
	area_settle(&a);
	expect_shared(&a, &b, 2);
}

/* It was remembered before it was watched. */
static void wp_of_a_candidate(void)
{
	int fd = uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	__u64 seed = seed_new(), frames[PAGES];
	struct area a = area_new(NULL, PAGES, seed);
	struct area b = area_new(NULL, PAGES, seed);
	struct upm_counts counts;

	CHECK_EQ(area_merge(&a).recorded, PAGES);
	watch(fd, a.addr, PAGES, UFFDIO_REGISTER_MODE_WP);
	write_protect(fd, a.addr, PAGES, true);
	area_frames(&a, frames);
	counts = area_merge(&b);
	counts_note("equals are write-protected", &counts);
	CHECK_EQ(counts.merged_peer, 0);
	expect_frames(&a, frames);
	CHECK(is_write_protected(a.addr + (PAGES - 1) * PAGE));
	area_check(&b);
}

static void *writer(void *arg)
{
	WRITE_ONCE(*(__u64 *)arg, 5);
	return NULL;
}

/* Merged, then watched: the first write is an event all the same. */
static void wp_after_merge(void)
{
	int fd = uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	__u64 seed = seed_new();
	struct area a = area_new(NULL, PAGES, seed);
	struct area b = area_new(NULL, PAGES, seed);
	struct pollfd poll_fd = { fd, POLLIN, 0 };
	struct uffd_msg msg;
	pthread_t thread;

	area_merge(&a);
	area_settle(&b);
	watch(fd, a.addr, PAGES, UFFDIO_REGISTER_MODE_WP);
	write_protect(fd, a.addr, PAGES, true);
	CHECK(is_write_protected(a.addr));
	CHECK_EQ(area_merge(&a).skipped[UPM_SKIP_UFFD], PAGES);
	CHECK(is_write_protected(a.addr));
	area_check(&a);

	/* In a thread, as it waits for an answer to the event. */
	CHECK_EQ(pthread_create(&thread, NULL, writer, a.addr), 0);
	CHECK_EQ(poll(&poll_fd, 1, 10000), 1);
	CHECK_EQ(read(fd, &msg, sizeof(msg)), sizeof(msg));
	CHECK_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
	CHECK(msg.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP);
	CHECK_EQ(area_read(&a, 0), page_word(seed, 0));
	write_protect(fd, a.addr, PAGES, false);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(area_read(&a, 0), 5);
	area_check(&b);
}

/* Missing pages are not faulted in by us, or this would wait for ever. */
static void missing_neighbours(void)
{
	int fd = uffd_open(0);
	__u64 seed = seed_new();
	struct area twin = area_new(NULL, PAGES, seed);
	struct area half = { NULL, pages_map(PAGES), PAGES / 2, seed };
	struct pollfd poll_fd = { fd, POLLIN, 0 };
	struct upm_counts counts;

	pages_fill(half.addr, PAGES / 2, seed);
	watch(fd, half.addr, PAGES, UFFDIO_REGISTER_MODE_MISSING);
	area_merge(&twin);
	counts = upm_merge(half.addr, PAGES);
	CHECK_EQ(counts.merged, PAGES / 2);
	CHECK_EQ(counts.skipped[UPM_SKIP_ABSENT], PAGES / 2);
	twin.pages = PAGES / 2;
	expect_shared(&half, &twin, 2);
	CHECK_EQ(poll(&poll_fd, 1, 200), 0);
	CHECK_EQ(upm_query(half.addr, PAGES).shared, PAGES / 2);
	CHECK_EQ(upm_unmerge(half.addr, PAGES).unmerged, PAGES / 2);
	CHECK_EQ(poll(&poll_fd, 1, 200), 0);
	area_check(&half);
}

/* A merged page given up is missing again, and that is an event. */
static void missing_after_merge(void)
{
	int fd = uffd_open(0);
	__u64 seed = seed_new();
	struct area a = area_new(NULL, PAGES, seed);
	struct area b = area_new(NULL, PAGES, seed);
	struct pollfd poll_fd = { fd, POLLIN, 0 };
	struct uffdio_copy copy = { .len = PAGE };
	struct uffd_msg msg;
	pthread_t thread;

	watch(fd, a.addr, PAGES, UFFDIO_REGISTER_MODE_MISSING);
	area_merge(&a);
	area_settle(&b);
	expect_shared(&a, &b, 2);
	CHECK_EQ(area_advise(&a, MADV_DONTNEED), 0);
	CHECK_EQ(pthread_create(&thread, NULL, writer, a.addr), 0);
	CHECK_EQ(poll(&poll_fd, 1, 10000), 1);
	CHECK_EQ(read(fd, &msg, sizeof(msg)), sizeof(msg));
	CHECK_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
	/* Merged memory is a good source. */
	copy.dst = (long)a.addr;
	copy.src = (long)b.addr;
	CHECK_SYS(ioctl(fd, UFFDIO_COPY, &copy) == 0);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(area_read(&a, 0), 5);
	area_check(&b);
}

/* Moving takes only pages that are nobody else's. */
static void move(void)
{
	int fd = uffd_open(UFFD_FEATURE_MOVE);
	__u64 seed = seed_new();
	struct area a = area_new(NULL, PAGES, seed);
	struct area b = area_new(NULL, PAGES, seed);
	char *target = pages_map(PAGES);
	struct uffdio_move what = {
		.dst = (long)target,
		.src = (long)a.addr,
		.len = PAGES * PAGE,
	};

	watch(fd, target, PAGES, UFFDIO_REGISTER_MODE_MISSING);
	area_merge(&a);
	area_settle(&b);
	CHECK(ioctl(fd, UFFDIO_MOVE, &what) < 0);
	note("UFFDIO_MOVE: %s", strerror(errno));
	expect_shared(&a, &b, 2);
	area_check(&a);
	area_unmerge(&a);
	what.move = 0;
	CHECK_SYS(ioctl(fd, UFFDIO_MOVE, &what) == 0);
	a.addr = target;
	area_check(&a);
	area_settle(&a);
	expect_shared(&a, &b, 2);
}

static const struct test tests[] = {
	{ "wp_is_refused", wp_is_refused },
	{ "wp_of_a_candidate", wp_of_a_candidate },
	{ "wp_after_merge", wp_after_merge },
	{ "missing_neighbours", missing_neighbours },
	{ "missing_after_merge", missing_after_merge },
	{ "move", move },
	{ }
};

const struct suite uffd_suite = { "uffd", tests };
