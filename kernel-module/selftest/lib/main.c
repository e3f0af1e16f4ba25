// SPDX-License-Identifier: GPL-2.0-only
/*
 *   upm_selftest [--list] [PATTERN...]
 *
 * Tests are named SUITE.TEST. Environment:
 *
 *   UPM_KO            the module (/lib/upm/upm.ko)
 *   UPM_TEST_SECONDS  how long tests that race go on (5)
 *   UPM_TEST_SLOW     factor for all time limits (1)
 *   UPM_FUZZ          rounds of the fuzzers (20000)
 *   UPM_SEED          random numbers of an earlier run
 */
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "klog.h"
#include "module.h"
#include "runner.h"

#define NAME_ROOM	128

/* Calls for each test that is wanted; the number of those. */
static int for_each(char **patterns, int nr,
		    void (*run)(const char *name, const struct test *test))
{
	const struct suite * const *suite;
	const struct test *test;
	char name[NAME_ROOM];
	int count = 0;

	for (suite = suites; *suite; suite++) {
		for (test = (*suite)->tests; test->name; test++) {
			snprintf(name, sizeof(name), "%s.%s", (*suite)->name,
				 test->name);
			if (!runner_wants(name, patterns, nr))
				continue;
			count++;
			if (run)
				run(name, test);
		}
	}
	return count;
}

static void list(const char *name, const struct test *test __unused)
{
	say("%s", name);
}

static int number, passed, failed, skipped;

static void bail_out(const char *why)
{
	say("Bail out! %s", why);
	exit(1);
}

static void run(const char *name, const struct test *test)
{
	double start = now();
	__u64 seed = 0;
	const char *c;

	/* The same numbers for the same test, whichever others run. */
	for (c = name; *c; c++)
		seed = seed * 31 + *c;
	random_seed(seed);
	switch (runner_test(test)) {
	case TEST_PASSED:
		passed++;
		say("ok %d %s # %.1fs", ++number, name, now() - start);
		break;
	case TEST_SKIPPED:
		skipped++;
		say("ok %d %s # SKIP %s", ++number, name, report_get()->text);
		break;
	case TEST_FAILED:
		failed++;
		say("not ok %d %s # %.1fs", ++number, name, now() - start);
		break;
	}
	if (kernel_died())
		bail_out("the kernel has oopsed, the rest would mean nothing");
}

static void last(const char *name, bool ok)
{
	ok ? passed++ : failed++;
	say("%sok %d %s", ok ? "" : "not ", ++number, name);
}

/* The module must go as it came, and leave nothing behind. */
static void finish(void)
{
	int leaks;

	klog_begin();
	last("module.unload", runner_unload() == 0 && !klog_complained());
	leaks = kmemleak_reports();
	if (leaks < 0) {
		skipped++;
		say("ok %d module.kmemleak # SKIP no kmemleak", ++number);
		return;
	}
	last("module.kmemleak", leaks == 0);
}

static void need_module(void)
{
	char why[512];
	int ret;

	if (geteuid())
		bail_out("root is needed");
	ret = runner_module("");
	if (!ret)
		return;
	snprintf(why, sizeof(why), "cannot load %s: %s%s", module_path(),
		 strerror(-ret),
		 ret == -ENOENT && access(module_path(), F_OK) == 0 ?
		 " (an unknown symbol, see the kernel log)" : "");
	bail_out(why);
}

int main(int argc, char **argv)
{
	char **patterns = argv + 1;
	int nr = argc - 1;

	if (nr && !strcmp(patterns[0], "--list")) {
		for_each(patterns + 1, nr - 1, list);
		return 0;
	}
	if (nr && patterns[0][0] == '-') {
		fprintf(stderr, "usage: %s [--list] [PATTERN...]\n", argv[0]);
		return 2;
	}
	number = for_each(patterns, nr, NULL);
	if (!number) {
		fprintf(stderr, "%s: no test matches\n", argv[0]);
		return 2;
	}
	say("TAP version 13");
	report_init();
	random_init();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	need_module();
	say("1..%d", number + 2);
	number = 0;
	for_each(patterns, nr, run);
	finish();
	note("passed %d, failed %d, skipped %d", passed, failed, skipped);
	return failed ? 1 : 0;
}
