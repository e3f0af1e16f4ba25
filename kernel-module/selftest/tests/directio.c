// SPDX-License-Identifier: GPL-2.0-only
/*
 * Direct I/O into pages while they are being merged. A device writes to the page
 * it was given; were that replaced meanwhile, the data would be lost.
 */
#include <fcntl.h>
#include <linux/loop.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "files.h"
#include "suite.h"

#define PAGES	16
#define BLOCKS	8
#define FILE_NAME	"/tmp/upm-directio"

static int stop;
static struct area buffer, copies[BLOCKS];

/* A loop device on a file; its workers do the copying at their leisure. */
static int open_loop(const char *file)
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int backing, loop, nr;
	char path[32];

	if (control < 0)
		return -1;
	nr = ioctl(control, LOOP_CTL_GET_FREE);
	close(control);
	if (nr < 0)
		return -1;
	snprintf(path, sizeof(path), "/dev/loop%d", nr);
	loop = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (loop < 0)
		return -1;
	backing = open(file, O_RDWR | O_CLOEXEC);
	if (ioctl(loop, LOOP_SET_FD, backing)) {
		close(backing);
		close(loop);
		return -1;
	}
	close(backing);
	note("direct I/O on %s", path);
	return loop;
}

static int open_direct(void)
{
	int fd = open(FILE_NAME, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char *content = pages_map(PAGES);
	int i, direct;

	if (fd < 0)
		SKIP("%s: %s", FILE_NAME, strerror(errno));
	for (i = 0; i < BLOCKS; i++) {
		pages_fill(content, PAGES, copies[i].seed);
		CHECK_EQ(write(fd, content, PAGES * PAGE), PAGES * PAGE);
	}
	fsync(fd);
	close(fd);
	pages_unmap(content, PAGES);
	direct = open_loop(FILE_NAME);
	if (direct < 0) {
		direct = open(FILE_NAME, O_RDWR | O_DIRECT | O_CLOEXEC);
		note("direct I/O on a file");
	}
	unlink(FILE_NAME);
	if (direct < 0)
		SKIP("no direct I/O: %s", strerror(errno));
	return direct;
}

static void close_direct(int fd)
{
	ioctl(fd, LOOP_CLR_FD, 0);
	close(fd);
}

static pthread_t merger;

static void *merging_thread(void *arg __unused)
{
	int i = 0;

	while (!READ_ONCE(stop)) {
		area_merge(&buffer);
		area_merge(&copies[i++ % BLOCKS]);
		if (i % 64 == 0)
			area_unmerge(&copies[i % BLOCKS]);
	}
	return NULL;
}

static void merging_begin(void)
{
	CHECK_EQ(pthread_create(&merger, NULL, merging_thread, NULL), 0);
}

static void merging_end(void)
{
	WRITE_ONCE(stop, 1);
	CHECK_EQ(pthread_join(merger, NULL), 0);
}

static void setup(void)
{
	int i;

	for (i = 0; i < BLOCKS; i++) {
		copies[i].peer = peer_new();
		copies[i] = area_new(copies[i].peer, PAGES, seed_new());
	}
	buffer = area_new(NULL, PAGES, copies[0].seed);
}

/* Reads with content that others have, so that it is merged at once. */
static void read_into(void)
{
	double end = now() + test_seconds();
	unsigned long reads = 0;
	int fd, block;

	setup();
	fd = open_direct();
	merging_begin();
	while (now() < end) {
		block = random_below(BLOCKS);
		CHECK_EQ(pread(fd, buffer.addr, PAGES * PAGE,
			       block * PAGES * PAGE), PAGES * PAGE);
		buffer.seed = copies[block].seed;
		area_check(&buffer);
		reads++;
	}
	merging_end();
	close_direct(fd);
	for (block = 0; block < BLOCKS; block++)
		area_check(&copies[block]);
	note("%lu reads", reads);
	CHECK(upm_stat("pages_merged") > 0);
}

/* Writes from merged pages, and from pages being merged. */
static void write_from(void)
{
	double end = now() + test_seconds();
	char *back = pages_map(PAGES);
	unsigned long writes = 0;
	int fd, block;

	setup();
	fd = open_direct();
	merging_begin();
	while (now() < end) {
		block = random_below(BLOCKS);
		buffer.seed = copies[block].seed;
		pages_fill(buffer.addr, PAGES, buffer.seed);
		CHECK_EQ(pwrite(fd, buffer.addr, PAGES * PAGE, 0),
			 PAGES * PAGE);
		CHECK_EQ(pread(fd, back, PAGES * PAGE, 0), PAGES * PAGE);
		CHECK_EQ(pages_differ(back, PAGES, buffer.seed), PAGES);
		writes++;
	}
	merging_end();
	close_direct(fd);
	note("%lu writes", writes);
}

/* Into merged pages: they are left for it, and nobody else sees the data. */
static void read_into_merged(void)
{
	int fd, i;

	setup();
	fd = open_direct();
	for (i = 0; i < BLOCKS; i++) {
		buffer.seed = copies[i].seed;
		pages_fill(buffer.addr, PAGES, buffer.seed);
		area_merge(&copies[i]);
		area_settle(&buffer);
		CHECK(page_is_merged(0, buffer.addr));
		CHECK_EQ(pread(fd, buffer.addr, PAGES * PAGE,
			       (i + 1) % BLOCKS * PAGES * PAGE), PAGES * PAGE);
		buffer.seed = copies[(i + 1) % BLOCKS].seed;
		area_check(&buffer);
		expect_own(&buffer);
		area_check(&copies[i]);
	}
	close_direct(fd);
}

static const struct test tests[] = {
	{ "read_into", read_into },
	{ "write_from", write_from },
	{ "read_into_merged", read_into_merged },
	{ }
};

const struct suite directio_suite = { "directio", tests };
