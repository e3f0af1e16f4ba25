// SPDX-License-Identifier: GPL-2.0-only
/*
 * Merging a page with a candidate.
 *
 * The first of the two is in another process, as a rule: its mmap_lock is taken
 * after the caller's own was dropped, never both. There, the candidate's page is
 * replaced by a copy of the caller's page, if it is equal to that. Then, back at
 * home, so is the caller's own page. Between the two the copy is an ordinary stable
 * page that others may merge with already.
 *
 * Every claim taken by a batch ends here: with the candidate dropped, since its
 * page has become a stable page or something else, or given free again.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/sched/mm.h>

#include "trace.h"
#include "upm.h"

/* Milliseconds to wait for the mmap_lock of another process. */
#define PEER_WAIT_MS	10

/*
 * Another process may hold its lock for as long as it likes; the caller's own
 * progress must not depend on it.
 */
static bool peer_lock(struct mm_struct *mm)
{
	unsigned int ms;

	for (ms = 0; !mmap_read_trylock(mm); ms++) {
		if (ms == PEER_WAIT_MS)
			return false;
		usleep_range(500, 1000);
	}
	return true;
}

static void count_shared(struct upm_ctx *ctx)
{
	ctx->counts.examined++;
	ctx->counts.shared++;
}

/* The candidate's page was replaced: tell the table, then forget the candidate. */
static void keep_stable(struct upm_ctx *ctx, struct upm_slot *slot,
			struct upm_stable *node)
{
	/* For the slot; the table's own is the one the page came with. */
	slot->stable = upm_stable_page_of(node);
	get_page(slot->stable);
	upm_stable_add(node);
	ctx->counts.merged_peer++;
	atomic64_inc(&slot->seen.space->peer_merged);
	upm_candidate_drop(&slot->seen, slot->key);
}

/* The page could not be merged with the candidate. */
static void fail(struct upm_ctx *ctx, struct upm_slot *slot, enum upm_skip why)
{
	if (why == UPM_SKIP_CHANGED || why == UPM_SKIP_POISON) {
		/* It is the candidate that is not what it was: go on without. */
		upm_candidate_drop(&slot->seen, slot->key);
		upm_put_off(ctx, slot->addr, UPM_SKIP_BUSY);
		return;
	}
	upm_candidate_unclaim(&slot->seen, slot->key);
	upm_put_off(ctx, slot->addr, why);
}

/* Replaces the candidate's page, which is @page. */
static void pair_page(struct upm_ctx *ctx, struct upm_slot *slot,
		      struct vm_area_struct *vma, struct page *page)
{
	struct upm_stable *node;
	enum upm_skip why;
	int result;

	node = upm_stable_new(ctx->domain, slot->key, slot->page, &why);
	if (!node) {
		fail(ctx, slot, why);
		return;
	}
	if (page_folio(page) == page_folio(slot->page)) {
		/*
		 * Both are parts of one huge page, which can be split while there
		 * is one reference. The slot's page will be met again.
		 */
		put_page(slot->page);
		slot->page = NULL;
	}
	result = upm_replace(vma, page, upm_stable_page_of(node), slot->key,
			     ctx->domain);
	if (result == UPM_REPLACED) {
		keep_stable(ctx, slot, node);
	} else {
		upm_stable_cancel(node);
		fail(ctx, slot, result);
	}
}

/*
 * Looks at the candidate's page. Its process' mmap_lock is held; @tracked tells that
 * soft-dirty bits of that were reset since, and no page of it is merged any more.
 */
static void pair_peer(struct upm_ctx *ctx, struct upm_slot *slot, bool tracked)
{
	unsigned long addr = slot->seen.vpn << PAGE_SHIFT;
	struct vm_area_struct *vma;
	enum upm_skip why;
	struct page *page;

	vma = tracked ? NULL : vma_lookup(slot->seen.space->mm, addr);
	if (!vma || !upm_vma_fits(vma, &why) ||
	    !upm_candidate_is_claimed(&slot->seen, slot->key) ||
	    upm_walk_one(vma, addr, &page) != UPM_PAGE) {
		fail(ctx, slot, UPM_SKIP_CHANGED);
		return;
	}
	if (page == slot->page) {
		/* Shared since a fork, by no doing of ours. */
		upm_candidate_unclaim(&slot->seen, slot->key);
		count_shared(ctx);
	} else if (PageHWPoison(page)) {
		fail(ctx, slot, UPM_SKIP_POISON);
	} else if (PageCompound(page) && !ctx->split) {
		fail(ctx, slot, UPM_SKIP_HUGE);
	} else if (upm_page_is_held(page)) {
		fail(ctx, slot, UPM_SKIP_PINNED);
	} else {
		pair_page(ctx, slot, vma, page);
	}
	put_page(page);
}

/* Deals with the slots from @i on whose candidates are in one space. */
static unsigned int pair_space(struct upm_ctx *ctx, unsigned int i)
{
	struct upm_space *space = ctx->slots[i].seen.space;
	struct mm_struct *mm = space->mm;
	bool alive = mmget_not_zero(mm);
	bool locked = alive && peer_lock(mm);
	bool tracked = locked && upm_mm_is_tracked(mm);

	/* The claims put the space; it is still needed to compare. */
	refcount_inc(&space->refs);
	for (; i < ctx->nr_slots; i++) {
		struct upm_slot *slot = &ctx->slots[i];

		if (!slot->paired)
			continue;
		if (slot->seen.space != space)
			break;
		/* Others want it, or the processor: one page is as good as a batch. */
		if (locked && (mmap_lock_is_contended(mm) || need_resched())) {
			mmap_read_unlock(mm);
			cond_resched();
			locked = peer_lock(mm);
			tracked = locked && upm_mm_is_tracked(mm);
		}
		if (locked)
			pair_peer(ctx, slot, tracked);
		else
			fail(ctx, slot, alive ? UPM_SKIP_BUSY : UPM_SKIP_CHANGED);
	}
	if (locked)
		mmap_read_unlock(mm);
	/* Were it the last, the exit of that process would not be our business. */
	if (alive)
		mmput_async(mm);
	upm_space_put(space);
	return i;
}

/* Replaces the caller's own page. mmap_lock is held. */
static void pair_own(struct upm_ctx *ctx, struct upm_slot *slot)
{
	struct vm_area_struct *vma = vma_lookup(ctx->mm, slot->addr);
	enum upm_skip why;
	int result;

	if (!vma || !upm_vma_fits(vma, &why)) {
		upm_count_skip(&ctx->counts, UPM_SKIP_CHANGED, 1);
		return;
	}
	result = upm_replace(vma, slot->page, slot->stable, slot->key, ctx->domain);
	if (result != UPM_REPLACED) {
		upm_put_off(ctx, slot->addr, result);
		return;
	}
	ctx->counts.examined++;
	ctx->counts.merged++;
	upm_candidate_forget(ctx->space, slot->addr >> PAGE_SHIFT);
}

/**
 * upm_pair_batch() - merge the paired pages of a batch with their candidates
 * @ctx: the call; no mmap_lock is held
 *
 * References and claims of the batch are given up.
 */
void upm_pair_batch(struct upm_ctx *ctx)
{
	bool any = false, locked, tracked;
	unsigned int i;

	for (i = 0; i < ctx->nr_slots; ) {
		if (!ctx->slots[i].paired) {
			i++;
			continue;
		}
		any = true;
		i = pair_space(ctx, i);
	}
	if (!any)
		return;

	locked = !mmap_read_lock_killable(ctx->mm);
	tracked = locked && upm_mm_is_tracked(ctx->mm);
	for (i = 0; i < ctx->nr_slots; i++) {
		struct upm_slot *slot = &ctx->slots[i];

		if (!slot->paired)
			continue;
		if (slot->stable) {
			if (tracked)
				upm_count_skip(&ctx->counts, UPM_SKIP_SOFT_DIRTY, 1);
			else if (locked && slot->page)
				pair_own(ctx, slot);
			else
				upm_put_off(ctx, slot->addr, UPM_SKIP_BUSY);
			put_page(slot->stable);
			slot->stable = NULL;
		}
		if (slot->page)
			put_page(slot->page);
		slot->page = NULL;
		slot->paired = false;
	}
	if (locked)
		mmap_read_unlock(ctx->mm);
}
