// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making merged pages private again, and telling what pages are.
 *
 * A stable page is left by the fault that copies it, which the kernel has for the
 * sake of pinning pages; it needs no write permission. Zero pages stay: they hold
 * nothing anybody could learn.
 */
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/sched/signal.h>

#include "trace.h"
#include "upm.h"

/* A fault may give up when an entry changes under it, so it is repeated. */
#define MOST_FAULTS	16

static int unmerge_slot(struct upm_ctx *ctx, struct vm_area_struct *vma,
			unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < MOST_FAULTS; i++) {
		vm_fault_t fault;

		if (upm_walk_one(vma, addr, NULL) != UPM_STABLE) {
			trace_upm_unmerge(ctx->mm, addr);
			ctx->counts.examined++;
			ctx->counts.unmerged++;
			return 0;
		}
		fault = handle_mm_fault(vma, addr,
					FAULT_FLAG_UNSHARE | FAULT_FLAG_REMOTE,
					NULL);
		if (fault & VM_FAULT_OOM) {
			upm_count_skip(&ctx->counts, UPM_SKIP_NOMEM, 1);
			return -ENOMEM;
		}
		if (fault & VM_FAULT_ERROR)
			break;
	}
	upm_count_skip(&ctx->counts, UPM_SKIP_BUSY, 1);
	return 0;
}

/* Looks at a part of a range under one hold of mmap_lock. */
static int visit(struct upm_ctx *ctx, unsigned long *from, unsigned long end,
		 struct upm_want want)
{
	struct vm_area_struct *vma;
	unsigned long addr = *from, start, stop;
	enum upm_skip why;
	unsigned int i;
	int err = 0;

	vma = find_vma(ctx->mm, addr);
	start = vma ? clamp(vma->vm_start, addr, end) : end;
	if (start > addr) {
		upm_count_skip(&ctx->counts, UPM_SKIP_UNMAPPED,
			       (start - addr) >> PAGE_SHIFT);
		*from = start;
		return 0;
	}
	stop = min(vma->vm_end, end);
	/*
	 * What was merged before userfaultfd or soft-dirty tracking came can be
	 * told and undone all the same.
	 */
	if (!upm_vma_fits(vma, &why) && why != UPM_SKIP_UFFD &&
	    why != UPM_SKIP_SOFT_DIRTY) {
		upm_count_skip(&ctx->counts, why, (stop - addr) >> PAGE_SHIFT);
		*from = stop;
		return 0;
	}
	ctx->nr_slots = 0;
	*from = upm_walk(vma, addr, stop, want, ctx->slots, &ctx->nr_slots,
			 &ctx->counts);
	for (i = 0; i < ctx->nr_slots; i++) {
		unsigned long at = ctx->slots[i].addr;

		if (want.kind == UPM_STABLE) {
			if (!err)
				err = unmerge_slot(ctx, vma, at);
			else
				upm_count_skip(&ctx->counts, UPM_SKIP_NOMEM, 1);
			continue;
		}
		ctx->counts.examined++;
		if (ctx->space && upm_candidate_is(ctx->space, at >> PAGE_SHIFT))
			ctx->counts.recorded++;
		else
			ctx->counts.plain++;
	}
	return err;
}

static int visit_range(struct upm_ctx *ctx, unsigned long addr,
		       unsigned long end, struct upm_want want)
{
	int err = 0;

	while (addr < end && !err) {
		unsigned long start = addr;

		if (mmap_read_lock_killable(ctx->mm))
			return -EINTR;
		do {
			err = visit(ctx, &addr, end, want);
		} while (!err && addr < end && !need_resched() &&
			 !mmap_lock_is_contended(ctx->mm));
		mmap_read_unlock(ctx->mm);
		ctx->done += addr - start;
		cond_resched();
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
	}
	return err;
}

/**
 * upm_unmerge_range() - make the pages of a range private, and no candidates
 * @ctx:  the call
 * @addr: first address
 * @end:  last address plus one
 *
 * Return: 0, -EINTR, or -ENOMEM.
 */
int upm_unmerge_range(struct upm_ctx *ctx, unsigned long addr, unsigned long end)
{
	const struct upm_want want = { .kind = UPM_STABLE, .split = true };

	/* First, so that nobody merges with them any more. */
	if (ctx->space && end > addr) {
		upm_candidate_drop_range(ctx->space, addr >> PAGE_SHIFT,
					 (end - 1) >> PAGE_SHIFT, ULONG_MAX);
		/* Who has found one before, and is at it, holds the lock. */
		if (mmap_write_lock_killable(ctx->mm))
			return -EINTR;
		mmap_write_unlock(ctx->mm);
	}
	return visit_range(ctx, addr, end, want);
}

/**
 * upm_query_range() - tell what the pages of a range are
 * @ctx:  the call
 * @addr: first address
 * @end:  last address plus one
 *
 * Return: 0, or -EINTR.
 */
int upm_query_range(struct upm_ctx *ctx, unsigned long addr, unsigned long end)
{
	const struct upm_want want = { .kind = UPM_PAGE };

	return visit_range(ctx, addr, end, want);
}
