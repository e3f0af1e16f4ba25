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
#include <linux/slab.h>

#include "upm.h"

/* In @where of a candidate, above any page number. */
#define CLAIMED		BIT(63)

/**
 * struct upm_candidate - a page seen once
 * @entry: in the table
 * @space: whose page
 * @where: page number, and CLAIMED
 */
struct upm_candidate {
	struct upm_entry entry;
	struct upm_space *space;
	unsigned long where;
};

static struct upm_table table;
static struct kmem_cache *cache;

/**
 * upm_candidate_init() - make the table
 */
int upm_candidate_init(void)
{
	/* Accounted: bookkeeping is paid by the container that asked for it. */
	cache = KMEM_CACHE(upm_candidate, SLAB_ACCOUNT);
	if (!cache)
		return -ENOMEM;
	if (upm_table_init(&table, totalram_pages())) {
		kmem_cache_destroy(cache);
		cache = NULL;
		return -ENOMEM;
	}
	return 0;
}

/**
 * upm_candidate_exit() - free the table; all spaces have been forgotten
 */
void upm_candidate_exit(void)
{
	upm_table_destroy(&table);
	kmem_cache_destroy(cache);
}

/**
 * upm_candidate_count() - number of candidates
 */
unsigned long upm_candidate_count(void)
{
	return atomic_long_read(&table.count);
}

/**
 * upm_candidate_bytes() - memory of candidates, their table and their indices
 *
 * The indices are taken as full nodes, which they are where candidates lie side
 * by side: 576 bytes for 64.
 */
unsigned long upm_candidate_bytes(void)
{
	return upm_table_bytes(&table) +
	       upm_candidate_count() * (sizeof(struct upm_candidate) + 9);
}

/**
 * upm_candidate_table_fit() - shrink the table to what is in it
 */
void upm_candidate_table_fit(void)
{
	upm_table_shrink(&table);
}

/* A spare candidate, from a batch: one by one they cost three times as much. */
static struct upm_candidate *spare_take(struct upm_spares *spares)
{
	if (!spares->nr) {
		spares->nr = kmem_cache_alloc_bulk(cache,
						   GFP_KERNEL | __GFP_NOWARN |
						   __GFP_NORETRY,
						   UPM_SPARES,
						   (void **)spares->cand);
		if (!spares->nr)
			return NULL;
	}
	return spares->cand[--spares->nr];
}

/**
 * upm_spares_free() - free what was not used
 * @spares: candidates
 */
void upm_spares_free(struct upm_spares *spares)
{
	if (spares->nr)
		kmem_cache_free_bulk(cache, spares->nr, (void **)spares->cand);
	spares->nr = 0;
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

/* The candidate of a page in a locked bucket. */
static struct upm_candidate *find_page(struct upm_bucket *bucket, u64 key,
				       const struct upm_sighting *page)
{
	struct upm_entry *each;

	for (each = upm_bucket_first(bucket); each; each = each->next) {
		struct upm_candidate *cand;

		cand = container_of(each, struct upm_candidate, entry);
		if (each->key == key && cand->space == page->space &&
		    (cand->where & ~CLAIMED) == page->vpn)
			return cand;
	}
	return NULL;
}

/* Takes a candidate out of the table. The caller holds the lock of the index. */
static void unhash(struct upm_candidate *cand)
{
	struct upm_bucket *bucket = upm_table_lock(&table, cand->entry.key);

	WARN_ON_ONCE(!upm_bucket_del(&table, bucket, &cand->entry));
	upm_table_unlock(bucket);
	atomic_long_dec(&cand->space->domain->candidates);
	atomic_long_dec(&cand->space->candidates);
}

/* Whether one more candidate is within the limits. */
static bool within_limits(struct upm_domain *domain)
{
	return upm_candidate_count() < upm_limit_candidates() &&
	       atomic_long_read(&domain->candidates) <
		       upm_limit_domain_candidates();
}

/**
 * upm_candidate_record() - remember a page, or find its equal
 * @space:  the page's address space; mm_users is held by the caller
 * @domain: domain of the call
 * @vpn:    page number
 * @key:    key of the content
 * @spares: candidates to take from
 * @seen:   UPM_SEEN: where the equal page is; its space is referenced
 *
 * If the page was a candidate with another key, that one is forgotten.
 */
enum upm_recorded upm_candidate_record(struct upm_space *space,
				       struct upm_domain *domain,
				       unsigned long vpn, u64 key,
				       struct upm_spares *spares,
				       struct upm_sighting *seen)
{
	struct upm_candidate *cand, *old, *other, *unused;
	enum upm_recorded result = UPM_RECORDED;
	struct upm_bucket *bucket;

	cand = spare_take(spares);
	if (!cand)
		return UPM_NO_MEMORY;
	cand->entry.key = key;
	cand->space = space;
	cand->where = vpn;
	unused = cand;

	xa_lock(&space->index);
	if (space->domain != domain) {
		result = UPM_MOVED;
		goto unlock;
	}
	old = xa_load(&space->index, vpn);
	if (old) {
		/* Only this space's callers change it, under this lock. */
		if (old->entry.key == key)
			goto unlock;
		unhash(old);
	}

	bucket = upm_table_lock(&table, key);
	other = find_key(bucket, key, domain);
	if (other) {
		result = other->where & CLAIMED ? UPM_CLAIMED : UPM_SEEN;
		if (result == UPM_SEEN) {
			other->where |= CLAIMED;
			refcount_inc(&other->space->refs);
			seen->space = other->space;
			seen->vpn = other->where & ~CLAIMED;
		}
	} else if (!within_limits(domain)) {
		result = UPM_FULL;
	} else {
		upm_bucket_add(&table, bucket, &cand->entry);
		atomic_long_inc(&domain->candidates);
		atomic_long_inc(&space->candidates);
		unused = NULL;
	}
	upm_table_unlock(bucket);

	if (unused) {
		/* Not recorded; the slot is empty again if it was taken. */
		if (old)
			__xa_erase(&space->index, vpn);
	} else if (xa_is_err(__xa_store(&space->index, vpn, cand,
					GFP_NOWAIT | __GFP_NOWARN |
					__GFP_ACCOUNT))) {
		unhash(cand);
		if (old)
			__xa_erase(&space->index, vpn);
		unused = cand;
		result = UPM_NO_MEMORY;
	}
	xa_unlock(&space->index);
	if (old)
		kmem_cache_free(cache, old);
	goto out;

unlock:
	xa_unlock(&space->index);
out:
	/* Goes back where it came from: there is room, it was taken from there. */
	if (unused)
		spares->cand[spares->nr++] = unused;
	upm_table_grow(&table);
	return result;
}

/**
 * upm_candidate_unclaim() - let others merge with a candidate again
 * @seen: from upm_candidate_record(); its space is put
 * @key:  its key
 */
void upm_candidate_unclaim(struct upm_sighting *seen, u64 key)
{
	struct upm_bucket *bucket = upm_table_lock(&table, key);
	struct upm_candidate *cand = find_page(bucket, key, seen);

	if (cand)
		cand->where &= ~CLAIMED;
	upm_table_unlock(bucket);
	upm_space_put(seen->space);
	seen->space = NULL;
}

/**
 * upm_candidate_drop() - forget a candidate that was claimed
 * @seen: from upm_candidate_record(); its space is put
 * @key:  its key
 */
void upm_candidate_drop(struct upm_sighting *seen, u64 key)
{
	struct upm_space *space = seen->space;
	struct upm_candidate *cand;

	xa_lock(&space->index);
	cand = xa_load(&space->index, seen->vpn);
	/* It may be gone, and another one in its place. */
	if (cand && cand->entry.key == key) {
		unhash(cand);
		__xa_erase(&space->index, seen->vpn);
	} else {
		cand = NULL;
	}
	xa_unlock(&space->index);
	if (cand)
		kmem_cache_free(cache, cand);
	upm_space_put(space);
	seen->space = NULL;
}

/**
 * upm_candidate_forget() - forget a page that is no candidate any more
 * @space: its address space
 * @vpn:   page number
 */
void upm_candidate_forget(struct upm_space *space, unsigned long vpn)
{
	struct upm_candidate *cand;

	if (!atomic_long_read(&space->candidates) || !xa_load(&space->index, vpn))
		return;
	xa_lock(&space->index);
	cand = __xa_erase(&space->index, vpn);
	if (cand)
		unhash(cand);
	xa_unlock(&space->index);
	if (cand)
		kmem_cache_free(cache, cand);
}

/**
 * upm_candidate_is() - whether a page is a candidate
 * @space: its address space
 * @vpn:   page number
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

/**
 * upm_candidate_drop_range() - forget candidates of a space
 * @space: the space
 * @first: first page number
 * @last:  last page number
 * @most:  at most so many
 *
 * Return: how many.
 */
unsigned long upm_candidate_drop_range(struct upm_space *space,
				       unsigned long first, unsigned long last,
				       unsigned long most)
{
	XA_STATE(xas, &space->index, first);
	unsigned long dropped = 0;

	while (dropped < most) {
		struct upm_candidate *cand;
		void *gone[64];
		unsigned int nr = 0;

		xas_lock(&xas);
		xas_for_each(&xas, cand, last) {
			unhash(cand);
			xas_store(&xas, NULL);
			gone[nr++] = cand;
			if (nr == ARRAY_SIZE(gone) || dropped + nr == most) {
				xas_pause(&xas);
				break;
			}
		}
		xas_unlock(&xas);
		if (!nr)
			break;
		kmem_cache_free_bulk(cache, nr, gone);
		dropped += nr;
		cond_resched();
	}
	return dropped;
}
