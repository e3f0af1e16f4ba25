/* SPDX-License-Identifier: MIT */
/* What the cases of upm_bench are made of. */
#ifndef UPM_BENCH_H
#define UPM_BENCH_H

#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>

#include "upm.h"

#define PAGE 4096UL
#define WORDS (PAGE / 8)

/* A process that does steps when told to. */
struct actor {
	pid_t pid;
	int go, done;
};

extern int device;

void die(const char *what);
uint64_t now(void);
void report(const char *name, size_t pages, uint64_t instructions);
void write_file(const char *path, const char *text);
long read_number(const char *path);
uint64_t threads_time(const char *name);

uint64_t *make(size_t pages, uint64_t seed);
struct upm_counts merge(const char *name, void *data, size_t pages);
void expect(const char *what, uint64_t got, size_t pages);
void touch(const char *name, volatile uint64_t *data, size_t pages);

struct actor start(void (*run)(int step, size_t pages), size_t pages);
void begin_step(struct actor *actor, int step);
void end_step(struct actor *actor);
void tell(struct actor *actor, int step);
void stop(struct actor *actor, const char *name, const char *late, size_t pages);

void run_floors(void);

#endif /* UPM_BENCH_H */
