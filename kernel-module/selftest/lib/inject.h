/* SPDX-License-Identifier: GPL-2.0-only */
/* Failing allocations, by the kernel's fault injection. */
#ifndef SELFTEST_INJECT_H
#define SELFTEST_INJECT_H

#include "check.h"

/* Prepares slab and page allocations to fail; or the test is skipped. */
void inject_begin(void);
/* @percent of this process' allocations fail, until it is 0. */
void inject_percent(unsigned int percent);
/* The @nth allocation of this thread from now on fails. */
void inject_nth(unsigned int nth);
/* Ends that; whether it has failed. */
bool inject_was_hit(void);

#endif /* SELFTEST_INJECT_H */
