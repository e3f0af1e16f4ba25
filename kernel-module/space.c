// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces that were advised: their candidates, their counters, their end.
 *
 * The end is seen through the kernel's tracepoint in exit_mmap(), which costs
 * nothing to fork, to threads, or to processes that never asked for anything but
 * one look-up. An mmu notifier would tax every fault and unmapping of the process
 * and make its exit wait for a grace period. Where the tracepoint is missing, the
 * periodic sweep finds spaces that have no users any more.
 */
#include <linux/mmu_context.h>
#include <linux/rhashtable.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "upm.h"

static const struct rhashtable_params params = {
	.key_len = sizeof(struct mm_struct *),
	.key_offset = offsetof(struct upm_space, mm),
	.head_offset = offsetof(struct upm_space, node),
	.automatic_shrinking = true,
};

static struct rhashtable spaces;
static LIST_HEAD(all);
/* Guards @all and additions to and removals from @spaces. */
static DEFINE_MUTEX(all_lock);
static unsigned long nr_spaces;
static struct tracepoint *exit_tracepoint;

static void space_exit_work(struct work_struct *work)
{
	struct upm_space *space = container_of(work, struct upm_space, exit);

	upm_space_forget(space);
	upm_space_put(space);
	upm_reclaim_exited();
}

static struct upm_space *space_find(struct mm_struct *mm)
{
	struct upm_space *space;

	rcu_read_lock();
	space = rhashtable_lookup(&spaces, &mm, params);
	if (space && !refcount_inc_not_zero(&space->refs))
		space = NULL;
	rcu_read_unlock();
	return space;
}

static struct upm_space *space_new(struct mm_struct *mm)
{
	struct upm_space *space;

	/* NORETRY: running out of memory here is no reason to kill anybody. */
	space = kzalloc(sizeof(*space),
			GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_NORETRY);
	if (!space)
		return NULL;
	/* One for the table, one for the caller. */
	refcount_set(&space->refs, 2);
	mmgrab(mm);
	space->mm = mm;
	xa_init_flags(&space->index, XA_FLAGS_ACCOUNT);
	upm_arena_init(&space->arena);
	mutex_init(&space->move);
	spin_lock_init(&space->lock);
	INIT_WORK(&space->exit, space_exit_work);
	return space;
}

/**
 * upm_space_of() - what is known of an address space
 * @mm:     the address space; mm_users is held by the caller
 * @create: make it if nothing is
 *
 * Return: the space with a reference; NULL if there is none or no memory.
 */
struct upm_space *upm_space_of(struct mm_struct *mm, bool create)
{
	struct upm_space *space = space_find(mm), *new;

	if (space || !create)
		return space;
	/* Not under the lock, which the shrinker takes. */
	new = space_new(mm);
	if (!new)
		return NULL;

	mutex_lock(&all_lock);
	/* Somebody may have been faster. */
	space = space_find(mm);
	if (!space && !rhashtable_insert_fast(&spaces, &new->node, params)) {
		list_add_tail(&new->all, &all);
		nr_spaces++;
		space = new;
		new = NULL;
	}
	mutex_unlock(&all_lock);
	if (new) {
		mmdrop(mm);
		kfree(new);
	}
	return space;
}

/**
 * upm_space_put() - drop a reference
 * @space: the space
 */
void upm_space_put(struct upm_space *space)
{
	if (!refcount_dec_and_test(&space->refs))
		return;
	WARN_ON_ONCE(!xa_empty(&space->index));
	if (space->domain)
		upm_domain_put(space->domain);
	mmdrop(space->mm);
	kfree_rcu(space, rcu);
}

/**
 * upm_space_forget() - drop the candidates of a space, and the table's reference
 * @space: a space without users, or any at unloading; the caller has a reference
 *
 * Does nothing for one that was forgotten before.
 */
void upm_space_forget(struct upm_space *space)
{
	mutex_lock(&all_lock);
	if (list_empty(&space->all)) {
		mutex_unlock(&all_lock);
		return;
	}
	list_del_init(&space->all);
	nr_spaces--;
	rhashtable_remove_fast(&spaces, &space->node, params);
	mutex_unlock(&all_lock);

	upm_candidate_drop_all(space);
	upm_space_put(space);
}

/**
 * upm_space_set_domain() - keep a space's candidates in a domain
 * @space:  the space
 * @domain: the domain of the call that begins
 *
 * If it was another one, the candidates in that are forgotten.
 */
void upm_space_set_domain(struct upm_space *space, struct upm_domain *domain)
{
	struct upm_domain *old;

	if (READ_ONCE(space->domain) == domain)
		return;
	mutex_lock(&space->move);
	/* Only changed with this mutex held. */
	old = space->domain;
	if (old == domain) {
		mutex_unlock(&space->move);
		return;
	}
	xa_lock(&space->index);
	/* From here on no call adds any. */
	space->moving = true;
	xa_unlock(&space->index);

	upm_candidate_drop_range(space, 0, ULONG_MAX, ULONG_MAX);
	upm_domain_get(domain);
	xa_lock(&space->index);
	space->domain = domain;
	space->moving = false;
	xa_unlock(&space->index);
	mutex_unlock(&space->move);
	if (old)
		upm_domain_put(old);
}

/**
 * upm_space_account() - add the counts of a call
 * @space:  the space the call was about
 * @counts: what it did
 */
void upm_space_account(struct upm_space *space, const struct upm_counts *counts)
{
	const u64 *from = (const u64 *)counts;
	u64 *to = (u64 *)&space->counts;
	unsigned int i;

	BUILD_BUG_ON(sizeof(*counts) % sizeof(u64));
	spin_lock(&space->lock);
	space->calls++;
	for (i = 0; i < sizeof(*counts) / sizeof(u64); i++)
		to[i] += from[i];
	spin_unlock(&space->lock);
}

/**
 * upm_space_rotate() - the next space, in turn
 *
 * Who wants to see all of them calls this upm_space_count() times; that no walk
 * depends on a space that may be forgotten meanwhile.
 *
 * Return: the space with a reference, or NULL if there is none.
 */
struct upm_space *upm_space_rotate(void)
{
	struct upm_space *space;

	mutex_lock(&all_lock);
	space = list_first_entry_or_null(&all, struct upm_space, all);
	if (space) {
		list_move_tail(&space->all, &all);
		/* In the list means: the table's reference is there. */
		refcount_inc(&space->refs);
	}
	mutex_unlock(&all_lock);
	return space;
}

/**
 * upm_space_count() - number of spaces
 *
 * Return: the number.
 */
unsigned long upm_space_count(void)
{
	return READ_ONCE(nr_spaces);
}

/* Called by exit_mmap() of every process, preemption disabled. */
static void on_exit_mmap(void *data, struct mm_struct *mm)
{
	struct upm_space *space;

	rcu_read_lock();
	space = rhashtable_lookup(&spaces, &mm, params);
	/* The reference goes to the work, once. */
	if (space && !READ_ONCE(space->dying) &&
	    refcount_inc_not_zero(&space->refs)) {
		WRITE_ONCE(space->dying, true);
		queue_work(upm_wq, &space->exit);
	}
	rcu_read_unlock();
}

static void find_tracepoint(struct tracepoint *tp, void *data)
{
	if (!strcmp(tp->name, "exit_mmap"))
		exit_tracepoint = tp;
}

/**
 * upm_space_exits_seen() - whether the exit of processes is seen at once
 *
 * Return: true if so.
 */
bool upm_space_exits_seen(void)
{
	return exit_tracepoint;
}

/**
 * upm_space_init() - begin to watch exits
 *
 * Return: 0, or a negative error.
 */
int upm_space_init(void)
{
	int err = rhashtable_init(&spaces, &params);

	if (err)
		return err;
	for_each_kernel_tracepoint(find_tracepoint, NULL);
	if (exit_tracepoint &&
	    tracepoint_probe_register(exit_tracepoint, on_exit_mmap, NULL))
		exit_tracepoint = NULL;
	if (!exit_tracepoint)
		pr_warn("upm: no tracepoint exit_mmap: what exited processes leave is found by sweeps only\n");
	return 0;
}

/**
 * upm_space_exit() - forget all spaces; nobody can make new ones any more
 */
void upm_space_exit(void)
{
	struct upm_space *space;

	if (exit_tracepoint) {
		tracepoint_probe_unregister(exit_tracepoint, on_exit_mmap, NULL);
		tracepoint_synchronize_unregister();
	}
	/* Exits that were seen are in the queue now, and hold references. */
	flush_workqueue(upm_wq);
	while ((space = upm_space_rotate())) {
		upm_space_forget(space);
		upm_space_put(space);
	}
	rhashtable_destroy(&spaces);
}
