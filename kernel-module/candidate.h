/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UPM_CANDIDATE_H
#define UPM_CANDIDATE_H

#include "upm.h"

/* In @where of a candidate, above any page number. */
#define UPM_CLAIMED	BIT(63)
/* @where of one that is not in use. */
#define UPM_UNUSED	ULONG_MAX

/**
 * struct upm_candidate - a page seen once
 * @entry: in the table; in the list of unused ones of its page if it is none
 * @space: whose page
 * @where: page number, and UPM_CLAIMED; or UPM_UNUSED
 */
struct upm_candidate {
	struct upm_entry entry;
	struct upm_space *space;
	unsigned long where;
};

/**
 * struct upm_arena_page - a page of candidates
 * @list:   in a list of its arena
 * @unused: candidates that are not in use
 * @nr:     candidates in use
 * @cand:   candidates
 */
struct upm_arena_page {
	struct list_head list;
	struct upm_entry *unused;
	unsigned long nr;
	struct upm_candidate cand[];
};

#define UPM_ARENA_CANDS	((PAGE_SIZE - sizeof(struct upm_arena_page)) / \
			 sizeof(struct upm_candidate))

extern struct upm_table upm_candidates;

struct upm_candidate *upm_candidate_find(struct upm_bucket *bucket, u64 key,
					 const struct upm_sighting *page);
void upm_candidate_unhash(struct upm_candidate *cand);
void upm_candidate_take_out(struct xa_state *xas, struct upm_candidate *cand);

#endif /* UPM_CANDIDATE_H */
