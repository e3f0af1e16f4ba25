// SPDX-License-Identifier: GPL-2.0-only
/*
 * Merging the pages of a range.
 *
 * In batches, with mmap_lock held for reading while a batch is collected, hashed
 * and looked up. A page whose equal is a stable page is replaced on the spot. One
 * whose equal is a candidate waits until the batch is through and the lock is
 * dropped, as the equal is mostly in another process (pair.c). Pages that somebody
 * holds or that another call is working on are put off to the end.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/sched/signal.h>

#include "symbols.h"
#include "upm.h"

/* How often pages that were put off are tried. */
#define TRIES	4

/**
 * upm_count_skip() - count pages that are left as they are
 * @counts: where
 * @why:    reason
 * @pages:  how many
 */
void upm_count_skip(struct upm_counts *counts, enum upm_skip why,
		    unsigned long pages)
{
	counts->examined += pages;
	counts->skipped[why] += pages;
}

/**
 * upm_put_off() - try a page again at the end, or count it as skipped
 * @ctx:  the call
 * @addr: the page
 * @why:  the reason it cannot be dealt with now
 */
void upm_put_off(struct upm_ctx *ctx, unsigned long addr, enum upm_skip why)
{
	bool again = why == UPM_SKIP_BUSY ||
		     (why == UPM_SKIP_PINNED && !ctx->drained);

	if (!again || ctx->last || ctx->nr_retries == UPM_RETRIES) {
		upm_count_skip(&ctx->counts, why, 1);
		return;
	}
	if (why == UPM_SKIP_PINNED)
		ctx->drain = true;
	ctx->retries[ctx->nr_retries++] = addr;
}

static void count_replaced(struct upm_ctx *ctx, struct upm_slot *slot, int why,
			   __u64 *replaced)
{
	if (why != UPM_REPLACED) {
		upm_put_off(ctx, slot->addr, why);
		return;
	}
	ctx->counts.examined++;
	(*replaced)++;
	/* It may have been a candidate with what it held before. */
	upm_candidate_forget(ctx->space, slot->addr >> PAGE_SHIFT);
}

static void record(struct upm_ctx *ctx, struct upm_slot *slot, unsigned long adds)
{
	unsigned long vpn = slot->addr >> PAGE_SHIFT;
	struct page *stable;

	switch (upm_candidate_record(ctx->space, ctx->domain, vpn, slot->key,
				     &ctx->spare, &slot->seen)) {
	case UPM_RECORDED:
		/*
		 * Had its equal been a candidate, and was made a stable page
		 * between the two look-ups?
		 */
		if (adds != upm_stable_adds()) {
			stable = upm_stable_find(ctx->domain, slot->key);
			if (stable) {
				put_page(stable);
				upm_candidate_forget(ctx->space, vpn);
				upm_put_off(ctx, slot->addr, UPM_SKIP_BUSY);
				break;
			}
		}
		ctx->counts.examined++;
		ctx->counts.recorded++;
		break;
	case UPM_SEEN:
		slot->paired = true;
		break;
	case UPM_CLAIMED_BY_OTHER:
	case UPM_MOVED:
		upm_put_off(ctx, slot->addr, UPM_SKIP_BUSY);
		break;
	case UPM_FULL:
		upm_count_skip(&ctx->counts, UPM_SKIP_LIMIT, 1);
		break;
	case UPM_NO_MEMORY:
		upm_count_skip(&ctx->counts, UPM_SKIP_NOMEM, 1);
		break;
	}
}

/* Deals with one page; its reference is put, unless it has become paired. */
static void merge_slot(struct upm_ctx *ctx, struct vm_area_struct *vma,
		       struct upm_slot *slot)
{
	struct page *page = slot->page, *stable;
	unsigned long adds;
	u64 hash;

	if (unlikely(PageHWPoison(page))) {
		upm_count_skip(&ctx->counts, UPM_SKIP_POISON, 1);
		goto put;
	}
	hash = upm_page_hash(page);
	if (hash == upm_hash_of_zeros()) {
		count_replaced(ctx, slot, upm_replace_by_zero(vma, page),
			       &ctx->counts.zero);
		goto put;
	}

	slot->key = upm_key(hash, ctx->domain);
	adds = upm_stable_adds();
	stable = upm_stable_find(ctx->domain, slot->key);
	if (stable) {
		count_replaced(ctx, slot,
			       upm_replace(vma, page, stable, slot->key,
					   ctx->domain),
			       &ctx->counts.merged);
		put_page(stable);
		goto put;
	}

	record(ctx, slot, adds);
	if (slot->paired)
		return;
put:
	put_page(page);
	slot->page = NULL;
}

/*
 * Deals with a part of the range under one hold of mmap_lock. Returns where it
 * stopped; pages in slots that are paired are not done yet.
 */
static unsigned long merge_batch(struct upm_ctx *ctx, unsigned long addr,
				 unsigned long end)
{
	const struct upm_want want = {
		.kind = UPM_PAGE, .split = ctx->split, .ref = true,
	};
	bool tracked = upm_mm_is_tracked(ctx->mm);
	bool huge = false;

	while (addr < end && ctx->nr_slots < UPM_BATCH && !huge) {
		struct vm_area_struct *vma = find_vma(ctx->mm, addr);
		unsigned long start = vma ? clamp(vma->vm_start, addr, end) : end;
		unsigned int i = ctx->nr_slots;
		unsigned long stop;
		enum upm_skip why;
		bool fits;

		if (start > addr) {
			upm_count_skip(&ctx->counts, UPM_SKIP_UNMAPPED,
				       (start - addr) >> PAGE_SHIFT);
			addr = start;
			continue;
		}
		stop = min(vma->vm_end, end);
		fits = upm_vma_fits(vma, &why);
		if (!fits || tracked) {
			upm_count_skip(&ctx->counts,
				       fits ? UPM_SKIP_SOFT_DIRTY : why,
				       (stop - addr) >> PAGE_SHIFT);
			addr = stop;
			continue;
		}
		addr = upm_walk(vma, addr, stop, want, ctx->slots,
				&ctx->nr_slots, &ctx->counts);
		for (; i < ctx->nr_slots; i++) {
			merge_slot(ctx, vma, &ctx->slots[i]);
			/* Its reference must go before the next part is split. */
			huge |= ctx->slots[i].paired &&
				PageCompound(ctx->slots[i].page);
		}
		if (mmap_lock_is_contended(ctx->mm) || need_resched() ||
		    fatal_signal_pending(current))
			break;
	}
	return addr;
}

static int merge_some(struct upm_ctx *ctx, unsigned long *addr, unsigned long end)
{
	if (mmap_read_lock_killable(ctx->mm))
		return -EINTR;
	ctx->nr_slots = 0;
	*addr = merge_batch(ctx, *addr, end);
	mmap_read_unlock(ctx->mm);
	upm_pair_batch(ctx);
	cond_resched();
	return fatal_signal_pending(current) ? -EINTR : 0;
}

/**
 * upm_merge_range() - merge the pages of a range
 * @ctx:  the call
 * @addr: first address
 * @end:  last address plus one
 *
 * Return: 0, or -EINTR if the caller is being killed.
 */
int upm_merge_range(struct upm_ctx *ctx, unsigned long addr, unsigned long end)
{
	while (addr < end) {
		unsigned long start = addr;
		int err = merge_some(ctx, &addr, end);

		ctx->done += addr - start;
		if (!err && ctx->nr_retries > UPM_RETRIES - UPM_BATCH)
			err = upm_merge_put_off(ctx);
		if (err)
			return err;
	}
	return 0;
}

/**
 * upm_merge_put_off() - deal with the pages that were put off
 * @ctx: the call
 *
 * Return: 0, or -EINTR if the caller is being killed; all pages are counted either
 * way.
 */
int upm_merge_put_off(struct upm_ctx *ctx)
{
	int err = fatal_signal_pending(current) ? -EINTR : 0;
	unsigned int tries, i, nr;

	for (tries = 1; ctx->nr_retries && !err; tries++) {
		ctx->last = tries == TRIES;
		if (ctx->drain) {
			/*
			 * Pages touched a moment ago are held by a batch on
			 * their way to the LRU. Once a round is enough: who holds
			 * a page after that has a reason.
			 */
			ctx->drain = false;
			ctx->drained = true;
			if (upm_can_drain())
				static_call_cond(upm_lru_add_drain_all)();
		} else {
			usleep_range(50 << (2 * tries), 100 << (2 * tries));
		}
		nr = ctx->nr_retries;
		ctx->nr_retries = 0;
		/* Each page adds one to the list at most, behind where i is. */
		for (i = 0; i < nr && !err; i++) {
			unsigned long addr = ctx->retries[i];

			err = merge_some(ctx, &addr, addr + PAGE_SIZE);
			/* Killed before it was looked at. */
			if (err && addr == ctx->retries[i])
				upm_count_skip(&ctx->counts, UPM_SKIP_BUSY, 1);
		}
		upm_count_skip(&ctx->counts, UPM_SKIP_BUSY, nr - i);
	}
	if (ctx->nr_retries) {
		upm_count_skip(&ctx->counts, UPM_SKIP_BUSY, ctx->nr_retries);
		ctx->nr_retries = 0;
	}
	ctx->last = false;
	ctx->drain = false;
	ctx->drained = false;
	return err;
}
