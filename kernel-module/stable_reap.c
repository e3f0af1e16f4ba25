// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving stable pages back when nobody maps them any more, and counting who does.
 */
#include <linux/mm.h>
#include <linux/sched.h>

#include "stable.h"

/* Nodes that were taken out of the table while their pages are mapped. */
static struct upm_entry *orphans;
static DEFINE_SPINLOCK(orphans_lock);

/**
 * upm_stable_orphan() - put a node aside until nobody maps its page any more
 * @node: a node that was taken out of the table
 */
void upm_stable_orphan(struct upm_stable *node)
{
	/*
	 * Memory failure handling keeps a broken page for itself, and may be
	 * waiting for its lock.
	 */
	if (PageHWPoison(node->page)) {
		upm_stable_free(node);
		return;
	}
	spin_lock(&orphans_lock);
	node->entry.next = orphans;
	orphans = &node->entry;
	spin_unlock(&orphans_lock);
}

static bool is_mapped(struct upm_stable *node)
{
	return page_count(node->page) != 1;
}

/* Takes pages that nobody maps, and broken ones, out of a locked bucket. */
static struct upm_entry *pick(struct upm_bucket *bucket, bool all)
{
	struct upm_entry *each, *next, *picked = NULL;

	for (each = upm_bucket_first(bucket); each; each = next) {
		struct upm_stable *node = upm_stable_of(each);

		next = each->next;
		if (!all && is_mapped(node) && !PageHWPoison(node->page))
			continue;
		upm_bucket_del(&upm_stables, bucket, each);
		each->next = picked;
		picked = each;
	}
	return picked;
}

static unsigned long reap_orphans(void)
{
	struct upm_entry *each, *next;
	unsigned long freed = 0;

	spin_lock(&orphans_lock);
	each = orphans;
	orphans = NULL;
	spin_unlock(&orphans_lock);
	for (; each; each = next) {
		next = each->next;
		cond_resched();
		if (is_mapped(upm_stable_of(each))) {
			upm_stable_orphan(upm_stable_of(each));
		} else {
			upm_stable_free(upm_stable_of(each));
			freed++;
		}
	}
	return freed;
}

static unsigned long reap(bool all)
{
	unsigned long freed = 0;
	struct upm_bucket *bucket;
	unsigned int n;

	for (n = 0; (bucket = upm_table_lock_nth(&upm_stables, n)); n++) {
		struct upm_entry *each = NULL, *next;

		if (upm_bucket_first(bucket))
			each = pick(bucket, all);
		upm_table_unlock(bucket);
		for (; each; each = next) {
			next = each->next;
			upm_stable_orphan(upm_stable_of(each));
		}
		if (!(n % 1024))
			cond_resched();
	}
	freed += reap_orphans();
	return freed;
}

/**
 * upm_stable_reap() - free stable pages that nobody maps any more
 *
 * Return: how many.
 */
unsigned long upm_stable_reap(void)
{
	return upm_stable_count() ? reap(false) : 0;
}

/**
 * upm_stable_table_fit() - shrink the table to what is in it
 */
void upm_stable_table_fit(void)
{
	upm_table_shrink(&upm_stables);
}

/**
 * upm_stable_sharing() - number of mappings of stable pages
 *
 * Counted on request: mappings come and go by fork, write and exit, without the
 * module seeing it. Linear in the number of stable pages.
 *
 * Return: the number.
 */
unsigned long upm_stable_sharing(void)
{
	unsigned long sum = 0;
	struct upm_bucket *bucket;
	unsigned int n;

	for (n = 0; (bucket = upm_table_lock_nth(&upm_stables, n)); n++) {
		struct upm_entry *each;

		for (each = upm_bucket_first(bucket); each; each = each->next)
			sum += upm_mapcount(upm_stable_of(each)->page);
		upm_table_unlock(bucket);
		if (!(n % 1024))
			cond_resched();
	}
	return sum;
}

/**
 * upm_stable_abandon() - let all stable pages go, when there will be no more module
 *
 * They live on as long as they are mapped.
 */
void upm_stable_abandon(void)
{
	struct upm_entry *each, *next;
	unsigned long stay = 0;

	reap(true);
	for (each = orphans; each; each = next) {
		next = each->next;
		cond_resched();
		/*
		 * Without the lock, device migration would lose it. So it keeps
		 * lock and reference, and its frame, until the machine is restarted.
		 */
		if (UPM_LOCK_STABLE)
			stay++;
		else
			put_page(upm_stable_of(each)->page);
		upm_stable_forget(upm_stable_of(each));
	}
	orphans = NULL;
	if (stay)
		pr_warn("upm: %lu merged pages are in use, and keep their memory until the next boot: this kernel could lose them to device memory otherwise\n",
			stay);
}
