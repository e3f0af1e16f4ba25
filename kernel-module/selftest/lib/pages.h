/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of this process with known content. Page i of memory filled from a
 * seed holds what only the number seed + i gives, so equal numbers are equal
 * pages and others are not.
 */
#ifndef SELFTEST_PAGES_H
#define SELFTEST_PAGES_H

#include "check.h"

#define PAGE_WORDS	(PAGE / sizeof(__u64))

/* A mapping of its own between two guard pages, without huge pages. */
char *pages_map(size_t pages);
void pages_unmap(char *addr, size_t pages);
/* Two MiB aligned memory in one huge page; skips the test if there is none. */
char *huge_map(void);
bool huge_is(const void *addr);

__u64 page_word(__u64 number, unsigned int index);
void page_fill(char *page, __u64 number);
bool page_holds(const char *page, __u64 number);
void pages_fill(char *addr, size_t pages, __u64 seed);
/* Index of the first page with other content, or @pages. */
size_t pages_differ(const char *addr, size_t pages, __u64 seed);

/* A seed nobody has used yet, with room for a million pages behind it. */
__u64 seed_new(void);

#endif /* SELFTEST_PAGES_H */
