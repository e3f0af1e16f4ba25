// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dropping candidates: one that was merged or has changed, those of a range, all of
 * a process that has ended.
 */
#include <linux/mm.h>
#include <linux/sched.h>

#include "candidate.h"
#include "table.h"
#include "upm.h"

/**
 * upm_candidate_find() - the candidate of a page
 * @bucket: bucket of the key, locked
 * @key:    the key
 * @page:   the page
 *
 * Return: the candidate, or NULL.
 */
struct upm_candidate *upm_candidate_find(struct upm_bucket *bucket, u64 key,
					 const struct upm_sighting *page)
{
	struct upm_entry *each;

	for (each = upm_bucket_first(bucket); each; each = each->next) {
		struct upm_candidate *cand;

		cand = container_of(each, struct upm_candidate, entry);
		if (each->key == key && cand->space == page->space &&
		    (cand->where & ~UPM_CLAIMED) == page->vpn)
			return cand;
	}
	return NULL;
}

static void uncount(struct upm_candidate *cand)
{
	atomic_long_dec(&cand->space->domain->candidates);
	atomic_long_dec(&cand->space->candidates);
}

/**
 * upm_candidate_unhash() - take a candidate out of the table
 * @cand: the candidate; the lock of its index is held
 */
void upm_candidate_unhash(struct upm_candidate *cand)
{
	struct upm_bucket *bucket = upm_table_lock(&upm_candidates, cand->entry.key);

	WARN_ON_ONCE(!upm_bucket_del(&upm_candidates, bucket, &cand->entry));
	upm_table_unlock(bucket);
	uncount(cand);
}

/**
 * upm_candidate_take_out() - take a candidate out of table and index, and free it
 * @xas:  where it is in the index, whose lock is held
 * @cand: the candidate
 */
void upm_candidate_take_out(struct xa_state *xas, struct upm_candidate *cand)
{
	struct upm_space *space = cand->space;

	upm_candidate_unhash(cand);
	xas_store(xas, NULL);
	upm_arena_give(&space->arena, cand);
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
	struct upm_bucket *bucket;

	xa_lock(&space->index);
	/*
	 * It may be gone. The table tells; the index of a space that is being
	 * forgotten does not.
	 */
	bucket = upm_table_lock(&upm_candidates, key);
	cand = upm_candidate_find(bucket, key, seen);
	if (cand)
		upm_bucket_del(&upm_candidates, bucket, &cand->entry);
	upm_table_unlock(bucket);
	if (cand) {
		uncount(cand);
		__xa_erase(&space->index, seen->vpn);
		upm_arena_give(&space->arena, cand);
	}
	xa_unlock(&space->index);
	upm_space_put(space);
	seen->space = NULL;
}

/**
 * upm_candidate_forget() - forget a page that is no candidate any more
 * @space: its address space; mm_users is held by the caller
 * @vpn:   page number
 */
void upm_candidate_forget(struct upm_space *space, unsigned long vpn)
{
	XA_STATE(xas, &space->index, vpn);
	struct upm_candidate *cand;

	if (!atomic_long_read(&space->candidates) || !xa_load(&space->index, vpn))
		return;
	xas_lock(&xas);
	cand = xas_load(&xas);
	if (cand)
		upm_candidate_take_out(&xas, cand);
	xas_unlock(&xas);
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
	unsigned long dropped = 0, stop;

	do {
		struct upm_candidate *cand;

		stop = min(dropped + 64, most);
		xas_lock(&xas);
		if (space->dead) {
			xas_unlock(&xas);
			break;
		}
		/*
		 * Set anew for each part: xas_pause() after an entry was erased
		 * steps from the node above, if that was the last in its own.
		 */
		xas_set(&xas, first);
		xas_for_each(&xas, cand, last) {
			if (dropped == stop)
				break;
			first = xas.xa_index + 1;
			upm_candidate_take_out(&xas, cand);
			dropped++;
		}
		xas_unlock(&xas);
		cond_resched();
	} while (dropped == stop && dropped < most);
	return dropped;
}

/* Takes the candidates of one page out of the table, and the page out of the arena. */
static void drop_page(struct upm_space *space, struct upm_arena_page *page)
{
	unsigned long dropped = 0;
	unsigned int i;

	for (i = 0; i < UPM_ARENA_CANDS; i++) {
		struct upm_candidate *cand = &page->cand[i];
		struct upm_bucket *bucket;

		if (cand->where == UPM_UNUSED)
			continue;
		bucket = upm_table_lock(&upm_candidates, cand->entry.key);
		upm_bucket_del(&upm_candidates, bucket, &cand->entry);
		upm_table_unlock(bucket);
		dropped++;
	}
	atomic_long_sub(dropped, &space->domain->candidates);
	atomic_long_sub(dropped, &space->candidates);
	upm_arena_drop(page);
}

/**
 * upm_candidate_drop_all() - forget all candidates of a space that has ended
 * @space: the space; nobody adds any, as its mm_users is 0, or nobody can call
 *
 * By page of memory, not by page number, and without taking each out of the index.
 */
void upm_candidate_drop_all(struct upm_space *space)
{
	struct upm_arena_page *page;

	do {
		xa_lock(&space->index);
		space->dead = true;
		page = upm_arena_first(&space->arena);
		if (page)
			drop_page(space, page);
		xa_unlock(&space->index);
		cond_resched();
	} while (page);
	/* Its entries point to nothing, and are not looked at. */
	xa_destroy(&space->index);
}
