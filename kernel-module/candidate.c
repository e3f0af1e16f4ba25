// SPDX-License-Identifier: GPL-2.0-only
/*
 * Candidates: pages seen once, that an equal page seen later can be merged with.
 *
 * A candidate is a note, not a claim: where a page with this key was, and no
 * reference to page, page table or memory. Whether it still is there is found out
 * when somebody comes to merge with it.
 *
 * The table has one candidate a key at most. A second page with the same key
 * either merges with the first or, if contents differ, is passed over; so chains
 * stay short even for somebody who can make hashes collide.
 *
 * Each is in two places, the table (by key) and its space's index (by page
 * number), and both change together under the lock of the index and that of the
 * bucket. Whoever takes it out of the bucket frees it. A caller that merges with
 * a candidate marks it claimed, and from then on goes by space, number and key:
 * it keeps no pointer to the candidate, which may be dropped at any time.
 */
#include <linux/mm.h>

#include "candidate.h"
#include "table.h"
#include "upm.h"

struct upm_table upm_candidates;

/**
 * upm_candidate_init() - make the table
 *
 * Return: 0, or a negative error.
 */
int upm_candidate_init(void)
{
	return upm_table_init(&upm_candidates, totalram_pages());
}

/**
 * upm_candidate_exit() - free the table; all spaces have been forgotten
 */
void upm_candidate_exit(void)
{
	upm_table_destroy(&upm_candidates);
}

/**
 * upm_candidate_count() - number of candidates
 *
 * Return: the number.
 */
unsigned long upm_candidate_count(void)
{
	return atomic_long_read(&upm_candidates.count);
}

/**
 * upm_candidate_bytes() - memory of candidates, their table and their indices
 *
 * The indices are taken as full nodes, which they are where candidates lie side
 * by side: 576 bytes for 64.
 *
 * Return: bytes.
 */
unsigned long upm_candidate_bytes(void)
{
	return upm_table_bytes(&upm_candidates) + upm_arena_bytes() +
	       upm_candidate_count() * 9;
}

/**
 * upm_candidate_table_fit() - shrink the table to what is in it
 */
void upm_candidate_table_fit(void)
{
	upm_table_shrink(&upm_candidates);
}

/* The candidate with a key and a domain in a locked bucket. */
static struct upm_candidate *find_key(struct upm_bucket *bucket, u64 key,
				      struct upm_domain *domain)
{
	struct upm_entry *each;

	for (each = upm_bucket_first(bucket); each; each = each->next) {
		struct upm_candidate *cand;

		if (each->key != key)
			continue;
		cand = container_of(each, struct upm_candidate, entry);
		/* Does not change while the space has candidates. */
		if (cand->space->domain == domain)
			return cand;
	}
	return NULL;
}

/* Whether one more candidate is within the limits. */
static bool within_limits(struct upm_domain *domain)
{
	return upm_candidate_count() < upm_limit_candidates() &&
	       atomic_long_read(&domain->candidates) <
		       upm_limit_domain_candidates();
}

/* Looks for an equal page in a locked bucket, and claims it. */
static enum upm_recorded claim(struct upm_bucket *bucket, u64 key,
			       struct upm_domain *domain,
			       struct upm_sighting *seen)
{
	struct upm_candidate *other = find_key(bucket, key, domain);

	if (!other)
		return UPM_RECORDED;
	if (other->where & UPM_CLAIMED)
		return UPM_CLAIMED_BY_OTHER;
	seen->space = other->space;
	seen->vpn = other->where;
	refcount_inc(&other->space->refs);
	other->where |= UPM_CLAIMED;
	return UPM_SEEN;
}

/* Adds a candidate, or claims its equal. The lock of the index is held. */
static enum upm_recorded add(struct xa_state *xas, struct upm_space *space,
			     struct upm_domain *domain, u64 key,
			     unsigned long *spare, struct upm_sighting *seen)
{
	struct upm_bucket *bucket = upm_table_lock(&upm_candidates, key);
	enum upm_recorded result = claim(bucket, key, domain, seen);
	struct upm_candidate *cand;

	if (result != UPM_RECORDED)
		goto unlock;
	result = UPM_FULL;
	if (!within_limits(domain))
		goto unlock;
	result = UPM_NO_MEMORY;
	cand = upm_arena_take(&space->arena, spare);
	if (!cand)
		goto unlock;
	cand->space = space;
	cand->where = xas->xa_index;
	cand->entry.key = key;
	upm_bucket_add(&upm_candidates, bucket, &cand->entry);
	upm_table_unlock(bucket);
	atomic_long_inc(&domain->candidates);
	atomic_long_inc(&space->candidates);

	xas_store(xas, cand);
	if (likely(!xas_error(xas)))
		return UPM_RECORDED;
	/* No node for the index; somebody may have claimed it, and will find out. */
	upm_candidate_unhash(cand);
	upm_arena_give(&space->arena, cand);
	return result;

unlock:
	upm_table_unlock(bucket);
	return result;
}

/**
 * upm_candidate_record() - remember a page, or find its equal
 * @space:  the page's address space; mm_users is held by the caller
 * @domain: domain of the call
 * @vpn:    page number
 * @key:    key of the content
 * @spare:  a page for candidates, allocated ahead, or 0
 * @seen:   UPM_SEEN: where the equal page is; its space is referenced
 *
 * If the page was a candidate with another key, that one is forgotten.
 *
 * Return: what was done.
 */
enum upm_recorded upm_candidate_record(struct upm_space *space,
				       struct upm_domain *domain,
				       unsigned long vpn, u64 key,
				       unsigned long *spare,
				       struct upm_sighting *seen)
{
	XA_STATE(xas, &space->index, vpn);
	enum upm_recorded result = UPM_RECORDED;
	struct upm_candidate *old;

	/* Always: what room the arena has may go before the lock is got. */
	if (unlikely(!*spare))
		*spare = upm_arena_page();

	xas_lock(&xas);
	if (unlikely(space->domain != domain || space->moving)) {
		xas_unlock(&xas);
		return UPM_MOVED;
	}
	old = xas_load(&xas);
	/* Only calls on this space change it, under this lock. */
	if (old && old->entry.key == key)
		goto unlock;
	if (old) {
		upm_candidate_take_out(&xas, old);
		xas_reset(&xas);
	}
	result = add(&xas, space, domain, key, spare, seen);
unlock:
	xas_unlock(&xas);
	upm_table_grow(&upm_candidates);
	return result;
}

/**
 * upm_candidate_unclaim() - let others merge with a candidate again
 * @seen: from upm_candidate_record(); its space is put
 * @key:  its key
 */
void upm_candidate_unclaim(struct upm_sighting *seen, u64 key)
{
	struct upm_bucket *bucket = upm_table_lock(&upm_candidates, key);
	struct upm_candidate *cand = upm_candidate_find(bucket, key, seen);

	if (cand)
		cand->where &= ~UPM_CLAIMED;
	upm_table_unlock(bucket);
	upm_space_put(seen->space);
	seen->space = NULL;
}

/**
 * upm_candidate_is_claimed() - whether a claim still stands
 * @seen: from upm_candidate_record(); the mmap_lock of its process is held
 * @key:  its key
 *
 * If its process has it un-merged meanwhile it does not, and the page must be left
 * alone: un-merging waits for those who hold mmap_lock, and not for those to come.
 *
 * Return: true if so.
 */
bool upm_candidate_is_claimed(struct upm_sighting *seen, u64 key)
{
	struct upm_bucket *bucket = upm_table_lock(&upm_candidates, key);
	bool found = upm_candidate_find(bucket, key, seen);

	upm_table_unlock(bucket);
	return found;
}

/**
 * upm_candidate_is() - whether a page is a candidate
 * @space: its address space
 * @vpn:   page number
 *
 * Return: true if so.
 */
bool upm_candidate_is(struct upm_space *space, unsigned long vpn)
{
	return xa_load(&space->index, vpn);
}

/**
 * upm_candidate_next() - the first candidate at or after a page
 * @space: the address space
 * @vpn:   page number
 *
 * Return: its page number, or ULONG_MAX.
 */
unsigned long upm_candidate_next(struct upm_space *space, unsigned long vpn)
{
	return xa_find(&space->index, &vpn, ULONG_MAX, XA_PRESENT) ? vpn :
								   ULONG_MAX;
}
