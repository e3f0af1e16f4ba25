/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTEST_RUNNER_H
#define SELFTEST_RUNNER_H

#include "suite.h"

enum outcome {
	TEST_PASSED,
	TEST_FAILED,
	TEST_SKIPPED,
};

/* Has the module loaded with these parameters: 0 or -errno. */
int runner_module(const char *params);
int runner_unload(void);
enum outcome runner_test(const struct test *test);
/* Whether one of the patterns is part of a name, or matches it as a glob. */
bool runner_wants(const char *name, char **patterns, int nr);

#endif /* SELFTEST_RUNNER_H */
