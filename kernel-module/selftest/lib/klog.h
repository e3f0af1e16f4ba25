/* SPDX-License-Identifier: GPL-2.0-only */
/* Complaints of the kernel: its log, its taint flags, leaks it found. */
#ifndef SELFTEST_KLOG_H
#define SELFTEST_KLOG_H

#include "check.h"

/* From here on. */
void klog_begin(void);
/* Whether it complained since then; the lines are printed. */
bool klog_complained(void);
/* It has died; nothing after that means anything. */
bool kernel_died(void);
/* Unreferenced objects kmemleak reports for the module; -1 without kmemleak. */
int kmemleak_reports(void);

#endif /* SELFTEST_KLOG_H */
