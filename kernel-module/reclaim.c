// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving back: stable pages that nobody maps, candidates that are none any more.
 *
 * A round follows every exit of a process that was advised, and comes every few
 * seconds while there is anything to look after: for stable pages given up by
 * writes and unmapping, for candidates whose page is gone (a bounded number each
 * time), for ended namespaces, and for exits where those are not seen. When memory
 * is short, the shrinker drops candidates: they are worth a later merge at most.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/shrinker.h>
#include <linux/workqueue.h>

#include "upm.h"

#define ROUND_MS	2000
/* After an exit: soon, but once for many that exit together. */
#define SOON_MS		20
/* Candidates looked at in a round, of each space. */
#define SWEEP_PAGES	512
/*
 * A round that takes long is made rarer: a twentieth of a CPU, while the rest comes
 * to no more than the limit, as memory waits to be given back.
 */
#define REST_FACTOR	20
#define MOST_REST_MS	10000

/* Tables are made smaller after so long without an exit: the next may fill them. */
#define QUIET_MS	10000

static struct delayed_work round_work;
static unsigned long last_exit;
/* A round is asked for; the next may begin then. */
static unsigned long asked;
static unsigned long not_before;

/* Whether a candidate's page is still one. mmap_lock is held. */
static bool still_there(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	enum upm_skip why;

	return vma && upm_vma_fits(vma, &why) &&
	       upm_walk_one(vma, addr, NULL) == UPM_PAGE;
}

static void sweep_pages(struct upm_space *space)
{
	unsigned long vpn = space->sweep;
	unsigned int i;

	for (i = 0; i < SWEEP_PAGES; i++, vpn++) {
		vpn = upm_candidate_next(space, vpn);
		if (vpn == ULONG_MAX) {
			vpn = 0;
			break;
		}
		if (!still_there(space->mm, vpn << PAGE_SHIFT))
			upm_candidate_drop_range(space, vpn, vpn, 1);
	}
	space->sweep = vpn;
}

static void sweep_space(struct upm_space *space)
{
	/* Nobody can get hold of the memory any more once there are no users. */
	if (!mmget_not_zero(space->mm)) {
		upm_space_forget(space);
		return;
	}
	if (mmap_read_trylock(space->mm)) {
		sweep_pages(space);
		mmap_read_unlock(space->mm);
	}
	mmput_async(space->mm);
}

static void reclaim_round(struct work_struct *work)
{
	/* Of this worker, not of the clock: a busy machine is no reason to rest. */
	u64 start = READ_ONCE(current->se.sum_exec_runtime), rest_ms;
	unsigned long spaces = upm_space_count();
	struct upm_space *space;

	clear_bit(0, &asked);
	for (; spaces && (space = upm_space_rotate()); spaces--) {
		sweep_space(space);
		upm_space_put(space);
		cond_resched();
	}
	upm_domain_sweep();
	upm_stable_reap();
	if (time_after(jiffies, READ_ONCE(last_exit) + msecs_to_jiffies(QUIET_MS))) {
		upm_candidate_table_fit();
		upm_stable_table_fit();
	}

	rest_ms = div_u64(READ_ONCE(current->se.sum_exec_runtime) - start,
			  NSEC_PER_MSEC) * REST_FACTOR;
	rest_ms = min_t(u64, rest_ms, MOST_REST_MS);
	WRITE_ONCE(not_before, jiffies + msecs_to_jiffies(rest_ms));
	queue_delayed_work(upm_wq, &round_work,
			   msecs_to_jiffies(max_t(u64, ROUND_MS, rest_ms)));
}

/**
 * upm_reclaim_exited() - a process that was advised has exited
 */
void upm_reclaim_exited(void)
{
	WRITE_ONCE(last_exit, jiffies);
	upm_reclaim_soon();
}

/**
 * upm_reclaim_soon() - have a round soon, if not too soon after a long one
 *
 * Many that ask get one round, and none puts it off.
 */
void upm_reclaim_soon(void)
{
	long rest = READ_ONCE(not_before) - jiffies;

	if (!test_and_set_bit(0, &asked))
		mod_delayed_work(upm_wq, &round_work,
				 max_t(long, rest, msecs_to_jiffies(SOON_MS)));
}

static unsigned long shrink_count(struct shrinker *shrinker,
				  struct shrink_control *sc)
{
	unsigned long nr = upm_candidate_count();

	return nr ? nr : SHRINK_EMPTY;
}

static unsigned long shrink_scan(struct shrinker *shrinker,
				 struct shrink_control *sc)
{
	unsigned long spaces = upm_space_count(), freed = 0;
	struct upm_space *space;

	/*
	 * Not from inside a reclaim that may have begun under our own locks: a
	 * mutex is taken to walk the spaces.
	 */
	if (!(sc->gfp_mask & __GFP_FS))
		return SHRINK_STOP;
	while (spaces-- && freed < sc->nr_to_scan && (space = upm_space_rotate())) {
		freed += upm_candidate_drop_range(space, 0, ULONG_MAX,
						  sc->nr_to_scan - freed);
		upm_space_put(space);
	}
	return freed;
}

#ifdef UPM_HAVE_SHRINKER_ALLOC
static struct shrinker *shrinker;

static int shrinker_on(void)
{
	shrinker = shrinker_alloc(0, "upm-candidates");
	if (!shrinker)
		return -ENOMEM;
	shrinker->count_objects = shrink_count;
	shrinker->scan_objects = shrink_scan;
	shrinker_register(shrinker);
	return 0;
}

static void shrinker_off(void)
{
	shrinker_free(shrinker);
}
#else
static struct shrinker shrinker = {
	.count_objects = shrink_count,
	.scan_objects = shrink_scan,
	.seeks = DEFAULT_SEEKS,
};

static int shrinker_on(void)
{
	return register_shrinker(&shrinker, "upm-candidates");
}

static void shrinker_off(void)
{
	unregister_shrinker(&shrinker);
}
#endif

/**
 * upm_reclaim_init() - begin
 *
 * Return: 0, or a negative error.
 */
int upm_reclaim_init(void)
{
	int err = shrinker_on();

	if (err)
		return err;
	INIT_DELAYED_WORK(&round_work, reclaim_round);
	not_before = jiffies;
	last_exit = jiffies;
	queue_delayed_work(upm_wq, &round_work, msecs_to_jiffies(ROUND_MS));
	return 0;
}

/**
 * upm_reclaim_exit() - end; the caller sees to it that nobody asks for a round
 */
void upm_reclaim_exit(void)
{
	shrinker_off();
	cancel_delayed_work_sync(&round_work);
}
