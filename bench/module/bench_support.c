// SPDX-License-Identifier: MIT
/* Clocks, files, memory with known content, and processes that work step by step. */
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "upm_bench.h"

int device = -1;

void die(const char *what)
{
	fprintf(stderr, "upm_bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void report(const char *name, size_t pages, uint64_t instructions)
{
	printf("{\"case\":\"%s\",\"megabytes\":%zu,\"pages\":%zu,\"instructions\":%.1f}\n",
	       name, pages * PAGE >> 20, pages, (double)instructions / pages);
	fflush(stdout);
}

void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

long read_number(const char *path)
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

uint64_t *make(size_t pages, uint64_t seed)
{
	uint64_t *data = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (data == MAP_FAILED)
		die("mmap");
	madvise(data, pages * PAGE, MADV_NOHUGEPAGE);
	fill(data, pages, seed);
	return data;
}

struct upm_counts merge(const char *name, void *data, size_t pages)
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

/* Time that kernel threads have run whose names begin with a word. */
uint64_t threads_time(const char *name)
{
	uint64_t sum = 0;
	struct dirent *entry;
	DIR *proc = opendir("/proc");

	if (!proc)
		die("/proc");
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
		if (strncmp(text, name, strlen(name)))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/schedstat", entry->d_name);
		sum += read_number(path) > 0 ? read_number(path) : 0;
	}
	closedir(proc);
	return sum;
}

/* The figures are of pages merged and not of calls that returned. */
void expect(const char *what, uint64_t got, size_t pages)
{
	/* A few pages may be on their way to the LRU and come late. */
	if (got + 64 < pages) {
		fprintf(stderr, "upm_bench: %s: %llu of %zu pages\n", what,
			(unsigned long long)got, pages);
		exit(1);
	}
}

void touch(const char *name, volatile uint64_t *data, size_t pages)
{
	uint64_t start = now();

	for (size_t i = 0; i < pages; i++)
		data[i * WORDS] = i;
	report(name, pages, now() - start);
}

struct actor start(void (*run)(int step, size_t pages), size_t pages)
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

/* Without waiting for the answer. */
void begin_step(struct actor *actor, int step)
{
	if (write(actor->go, &step, sizeof(step)) != sizeof(step))
		die("pipe");
}

void end_step(struct actor *actor)
{
	int step;

	if (read(actor->done, &step, sizeof(step)) != sizeof(step)) {
		fprintf(stderr, "upm_bench: a process failed\n");
		exit(1);
	}
}

void tell(struct actor *actor, int step)
{
	begin_step(actor, step);
	end_step(actor);
}

/* Ends a process: until it is reaped, and what workers do in the 3 s after. */
void stop(struct actor *actor, const char *name, const char *late,
		 size_t pages)
{
	uint64_t before = threads_time("kworker"), begin = now(), end;
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
		report(late, pages, threads_time("kworker") - before);
}
