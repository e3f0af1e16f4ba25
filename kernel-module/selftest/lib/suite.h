/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTEST_SUITE_H
#define SELFTEST_SUITE_H

#include "area.h"
#include "check.h"
#include "files.h"

/**
 * struct test - one line of the report
 * @name:    unique in its suite
 * @run:     returns if all is well; is run in a process of its own
 * @params:  load the module anew with these parameters for it
 * @seconds: killed after so long, times $UPM_TEST_SLOW; 0 means 120
 * @keeps:   the module does not have to be empty afterwards
 */
struct test {
	const char *name;
	void (*run)(void);
	const char *params;
	unsigned int seconds;
	bool keeps;
};

/**
 * struct suite - tests of one theme
 * @name:  theme
 * @tests: ended by one without a name
 */
struct suite {
	const char *name;
	const struct test *tests;
};

/* All suites, in the order in which they run; ended by NULL. */
extern const struct suite * const suites[];

#endif /* SELFTEST_SUITE_H */
