// SPDX-License-Identifier: GPL-2.0-only
/* Buffers registered with io_uring are pinned for as long as they are. */
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "suite.h"

#define PAGES	8
#define ENTRIES	4

/**
 * struct ring - the least of io_uring that will do
 * @fd:   ring
 * @sq:   mapped submission queue, with @params.sq_off
 * @cq:   mapped completion queue
 * @sqes: entries
 */
struct ring {
	int fd;
	struct io_uring_params params;
	char *sq;
	char *cq;
	struct io_uring_sqe *sqes;
};

static void *map_ring(int fd, size_t len, off_t what)
{
	void *addr = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  what);

	CHECK_SYS(addr != MAP_FAILED);
	return addr;
}

static void ring_open(struct ring *ring)
{
	struct io_uring_params *p = &ring->params;

	memset(p, 0, sizeof(*p));
	ring->fd = syscall(SYS_io_uring_setup, ENTRIES, p);
	if (ring->fd < 0)
		SKIP("io_uring: %s", strerror(errno));
	ring->sq = map_ring(ring->fd, p->sq_off.array +
			    p->sq_entries * sizeof(__u32), IORING_OFF_SQ_RING);
	ring->cq = map_ring(ring->fd, p->cq_off.cqes + p->cq_entries *
			    sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	ring->sqes = map_ring(ring->fd, p->sq_entries *
			      sizeof(struct io_uring_sqe), IORING_OFF_SQES);
}

/* Reads @len bytes of @fd into registered buffer 0, at @addr in it. */
static int ring_read_fixed(struct ring *ring, int fd, void *addr, size_t len)
{
	struct io_uring_params *p = &ring->params;
	__u32 *tail = (__u32 *)(ring->sq + p->sq_off.tail);
	__u32 *array = (__u32 *)(ring->sq + p->sq_off.array);
	__u32 *head = (__u32 *)(ring->cq + p->cq_off.head);
	__u32 mask = *(__u32 *)(ring->sq + p->sq_off.ring_mask);
	__u32 cq_mask = *(__u32 *)(ring->cq + p->cq_off.ring_mask);
	struct io_uring_cqe *cqes = (void *)(ring->cq + p->cq_off.cqes);
	__u32 at = *tail & mask;
	int res;

	memset(&ring->sqes[at], 0, sizeof(ring->sqes[at]));
	ring->sqes[at].opcode = IORING_OP_READ_FIXED;
	ring->sqes[at].fd = fd;
	ring->sqes[at].addr = (long)addr;
	ring->sqes[at].len = len;
	array[at] = at;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	CHECK_EQ(syscall(SYS_io_uring_enter, ring->fd, 1, 1,
			 IORING_ENTER_GETEVENTS, NULL, 0), 1);
	res = cqes[*head & cq_mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return res;
}

static void ring_register(struct ring *ring, const struct area *area)
{
	struct iovec iov = { area->addr, area->pages * PAGE };

	if (syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_BUFFERS,
		    &iov, 1))
		SKIP("cannot register buffers: %s", strerror(errno));
}

static void ring_unregister(struct ring *ring)
{
	CHECK_SYS(syscall(SYS_io_uring_register, ring->fd,
			  IORING_UNREGISTER_BUFFERS, NULL, 0) == 0);
}

/* What a file with the content of the area brings through the ring. */
static void read_through(struct ring *ring, struct area *area, __u64 seed)
{
	int fd = memfd_create("data", MFD_CLOEXEC);
	char *data = pages_map(area->pages);

	CHECK_SYS(fd >= 0);
	pages_fill(data, area->pages, seed);
	CHECK_EQ(write(fd, data, area->pages * PAGE), area->pages * PAGE);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(ring_read_fixed(ring, fd, area->addr, area->pages * PAGE),
		 area->pages * PAGE);
	close(fd);
	pages_unmap(data, area->pages);
	area->seed = seed;
	area_check(area);
}

static struct area a, b;
static struct ring ring;
static __u64 frames[PAGES];

static void setup(void)
{
	__u64 seed = seed_new();

	b = area_new(peer_new(), PAGES, seed);
	a = area_new(NULL, PAGES, seed);
	ring_open(&ring);
}

static void registered_by_caller(void)
{
	setup();
	area_merge(&b);
	ring_register(&ring, &a);
	area_frames(&a, frames);
	CHECK_EQ(area_merge(&a).skipped[UPM_SKIP_PINNED], PAGES);
	expect_frames(&a, frames);
	read_through(&ring, &a, seed_new());
	expect_frames(&a, frames);
	ring_unregister(&ring);
	area_fill(&a, b.seed);
	area_settle(&a);
	expect_shared(&a, &b, 2);
}

static void registered_by_candidate(void)
{
	struct upm_counts counts;

	setup();
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	ring_register(&ring, &a);
	area_frames(&a, frames);
	counts = area_merge(&b);
	counts_note("equals are registered", &counts);
	CHECK_EQ(counts.merged_peer, 0);
	expect_frames(&a, frames);
	read_through(&ring, &a, seed_new());
	area_check(&b);
	ring_unregister(&ring);
}

static void registered_after_merge(void)
{
	setup();
	area_merge(&b);
	area_settle(&a);
	expect_shared(&a, &b, 2);
	ring_register(&ring, &a);
	expect_own(&a);
	read_through(&ring, &a, seed_new());
	area_check(&b);
	CHECK_EQ(area_merge(&a).merged, 0);
	read_through(&ring, &a, seed_new());
	ring_unregister(&ring);
}

static const struct test tests[] = {
	{ "registered_by_caller", registered_by_caller },
	{ "registered_by_candidate", registered_by_candidate },
	{ "registered_after_merge", registered_after_merge },
	{ }
};

const struct suite uring_suite = { "uring", tests };
