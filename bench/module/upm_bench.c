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
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "upm_bench.h"

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
	before = threads_time("ksmd");
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
		       threads_time("ksmd") - before);
	write_file("/sys/kernel/mm/ksm/run", "0");
	for (int i = 0; i < 3; i++)
		stop(&actors[i], NULL, NULL, pages);
}

static uint64_t pair_seed;

static void seeded(int step, size_t pages)
{
	if (step == 0)
		memory = make(pages, pair_seed);
	if (step == 1)
		merge(NULL, memory, pages);
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
