// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages somebody else holds a reference to: he sees later writes only if the page
 * stays where it is.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "suite.h"

#define PAGES	8

/* From mm/gup_test.h. */
struct pin_longterm_test {
	__u64 addr;
	__u64 size;
	__u32 flags;
};

#define PIN_LONGTERM_TEST_START	_IOW('g', 7, struct pin_longterm_test)
#define PIN_LONGTERM_TEST_STOP	_IO('g', 8)
#define PIN_LONGTERM_TEST_READ	_IOW('g', 9, __u64)
#define PIN_LONGTERM_TEST_FLAG_USE_WRITE	1
#define PIN_LONGTERM_TEST_FLAG_USE_FAST		2

static struct area a, b;
static __u64 frames[PAGES];

static void setup(void)
{
	struct peer *peer = peer_new();
	__u64 seed = seed_new();

	a = area_new(NULL, PAGES, seed);
	b = area_new(peer, PAGES, seed);
	area_frames(&a, frames);
}

static void splice_in(int fds[2], const struct area *area)
{
	struct iovec iov = { area->addr, PAGES * PAGE };

	CHECK_SYS(pipe(fds) == 0);
	CHECK_EQ(vmsplice(fds[1], &iov, 1, 0), PAGES * PAGE);
}

static void splice_out(int fds[2], char *to)
{
	size_t len = 0;
	ssize_t n;

	while (len < PAGES * PAGE) {
		n = read(fds[0], to + len, PAGES * PAGE - len);
		CHECK_SYS(n > 0);
		len += n;
	}
	close(fds[0]);
	close(fds[1]);
}

static void vmspliced_by_caller(void)
{
	static char out[PAGES * PAGE];
	struct upm_counts counts;
	int fds[2];

	setup();
	CHECK_EQ(area_merge(&b).recorded, PAGES);
	splice_in(fds, &a);
	counts = area_merge(&a);
	CHECK_EQ(counts.skipped[UPM_SKIP_PINNED], PAGES);
	expect_frames(&a, frames);
	expect_own(&a);
	/* A pipe shows what is written to its pages later. */
	area_write(&a, 2, 77);
	CHECK_EQ(pfn_of(0, a.addr + 2 * PAGE), frames[2]);
	splice_out(fds, out);
	CHECK_EQ(*(__u64 *)(out + 2 * PAGE), 77);
	area_write(&a, 2, page_word(a.seed + 2, 0));
	area_settle(&a);
	expect_shared(&a, &b, 2);
}

static void vmspliced_by_candidate(void)
{
	static char out[PAGES * PAGE];
	struct upm_counts counts;
	int fds[2];

	setup();
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	splice_in(fds, &a);
	counts = area_merge(&b);
	counts_note("equals are in a pipe", &counts);
	CHECK_EQ(counts.merged_peer, 0);
	expect_frames(&a, frames);
	area_write(&a, 1, 78);
	splice_out(fds, out);
	CHECK_EQ(*(__u64 *)(out + PAGE), 78);
	area_write(&a, 1, page_word(a.seed + 1, 0));
	area_check(&b);
	area_merge(&a);
	area_settle(&b);
	area_settle(&a);
	expect_shared(&a, &b, 2);
}

/* Merged first: the pipe keeps the page, the writer gets another one. */
static void vmspliced_after_merge(void)
{
	static char out[PAGES * PAGE];
	int fds[2];

	setup();
	area_merge(&b);
	area_settle(&a);
	expect_shared(&a, &b, 2);
	splice_in(fds, &a);
	CHECK_EQ(area_merge(&a).shared, PAGES);
	area_write(&a, 3, 79);
	peer_exit(b.peer);
	CHECK_SYS(munmap(a.addr, PAGES * PAGE) == 0);
	sleep_ms(300);
	/* Nobody maps it any more, but it must not have been freed. */
	splice_out(fds, out);
	CHECK_EQ(pages_differ(out, PAGES, b.seed), PAGES);
}

static int gup_test_open(void)
{
	int fd = open("/sys/kernel/debug/gup_test", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		SKIP("no gup_test: %s", strerror(errno));
	return fd;
}

static void pin_area(int fd, const struct area *area, unsigned int flags)
{
	struct pin_longterm_test test = {
		.addr = (long)area->addr,
		.size = area->pages * PAGE,
		.flags = flags,
	};

	if (ioctl(fd, PIN_LONGTERM_TEST_START, &test)) {
		if (errno == EINVAL || errno == ENOTTY)
			SKIP("gup_test cannot pin");
		FAIL("pin: %s", strerror(errno));
	}
}

static void check_pinned(int fd, __u64 seed)
{
	static char out[PAGES * PAGE];
	__u64 to = (long)out;

	CHECK_SYS(ioctl(fd, PIN_LONGTERM_TEST_READ, &to) == 0);
	CHECK_EQ(pages_differ(out, PAGES, seed), PAGES);
}

static void pinned(unsigned int flags)
{
	int fd = gup_test_open();
	struct upm_counts counts;

	setup();
	CHECK_EQ(area_merge(&b).recorded, PAGES);
	pin_area(fd, &a, flags);
	counts = area_merge(&a);
	CHECK_EQ(counts.skipped[UPM_SKIP_PINNED], PAGES);
	expect_frames(&a, frames);
	/* The pin and the mapping are one and the same page still. */
	area_fill(&a, a.seed + PAGES);
	check_pinned(fd, a.seed);
	expect_frames(&a, frames);
	CHECK_SYS(ioctl(fd, PIN_LONGTERM_TEST_STOP) == 0);
	area_fill(&a, b.seed);
	area_settle(&a);
	expect_shared(&a, &b, 2);
	close(fd);
}

static void pinned_for_writing(void)
{
	pinned(PIN_LONGTERM_TEST_FLAG_USE_WRITE);
}

static void pinned_for_reading(void)
{
	pinned(0);
}

static void pinned_fast(void)
{
	pinned(PIN_LONGTERM_TEST_FLAG_USE_WRITE |
	       PIN_LONGTERM_TEST_FLAG_USE_FAST);
}

static void pinned_candidate(void)
{
	int fd = gup_test_open();

	setup();
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	pin_area(fd, &a, 0);
	CHECK_EQ(area_merge(&b).merged_peer, 0);
	expect_frames(&a, frames);
	area_fill(&a, a.seed + PAGES);
	check_pinned(fd, a.seed);
	area_check(&b);
	CHECK_SYS(ioctl(fd, PIN_LONGTERM_TEST_STOP) == 0);
	close(fd);
}

/* Pinning a merged page, even for reading only, takes it out. */
static void pinned_after_merge(void)
{
	int fd = gup_test_open();

	setup();
	area_merge(&b);
	area_settle(&a);
	expect_shared(&a, &b, 2);
	pin_area(fd, &a, 0);
	expect_own(&a);
	area_fill(&a, a.seed + PAGES);
	check_pinned(fd, a.seed);
	area_check(&b);
	CHECK_SYS(ioctl(fd, PIN_LONGTERM_TEST_STOP) == 0);
	close(fd);
}

static const struct test tests[] = {
	{ "vmspliced_by_caller", vmspliced_by_caller },
	{ "vmspliced_by_candidate", vmspliced_by_candidate },
	{ "vmspliced_after_merge", vmspliced_after_merge },
	{ "pinned_for_writing", pinned_for_writing },
	{ "pinned_for_reading", pinned_for_reading },
	{ "pinned_fast", pinned_fast },
	{ "pinned_candidate", pinned_candidate },
	{ "pinned_after_merge", pinned_after_merge },
	{ }
};

const struct suite pins_suite = { "pin", tests };
