/* SPDX-License-Identifier: GPL-2.0-only */
/* Which physical page is where, and what the kernel says of it. */
#ifndef SELFTEST_PHYS_H
#define SELFTEST_PHYS_H

#include <sys/types.h>

#include "check.h"

/* Bits of /proc/PID/pagemap. */
#define PM_SOFT_DIRTY	BIT_ULL(55)
#define PM_EXCLUSIVE	BIT_ULL(56)
#define PM_UFFD_WP	BIT_ULL(57)
#define PM_FILE		BIT_ULL(61)
#define PM_SWAPPED	BIT_ULL(62)
#define PM_PRESENT	BIT_ULL(63)
#define PM_PFN		(BIT_ULL(55) - 1)

/* Bits of /proc/kpageflags. */
#define KPF_LRU		BIT_ULL(5)
#define KPF_BUDDY	BIT_ULL(10)
#define KPF_ANON	BIT_ULL(12)
#define KPF_HWPOISON	BIT_ULL(19)
#define KPF_KSM		BIT_ULL(21)
#define KPF_THP		BIT_ULL(22)
#define KPF_ZERO_PAGE	BIT_ULL(24)

/* Entries of pagemap of @pages pages; @pid 0 is this process. */
void pagemap_read(pid_t pid, const void *addr, size_t pages, __u64 *entries);
__u64 pagemap_entry(pid_t pid, const void *addr);
/* Page frame, 0 if the page is not present. */
__u64 pfn_of(pid_t pid, const void *addr);
__u64 pfn_flags(__u64 pfn);
__u64 pfn_mapcount(__u64 pfn);
/*
 * Whether a frame holds a page as the module makes them: anonymous, of KSM's type,
 * and not on the LRU. Some kernels report that type for all anonymous pages.
 */
bool pfn_is_merged(__u64 pfn);
bool page_is_merged(pid_t pid, const void *addr);
/* Has CPUs give back the pages on their way to or from the LRU. */
void lru_drain(void);
/* kB of memory free, including what is kept at hand for single CPUs. */
long long memory_free_kb(void);

/* kB of a line of /proc/PID/smaps, for the mapping that holds @addr. */
long smaps_kb(pid_t pid, const void *addr, const char *word);
bool smaps_has_flag(pid_t pid, const void *addr, const char *flag);

#endif /* SELFTEST_PHYS_H */
