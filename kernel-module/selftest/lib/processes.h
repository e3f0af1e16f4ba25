/* SPDX-License-Identifier: GPL-2.0-only */
/* The processes a test has left behind. They are ours: we are their subreaper. */
#ifndef SELFTEST_PROCESSES_H
#define SELFTEST_PROCESSES_H

#include "check.h"

/* Prints what each child is doing, for a test that hangs. */
void processes_note(void);
/* Kills and reaps all children, and theirs; false if some do not die. */
bool processes_end(void);

#endif /* SELFTEST_PROCESSES_H */
