// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hash table that grows and shrinks one bucket at a time (linear hashing).
 *
 * With n buckets and 2^k the power of two at or above n, a key belongs into
 * bucket key mod 2^k if there is one, else into key mod 2^(k-1). Adding bucket n
 * takes from bucket n - 2^(k-1) the entries that belong there. So no operation
 * ever waits for a rehash of the whole, and a locked bucket is all it needs.
 *
 * rhashtable was the other choice. It costs 10 to 21 bytes for buckets per entry
 * where this costs 4 to 8, needs RCU for the entries (which there is no room
 * for), and its removal walks and hashes more; both show at the exit of a process
 * with many candidates.
 *
 * A bucket is locked by bit 0 of its word. Whoever waits for it does so with
 * preemption disabled, for which grace periods wait; so segments of removed buckets
 * are freed after one.
 */
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "table.h"
#include "upm.h"

#define SEGMENT_BUCKETS	((unsigned int)BIT(UPM_SEGMENT_SHIFT))
/* Entries per bucket on average: memory against steps along a chain. */
#define LOAD		2

/**
 * upm_table_init() - make an empty table
 * @table: the table
 * @most:  entries it should hold without long chains
 *
 * Return: 0, or a negative error.
 */
int upm_table_init(struct upm_table *table, unsigned long most)
{
	unsigned long segments = most / LOAD / SEGMENT_BUCKETS + 1;

	if (segments > INT_MAX / SEGMENT_BUCKETS)
		segments = INT_MAX / SEGMENT_BUCKETS;
	table->segments = kvcalloc(segments, sizeof(*table->segments), GFP_KERNEL);
	if (!table->segments)
		return -ENOMEM;
	table->segments[0] = (struct upm_bucket *)get_zeroed_page(GFP_KERNEL);
	if (!table->segments[0]) {
		kvfree(table->segments);
		table->segments = NULL;
		return -ENOMEM;
	}
	table->nr_segments = segments;
	table->nr_buckets = SEGMENT_BUCKETS;
	atomic_long_set(&table->count, 0);
	mutex_init(&table->resize);
	return 0;
}

/**
 * upm_table_destroy() - free the table; it must be empty and unused
 * @table: the table, also one whose initialisation failed or never came
 */
void upm_table_destroy(struct upm_table *table)
{
	unsigned int i;

	if (!table->segments)
		return;
	for (i = 0; i < table->nr_segments; i++)
		free_page((unsigned long)table->segments[i]);
	kvfree(table->segments);
	table->segments = NULL;
}

/**
 * upm_table_lock_nth() - lock a bucket by its number, to walk the table
 * @table: the table
 * @n:     number
 *
 * Return: the bucket, or NULL if there are no more.
 */
struct upm_bucket *upm_table_lock_nth(struct upm_table *table, unsigned int n)
{
	struct upm_bucket *bucket;

	preempt_disable();
	/* Pairs with the release by which a new bucket is shown. */
	if (n < smp_load_acquire(&table->nr_buckets)) {
		bucket = upm_bucket_at(table, n);
		upm_bucket_lock(bucket);
		if (n < READ_ONCE(table->nr_buckets))
			return bucket;
		upm_bucket_unlock(bucket);
	}
	preempt_enable();
	return NULL;
}

/* Adds one bucket. The caller holds @resize. */
static bool add_bucket(struct upm_table *table)
{
	unsigned int new = table->nr_buckets;
	unsigned int from = new - (1U << __fls(new));
	unsigned int segment = new >> UPM_SEGMENT_SHIFT;
	struct upm_bucket *source, *target;
	struct upm_entry *each, *next, *stay = NULL, *move = NULL;

	if (segment >= table->nr_segments)
		return false;
	if (!table->segments[segment]) {
		unsigned long page = get_zeroed_page(GFP_NOWAIT | __GFP_NOWARN);

		if (!page)
			return false;
		WRITE_ONCE(table->segments[segment], (struct upm_bucket *)page);
	}
	source = upm_bucket_at(table, from);
	target = upm_bucket_at(table, new);

	preempt_disable();
	upm_bucket_lock(source);
	for (each = upm_bucket_first(source); each; each = next) {
		next = each->next;
		if (upm_bucket_of(each->key, new + 1) == new) {
			each->next = move;
			move = each;
		} else {
			each->next = stay;
			stay = each;
		}
	}
	WRITE_ONCE(source->word, (unsigned long)stay | UPM_BUCKET_LOCK);
	/*
	 * Locked, too: it may have been in use before the table shrank, and
	 * somebody may be on the way to lock it who has not yet looked again.
	 */
	upm_bucket_lock(target);
	WRITE_ONCE(target->word, (unsigned long)move | UPM_BUCKET_LOCK);
	/* Nobody finds what is in the new bucket before this. */
	smp_store_release(&table->nr_buckets, new + 1);
	upm_bucket_unlock(target);
	upm_bucket_unlock(source);
	preempt_enable();
	return true;
}

/**
 * upm_table_grow() - add the buckets that the entries call for
 * @table: the table
 *
 * Called after adding entries, outside of bucket locks.
 */
void upm_table_grow(struct upm_table *table)
{
	unsigned long count = atomic_long_read(&table->count);

	if (likely(count <= (unsigned long)READ_ONCE(table->nr_buckets) * LOAD))
		return;
	/* Somebody else is at it. */
	if (!mutex_trylock(&table->resize))
		return;
	while (count > (unsigned long)table->nr_buckets * LOAD)
		if (!add_bucket(table))
			break;
	mutex_unlock(&table->resize);
}

/* Removes the last bucket. The caller holds @resize. */
static void remove_bucket(struct upm_table *table)
{
	unsigned int last = table->nr_buckets - 1;
	struct upm_bucket *into = upm_bucket_at(table, last - (1U << __fls(last)));
	struct upm_bucket *bucket = upm_bucket_at(table, last);
	struct upm_entry *tail;

	preempt_disable();
	upm_bucket_lock(into);
	upm_bucket_lock(bucket);
	tail = upm_bucket_first(bucket);
	if (tail) {
		struct upm_entry *first = tail;

		while (tail->next)
			tail = tail->next;
		tail->next = upm_bucket_first(into);
		WRITE_ONCE(into->word, (unsigned long)first | UPM_BUCKET_LOCK);
	}
	WRITE_ONCE(bucket->word, UPM_BUCKET_LOCK);
	/* Who waits for either of the two looks again where its key belongs. */
	smp_store_release(&table->nr_buckets, last);
	upm_bucket_unlock(bucket);
	upm_bucket_unlock(into);
	preempt_enable();
}

/**
 * upm_table_shrink() - give back buckets that are not needed any more
 * @table: the table
 *
 * May sleep for a grace period.
 */
void upm_table_shrink(struct upm_table *table)
{
	unsigned int first, i;

	mutex_lock(&table->resize);
	/* A quarter full: so that growing and shrinking do not take turns. */
	while (table->nr_buckets > SEGMENT_BUCKETS &&
	       atomic_long_read(&table->count) <
	       (long)table->nr_buckets * LOAD / 4) {
		remove_bucket(table);
		cond_resched();
	}
	first = (table->nr_buckets - 1) / SEGMENT_BUCKETS + 1;
	if (first < table->nr_segments && table->segments[first]) {
		synchronize_rcu();
		for (i = first; i < table->nr_segments && table->segments[i]; i++) {
			free_page((unsigned long)table->segments[i]);
			WRITE_ONCE(table->segments[i], NULL);
		}
	}
	mutex_unlock(&table->resize);
}

/**
 * upm_table_bytes() - memory of the table itself, without its entries
 * @table: the table
 *
 * Return: bytes.
 */
unsigned long upm_table_bytes(struct upm_table *table)
{
	unsigned int nr = READ_ONCE(table->nr_buckets);

	return table->nr_segments * sizeof(*table->segments) +
	       round_up(nr, SEGMENT_BUCKETS) * sizeof(struct upm_bucket);
}
