/* SPDX-License-Identifier: GPL-2.0-only */
/* A swap area in memory, for as long as a test runs. */
#ifndef SELFTEST_SWAP_H
#define SELFTEST_SWAP_H

/* On zram or a RAM disk; or the test is skipped. */
void swap_begin(void);
void swap_end(void);

#endif /* SELFTEST_SWAP_H */
