/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls as 32-bit programs make them, from a 64-bit one: by int $0x80, with
 * the old numbers, and with pointers below 4 GiB.
 */
#ifndef SELFTEST_INT80_H
#define SELFTEST_INT80_H

#include "check.h"

#define INT80_GETPID	20
#define INT80_IOCTL	54
#define INT80_MADVISE	219

/* -errno on failure, as it comes from the kernel. */
int int80(int nr, unsigned int a, unsigned int b, unsigned int c);
/* Skips the test where the kernel has no 32-bit system calls. */
void int80_need(void);
/* Memory that a 32-bit pointer reaches, without huge pages. */
char *int80_map(size_t pages);

#endif /* SELFTEST_INT80_H */
