/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test says: that something is wrong, that it cannot run here, or a
 * remark. Works in the process of the test, in its threads and in all processes
 * it forks, because the report lies in memory shared with the runner.
 */
#ifndef SELFTEST_CHECK_H
#define SELFTEST_CHECK_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

#define PAGE		4096UL
#define HUGE_PAGE	(2UL << 20)
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define __printf(a, b)	__attribute((format(printf, a, b)))
#define __unused	__attribute((unused))
#define __noreturn	__attribute((noreturn))
#define BIT(n)		(1U << (n))
#define BIT_ULL(n)	(1ULL << (n))

#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), (v), __ATOMIC_RELAXED)

/**
 * struct report - what the runner learns of a test besides its exit status
 * @failed:  some process of it has failed
 * @skipped: it cannot run here, for the reason in @text
 * @text:    reason
 */
struct report {
	int failed;
	int skipped;
	char text[256];
};

void report_init(void);
void report_clear(void);
const struct report *report_get(void);

/* One line of output, written at once. */
void say(const char *fmt, ...) __printf(1, 2);
/* The same behind "# ". */
void note(const char *fmt, ...) __printf(1, 2);

void test_fail(const char *file, int line, const char *fmt, ...)
	__printf(3, 4) __noreturn;
void test_skip(const char *fmt, ...) __printf(1, 2) __noreturn;

/* Where in a test a helper was called, for its message. */
void test_at(const char *file, int line);

#define FAIL(...)	test_fail(__FILE__, __LINE__, __VA_ARGS__)
#define SKIP(...)	test_skip(__VA_ARGS__)
#define HERE()		test_at(__FILE__, __LINE__)

#define CHECK(cond)							\
	do {								\
		if (!(cond))						\
			FAIL("not true: %s", #cond);			\
	} while (0)

/* The same for conditions whose failure sets errno. */
#define CHECK_SYS(cond)							\
	do {								\
		if (!(cond))						\
			FAIL("%s: %s", #cond, strerror(errno));		\
	} while (0)

#define CHECK_EQ(got, want)						\
	do {								\
		long long __got = (got), __want = (want);		\
									\
		if (__got != __want)					\
			FAIL("%s is %lld (0x%llx), expected %s: %lld",	\
			     #got, __got, __got, #want, __want);	\
	} while (0)

/* Seconds a test that races should go on: $UPM_TEST_SECONDS or 5. */
unsigned int test_seconds(void);
/* How much slower than usual this machine is: $UPM_TEST_SLOW or 1. */
unsigned int test_slow(void);
double now(void);
void sleep_ms(unsigned int ms);

/* Random numbers; the seed of the run is printed, $UPM_SEED repeats it. */
void random_init(void);
void random_seed(__u64 seed);
__u64 random_next(void);
__u64 random_below(__u64 n);

#endif /* SELFTEST_CHECK_H */
