// SPDX-License-Identifier: MIT
/*
 * Instructions per page of what upm.ko does, counted inside a virtual machine whose
 * clock advances by one nanosecond an instruction (QEMU, -icount shift=0).
 *
 *   upm_bench MODULE.KO MEGABYTES…
 *   upm_bench MODULE.KO parallel MEGABYTES
 *
 * Prints one line of JSON for each figure: {"case","megabytes","pages","instructions"}
 * with instructions per page. On a machine with a usual clock the figures are
 * nanoseconds. Instructions are not time: misses of caches and TLBs, and
 * contention, do not show.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "upm.h"

#define PAGE 4096UL
#define WORDS (PAGE / 8)

static int device = -1;

static void die(const char *what)
{
	fprintf(stderr, "upm_bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void report(const char *name, size_t pages, uint64_t instructions)
{
	printf("{\"case\":\"%s\",\"megabytes\":%zu,\"pages\":%zu,\"instructions\":%.1f}\n",
	       name, pages * PAGE >> 20, pages, (double)instructions / pages);
	fflush(stdout);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

static long read_number(const char *path)
{
	char text[64] = "";
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return atol(text);
}

/* Different on every page, the same for every process with the same seed. */
static void fill(uint64_t *data, size_t pages, uint64_t seed)
{
	uint64_t x = seed * 0x9e3779b97f4a7c15ULL + 1;

	for (size_t i = 0; i < pages * WORDS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		data[i] = x;
	}
}

static uint64_t *make(size_t pages, uint64_t seed)
{
	uint64_t *data = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (data == MAP_FAILED)
		die("mmap");
	madvise(data, pages * PAGE, MADV_NOHUGEPAGE);
	fill(data, pages, seed);
	return data;
}

static struct upm_counts merge(const char *name, void *data, size_t pages)
{
	struct upm_range range = { (uintptr_t)data, pages * PAGE };
	struct upm_call call = {
		.size = sizeof(call), .pidfd = -1, .nr_ranges = 1,
		.ranges = (uintptr_t)&range,
	};
	uint64_t start = now();

	if (ioctl(device, UPM_IOC_MERGE, &call))
		die("UPM_IOC_MERGE");
	if (name)
		report(name, pages, now() - start);
	return call.counts;
}

/* The figures are of pages merged and not of calls that returned. */
static void expect(const char *what, uint64_t got, size_t pages)
{
	/* A few pages may be on their way to the LRU and come late. */
	if (got + 64 < pages) {
		fprintf(stderr, "upm_bench: %s: %llu of %zu pages\n", what,
			(unsigned long long)got, pages);
		exit(1);
	}
}

static void touch(const char *name, volatile uint64_t *data, size_t pages)
{
	uint64_t start = now();

	for (size_t i = 0; i < pages; i++)
		data[i * WORDS] = i;
	report(name, pages, now() - start);
}

/* A process that does steps when told to. */
struct actor {
	pid_t pid;
	int go, done;
};

static struct actor start(void (*run)(int step, size_t pages), size_t pages)
{
	int go[2], done[2], step;
	struct actor actor;

	if (pipe(go) || pipe(done))
		die("pipe");
	actor.pid = fork();
	if (actor.pid < 0)
		die("fork");
	if (actor.pid) {
		close(go[0]);
		close(done[1]);
		actor.go = go[1];
		actor.done = done[0];
		return actor;
	}
	close(go[1]);
	close(done[0]);
	while (read(go[0], &step, sizeof(step)) == sizeof(step) && step >= 0) {
		run(step, pages);
		if (write(done[1], &step, sizeof(step)) != sizeof(step))
			die("pipe");
	}
	_exit(0);
}

static void tell(struct actor *actor, int step)
{
	if (write(actor->go, &step, sizeof(step)) != sizeof(step) ||
	    read(actor->done, &step, sizeof(step)) != sizeof(step)) {
		fprintf(stderr, "upm_bench: a process failed\n");
		exit(1);
	}
}

/* Time the kernel's worker threads have run, which count as the module's. */
static uint64_t workers(void)
{
	uint64_t sum = 0;
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	while ((entry = readdir(proc))) {
		char path[300], text[64] = "";
		int fd;

		if (atoi(entry->d_name) <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		if (read(fd, text, sizeof(text) - 1) < 0)
			text[0] = 0;
		close(fd);
		if (strncmp(text, "kworker", 7))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/schedstat", entry->d_name);
		sum += read_number(path) > 0 ? read_number(path) : 0;
	}
	closedir(proc);
	return sum;
}

/* Ends a process: until it is reaped, and what workers do in the 3 s after. */
static void stop(struct actor *actor, const char *name, const char *late,
		 size_t pages)
{
	uint64_t before = workers(), begin = now(), end;
	int leave = -1;

	if (write(actor->go, &leave, sizeof(leave)) != sizeof(leave))
		die("pipe");
	waitpid(actor->pid, NULL, 0);
	end = now();
	close(actor->go);
	close(actor->done);
	if (name)
		report(name, pages, end - begin);
	usleep(1000000);
	if (late)
		report(late, pages, workers() - before);
}

static uint64_t *memory;

static void plain(int step, size_t pages)
{
	if (step == 0)
		memory = make(pages, 7);
}

static void first(int step, size_t pages)
{
	if (step == 0) {
		memory = make(pages, 1);
		expect("recorded", merge("first_sighting", memory, pages).recorded,
		       pages);
		expect("recorded again",
		       merge("readvise_candidate", memory, pages).recorded, pages);
	}
}

static void second(int step, size_t pages)
{
	if (step == 0)
		memory = make(pages, 1);
	if (step == 1)
		expect("merged",
		       merge("merge_second_copy_both_sides", memory, pages).merged,
		       pages);
}

static void third(int step, size_t pages)
{
	if (step == 0)
		memory = make(pages, 1);
	if (step == 1) {
		expect("merged", merge("merge_third_copy", memory, pages).merged,
		       pages);
		expect("shared", merge("readvise_merged", memory, pages).shared,
		       pages);
	}
	if (step == 2)
		touch("cow_write", memory, pages);
}

static void fourth(int step, size_t pages)
{
	if (step == 0)
		memory = make(pages, 1);
	if (step == 1)
		expect("merged", merge("merge_fourth_copy", memory, pages).merged,
		       pages);
}

static void candidate(int step, size_t pages)
{
	if (step == 0) {
		memory = make(pages, 9);
		expect("recorded", merge(NULL, memory, pages).recorded, pages);
	}
}

static void forked_cow(int step, size_t pages)
{
	int status;
	pid_t pid;

	if (step)
		return;
	memory = make(pages, 3);
	pid = fork();
	if (!pid) {
		touch("floor_cow_after_fork", memory, pages);
		_exit(0);
	}
	waitpid(pid, &status, 0);
}

static void run_module(size_t pages)
{
	struct actor a, b, c, d, e;

	a = start(plain, pages);
	tell(&a, 0);
	stop(&a, "exit_plain", "exit_plain_workers", pages);

	a = start(candidate, pages);
	tell(&a, 0);
	stop(&a, "exit_candidates", "exit_candidates_workers", pages);

	a = start(first, pages);
	tell(&a, 0);
	b = start(second, pages);
	tell(&b, 0);
	tell(&b, 1);
	c = start(third, pages);
	tell(&c, 0);
	tell(&c, 1);
	d = start(fourth, pages);
	tell(&d, 0);
	tell(&d, 1);
	tell(&c, 2);
	e = start(forked_cow, pages);
	tell(&e, 0);
	stop(&e, NULL, NULL, pages);
	stop(&d, "exit_merged", "exit_merged_workers", pages);
	stop(&c, NULL, NULL, pages);
	stop(&b, NULL, NULL, pages);
	stop(&a, "exit_last_sharer", "exit_last_sharer_workers", pages);
	usleep(500000);
	if (read_number("/sys/kernel/upm/stable_pages") ||
	    read_number("/sys/kernel/upm/candidates")) {
		fprintf(stderr, "upm_bench: pages left behind\n");
		exit(1);
	}
}

static void mergeable(int step, size_t pages)
{
	if (step == 0) {
		memory = make(pages, 5);
		if (madvise(memory, pages * PAGE, MADV_MERGEABLE))
			die("MADV_MERGEABLE");
	}
}

static uint64_t ksmd_time(void)
{
	char path[64], text[64];
	struct dirent *entry;
	uint64_t time = 0;
	DIR *proc = opendir("/proc");

	while ((entry = readdir(proc))) {
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/comm", atoi(entry->d_name));
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		memset(text, 0, sizeof(text));
		if (read(fd, text, sizeof(text) - 1) > 0 && !strcmp(text, "ksmd\n")) {
			snprintf(path, sizeof(path), "/proc/%d/schedstat",
				 atoi(entry->d_name));
			time = read_number(path);
		}
		close(fd);
	}
	closedir(proc);
	return time;
}

/* The kernel's own KSM on three processes with the same content, at full speed. */
static void run_ksm(size_t pages)
{
	struct actor actors[3];
	uint64_t before;
	int tries;

	write_file("/sys/kernel/mm/ksm/pages_to_scan", "20000");
	write_file("/sys/kernel/mm/ksm/sleep_millisecs", "1");
	for (int i = 0; i < 3; i++) {
		actors[i] = start(mergeable, pages);
		tell(&actors[i], 0);
	}
	before = ksmd_time();
	write_file("/sys/kernel/mm/ksm/run", "1");
	for (tries = 0; tries < 20000; tries++) {
		if (read_number("/sys/kernel/mm/ksm/pages_sharing") + 64 >=
		    (long)(2 * pages))
			break;
		usleep(5000);
	}
	if (tries == 20000)
		fprintf(stderr, "upm_bench: ksmd did not merge all\n");
	else
		/* Two of three copies went; as "merge" above counts one. */
		report("ksm_per_merged_page_3_copies", 2 * pages,
		       ksmd_time() - before);
	write_file("/sys/kernel/mm/ksm/run", "0");
	for (int i = 0; i < 3; i++)
		stop(&actors[i], NULL, NULL, pages);
}

/* What cannot be avoided: reading a page, comparing two. */
static void run_floors(void)
{
	size_t pages = 1024, differ = 0;
	uint64_t *a = make(pages, 11), *b = make(pages, 11), begin, sum = 0;

	begin = now();
	for (size_t i = 0; i < pages * WORDS; i++)
		differ += a[i] != b[i];
	report("floor_compare_u64", pages, now() - begin);
	begin = now();
	for (size_t i = 0; i < pages; i++)
		differ += !!memcmp(a + i * WORDS, b + i * WORDS, PAGE);
	report("floor_memcmp_libc", pages, now() - begin);
	begin = now();
	for (size_t i = 0; i < pages; i++)
		for (size_t j = 0; j < WORDS; j += 8) {
			const uint64_t *m = a + i * WORDS + j, *k = b + j;

			for (int lane = 0; lane < 8; lane += 2)
				sum += (m[lane] + k[lane]) *
				       (unsigned __int128)(m[lane + 1] + k[lane + 1]) >> 64;
		}
	report("floor_nh_loop", pages, now() - begin);
	begin = now();
	memcpy(b, a, pages * PAGE);
	report("floor_copy", pages, now() - begin);
	if (differ || sum == 42)
		fprintf(stderr, "upm_bench: floors: %zu\n", differ);
	munmap(a, pages * PAGE);
	munmap(b, pages * PAGE);
}

static uint64_t pair_seed;

static void seeded(int step, size_t pages)
{
	if (step == 0)
		memory = make(pages, pair_seed);
	if (step == 1)
		merge(NULL, memory, pages);
}

/* Without waiting for the answer. */
static void begin_step(struct actor *actor, int step)
{
	if (write(actor->go, &step, sizeof(step)) != sizeof(step))
		die("pipe");
}

static void end_step(struct actor *actor)
{
	int step;

	if (read(actor->done, &step, sizeof(step)) != sizeof(step)) {
		fprintf(stderr, "upm_bench: a process failed\n");
		exit(1);
	}
}

/*
 * Two processes merge third copies of different content: one after the other, then
 * two others at once. The ratio of the times is 2 if they do not hinder each other
 * and have a processor each.
 */
static void run_parallel(size_t pages)
{
	uint64_t begin, serial, parallel;
	struct actor actors[8];

	for (int i = 0; i < 8; i++) {
		pair_seed = 100 + i % 2;
		actors[i] = start(seeded, pages);
		tell(&actors[i], 0);
		if (i < 4)
			tell(&actors[i], 1);
	}
	begin = now();
	tell(&actors[4], 1);
	tell(&actors[5], 1);
	serial = now() - begin;
	begin = now();
	begin_step(&actors[6], 1);
	begin_step(&actors[7], 1);
	end_step(&actors[6]);
	end_step(&actors[7]);
	parallel = now() - begin;
	printf("{\"case\":\"parallel\",\"megabytes\":%zu,\"serial_ns\":%llu,\"parallel_ns\":%llu,\"ratio\":%.2f}\n",
	       pages * PAGE >> 20, (unsigned long long)serial,
	       (unsigned long long)parallel, (double)serial / parallel);
	for (int i = 7; i >= 0; i--)
		stop(&actors[i], NULL, NULL, pages);
}

int main(int argc, char **argv)
{
	int fd;

	if (argc < 3) {
		fprintf(stderr, "usage: upm_bench MODULE.KO MEGABYTES...\n");
		return 2;
	}
	fd = open(argv[1], O_RDONLY);
	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		die(argv[1]);
	close(fd);
	device = open("/dev/upm", O_RDWR);
	if (device < 0)
		die("/dev/upm");
	if (argc == 4 && !strcmp(argv[2], "parallel")) {
		run_parallel((size_t)atoi(argv[3]) * 256);
		return 0;
	}
	run_floors();
	for (int i = 2; i < argc; i++)
		run_module((size_t)atoi(argv[i]) * 256);
	for (int i = 2; i < argc && atoi(argv[i]) <= 160; i++)
		run_ksm((size_t)atoi(argv[i]) * 256);
	close(device);
	if (syscall(SYS_delete_module, "upm", 0))
		die("delete_module");
	return 0;
}
