/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An area is memory with known content, in this process or in a peer, and what
 * tests want to be sure of about it.
 */
#ifndef SELFTEST_AREA_H
#define SELFTEST_AREA_H

#include "pages.h"
#include "peer.h"
#include "phys.h"

/**
 * struct area - pages of a process
 * @peer:  whose; NULL for this process
 * @addr:  where
 * @pages: how many
 * @seed:  their content
 */
struct area {
	struct peer *peer;
	char *addr;
	size_t pages;
	__u64 seed;
};

/* Maps and fills it. */
struct area area_new(struct peer *peer, size_t pages, __u64 seed);
/* Part of an area as one of its own. */
struct area area_part(const struct area *area, size_t first, size_t pages);
void area_fill(struct area *area, __u64 seed);
/* madvise() by its owner: 0 or -errno. */
int area_advise(const struct area *area, int advice);

/* Calls of the owner on its area; they must succeed. */
struct upm_counts area_merge(const struct area *area);
struct upm_counts area_merge_split(const struct area *area);
struct upm_counts area_unmerge(const struct area *area);
struct upm_counts area_query(const struct area *area);
/* A call of the owner, with everything that can be said: 0 or -errno. */
int area_call(const struct area *area, unsigned long nr, unsigned int flags,
	      unsigned long domain, struct upm_counts *counts);
/* A call of this process on the area of a peer, by a pidfd: 0 or -errno. */
int area_call_remote(const struct area *area, unsigned long nr,
		     unsigned int flags, struct upm_counts *counts);
/* Merges until all pages are shared; a page may have been busy. */
void area_settle(const struct area *area);
/* The same for equal areas that may have been advised already, or unmerged. */
void areas_settle(const struct area *areas, unsigned int nr);

/* First word of a page. */
void area_write(const struct area *area, size_t page, __u64 value);
__u64 area_read(const struct area *area, size_t page);

/* Page frames, to compare with later ones. */
void area_frames(const struct area *area, __u64 *frames);

/* The content is what it should be. */
#define area_check(area)		(HERE(), __area_check(area))
/* All pages at the same frames, merged, with @count mappings (0: any). */
#define expect_shared(a, b, count)	(HERE(), __expect_shared(a, b, count))
/* All pages present, not merged, with one mapping each. */
#define expect_own(area)		(HERE(), __expect_own(area))
/* All pages at these frames. */
#define expect_frames(area, frames)	(HERE(), __expect_frames(area, frames))
/* The kernel charges the mapping with its share of @count sharers only. */
#define expect_pss(area, count)		(HERE(), __expect_pss(area, count))

void __area_check(const struct area *area);
void __expect_shared(const struct area *a, const struct area *b, int count);
void __expect_own(const struct area *area);
void __expect_frames(const struct area *area, const __u64 *frames);
void __expect_pss(const struct area *area, int count);

/* Peers with areas that are merged already. */
void merged_areas(struct area *areas, unsigned int nr, size_t pages);

/* Two processes with the same content: not yet advised, or merged. */
void equal_pair(struct area *a, struct area *b, size_t pages);
void merged_pair(struct area *a, struct area *b, size_t pages);

#endif /* SELFTEST_AREA_H */
