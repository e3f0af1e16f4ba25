// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static struct report *report;
static const char *at_file;
static int at_line;

void report_init(void)
{
	report = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
}

void report_clear(void)
{
	memset(report, 0, sizeof(*report));
}

const struct report *report_get(void)
{
	return report;
}

static void emit(const char *prefix, const char *fmt, va_list args)
{
	char line[1024];
	int len = snprintf(line, sizeof(line), "%s", prefix);

	len += vsnprintf(line + len, sizeof(line) - len - 1, fmt, args);
	if (len > (int)sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	if (write(STDOUT_FILENO, line, len) < 0)
		_exit(1);
}

void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	emit("", fmt, args);
	va_end(args);
}

void note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	emit("# ", fmt, args);
	va_end(args);
}

void test_at(const char *file, int line)
{
	at_file = file;
	at_line = line;
}

void test_fail(const char *file, int line, const char *fmt, ...)
{
	char place[256];
	va_list args;

	/* A helper that was told its caller names both. */
	if (at_file && strcmp(at_file, file))
		snprintf(place, sizeof(place), "# %s:%d, for %s:%d: ", file,
			 line, at_file, at_line);
	else
		snprintf(place, sizeof(place), "# %s:%d: ", file, line);
	va_start(args, fmt);
	emit(place, fmt, args);
	va_end(args);
	WRITE_ONCE(report->failed, 1);
	_exit(1);
}

void test_skip(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(report->text, sizeof(report->text), fmt, args);
	va_end(args);
	WRITE_ONCE(report->skipped, 1);
	_exit(0);
}

static unsigned int number_from_env(const char *name, unsigned int otherwise)
{
	const char *value = getenv(name);
	unsigned int n = value ? strtoul(value, NULL, 0) : 0;

	return n ? n : otherwise;
}

unsigned int test_seconds(void)
{
	return number_from_env("UPM_TEST_SECONDS", 5);
}

unsigned int test_slow(void)
{
	return number_from_env("UPM_TEST_SLOW", 1);
}

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

void sleep_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, (ms % 1000) * 1000000L };

	nanosleep(&t, NULL);
}
