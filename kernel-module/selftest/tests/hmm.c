// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration to device memory, as GPUs do it. It collects pages from page tables,
 * not from the LRU, so it meets merged pages; and it must find its way back from
 * any it cannot take.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "files.h"
#include "suite.h"

#define PAGES	16

/* From lib/test_hmm_uapi.h. */
struct hmm_dmirror_cmd {
	__u64 addr;
	__u64 ptr;
	__u64 npages;
	__u64 cpages;
	__u64 faults;
};

#define HMM_DMIRROR_READ		_IOWR('H', 0x00, struct hmm_dmirror_cmd)
#define HMM_DMIRROR_WRITE		_IOWR('H', 0x01, struct hmm_dmirror_cmd)
#define HMM_DMIRROR_MIGRATE_TO_DEV	_IOWR('H', 0x02, struct hmm_dmirror_cmd)

static char mirror[PAGES * PAGE];

static int dmirror_open(void)
{
	static const char path[] = "/dev/hmm_dmirror0";
	static char devices[16384];
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char *line;

	if (fd >= 0)
		return fd;
	/* "249 HMM_DMIRROR": not every version makes its device files. */
	file_read("/proc/devices", devices, sizeof(devices));
	line = strstr(devices, " HMM_DMIRROR");
	while (line && line > devices && line[-1] != '\n')
		line--;
	if (line && !mknod(path, S_IFCHR | 0600, makedev(atoi(line), 0)))
		fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		SKIP("no TEST_HMM");
	return fd;
}

static int dmirror(int fd, unsigned long nr, const struct area *area,
		   struct hmm_dmirror_cmd *cmd)
{
	memset(cmd, 0, sizeof(*cmd));
	cmd->addr = (long)area->addr;
	cmd->ptr = (long)mirror;
	cmd->npages = area->pages;
	return ioctl(fd, nr, cmd) ? -errno : 0;
}

static struct area a, b;

/* The device is tied to the process that opened it: all happens in this one. */
static void setup(void)
{
	__u64 seed = seed_new();

	a = area_new(NULL, PAGES, seed);
	b = area_new(peer_new(), PAGES, seed);
}

/* Content is right, for the CPU, and nobody waits for ever. */
static void check_reachable(const char *what)
{
	alarm(20 * test_slow());
	note("%s", what);
	area_check(&a);
	area_check(&b);
	area_write(&a, 1, 1);
	CHECK_EQ(area_read(&a, 1), 1);
	area_check(&b);
	area_write(&a, 1, page_word(a.seed + 1, 0));
	alarm(0);
}

static void migrate_merged(void)
{
	int fd = dmirror_open();
	struct hmm_dmirror_cmd cmd;
	int ret;

	setup();
	area_merge(&b);
	area_settle(&a);
	expect_shared(&a, &b, 2);
	ret = dmirror(fd, HMM_DMIRROR_MIGRATE_TO_DEV, &a, &cmd);
	note("migration of merged pages: %s, %llu pages", strerror(-ret),
	     cmd.cpages);
	check_reachable("after migration");
	area_settle(&a);
	expect_shared(&a, &b, 2);
	close(fd);
}

static void migrate_mixed(void)
{
	int fd = dmirror_open();
	struct hmm_dmirror_cmd cmd;
	struct area half;
	int ret;

	setup();
	half = area_part(&a, 0, PAGES / 2);
	area_merge(&b);
	area_settle(&half);
	ret = dmirror(fd, HMM_DMIRROR_MIGRATE_TO_DEV, &a, &cmd);
	note("migration of mixed pages: %s, %llu pages", strerror(-ret),
	     cmd.cpages);
	check_reachable("after migration");
	close(fd);
}

/* Pages in device memory are not there for us; the rest is. */
static void merge_migrated(void)
{
	int fd = dmirror_open();
	struct upm_counts counts;
	struct hmm_dmirror_cmd cmd;
	int ret;

	setup();
	area_merge(&b);
	ret = dmirror(fd, HMM_DMIRROR_MIGRATE_TO_DEV, &a, &cmd);
	note("migration: %s, %llu pages", strerror(-ret), cmd.cpages);
	counts = area_merge(&a);
	counts_note("pages on the device", &counts);
	check_reachable("after merging");
	area_settle(&a);
	expect_shared(&a, &b, 2);
	close(fd);
}

static void candidates_migrated(void)
{
	int fd = dmirror_open();
	struct hmm_dmirror_cmd cmd;
	int ret;

	setup();
	area_merge(&a);
	ret = dmirror(fd, HMM_DMIRROR_MIGRATE_TO_DEV, &a, &cmd);
	note("migration: %s, %llu pages", strerror(-ret), cmd.cpages);
	CHECK_EQ(area_merge(&b).merged_peer, cmd.cpages ? PAGES - cmd.cpages :
		 PAGES);
	check_reachable("after merging");
	close(fd);
}

/* The device reads and writes through its mirror: CoW as for anybody. */
static void device_accesses(void)
{
	int fd = dmirror_open();
	struct hmm_dmirror_cmd cmd;

	setup();
	area_merge(&b);
	area_settle(&a);
	CHECK_EQ(dmirror(fd, HMM_DMIRROR_READ, &a, &cmd), 0);
	CHECK_EQ(pages_differ(mirror, PAGES, a.seed), PAGES);
	pages_fill(mirror, PAGES, a.seed + PAGES);
	CHECK_EQ(dmirror(fd, HMM_DMIRROR_WRITE, &a, &cmd), 0);
	a.seed += PAGES;
	area_check(&a);
	area_check(&b);
	/* Merging takes the entries from under the mirror, which must notice. */
	area_fill(&b, a.seed);
	area_merge(&b);
	CHECK_EQ(dmirror(fd, HMM_DMIRROR_READ, &a, &cmd), 0);
	area_settle(&a);
	area_fill(&a, a.seed + PAGES);
	CHECK_EQ(dmirror(fd, HMM_DMIRROR_READ, &a, &cmd), 0);
	CHECK_EQ(pages_differ(mirror, PAGES, a.seed), PAGES);
	area_check(&b);
	close(fd);
}

static const struct test tests[] = {
	{ "migrate_merged", migrate_merged },
	{ "migrate_mixed", migrate_mixed },
	{ "merge_migrated", merge_migrated },
	{ "candidates_migrated", candidates_migrated },
	{ "device_accesses", device_accesses },
	{ }
};

const struct suite hmm_suite = { "hmm", tests };
