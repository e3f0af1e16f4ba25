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
 * A bucket is locked by bit 0 of its word. Whoever waits for it does so inside an
 * RCU read section, so segments of removed buckets are freed after a grace period.
 */
#include <linux/processor.h>
#include <linux/bit_spinlock.h>
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "upm.h"

#define SEGMENT_SHIFT	9
#define SEGMENT_BUCKETS	((unsigned int)BIT(SEGMENT_SHIFT))
/* Entries per bucket on average: memory against steps along a chain. */
#define LOAD		2
#define LOCK_BIT	1UL

static struct upm_bucket *bucket_at(struct upm_table *table, unsigned int n)
{
	return &READ_ONCE(table->segments[n >> SEGMENT_SHIFT])
		[n & (SEGMENT_BUCKETS - 1)];
}

static unsigned int bucket_of(u64 key, unsigned int nr)
{
	unsigned int mask = (2U << __fls(nr - 1)) - 1;
	unsigned int n = key & mask;

	return n < nr ? n : n & (mask >> 1);
}

/**
 * upm_table_init() - make an empty table
 * @table: the table
 * @most:  entries it should hold without long chains
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
 * upm_table_lock() - lock the bucket a key belongs into
 * @table: the table
 * @key:   the key
 *
 * Return: the bucket, for upm_table_unlock().
 */
struct upm_bucket *upm_table_lock(struct upm_table *table, u64 key)
{
	rcu_read_lock();
	for (;;) {
		/* Pairs with the release by which a new bucket is shown. */
		unsigned int nr = smp_load_acquire(&table->nr_buckets);
		unsigned int n = bucket_of(key, nr);
		struct upm_bucket *bucket = bucket_at(table, n);

		bit_spin_lock(0, &bucket->word);
		/*
		 * The size may have changed before the lock was got. It cannot
		 * change for this bucket now: that needs its lock.
		 */
		if (likely(bucket_of(key, READ_ONCE(table->nr_buckets)) == n))
			return bucket;
		bit_spin_unlock(0, &bucket->word);
	}
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

	rcu_read_lock();
	/* Pairs with the release by which a new bucket is shown. */
	if (n < smp_load_acquire(&table->nr_buckets)) {
		bucket = bucket_at(table, n);
		bit_spin_lock(0, &bucket->word);
		if (n < READ_ONCE(table->nr_buckets))
			return bucket;
		bit_spin_unlock(0, &bucket->word);
	}
	rcu_read_unlock();
	return NULL;
}

/**
 * upm_table_unlock() - unlock a bucket
 * @bucket: the bucket
 */
void upm_table_unlock(struct upm_bucket *bucket)
{
	bit_spin_unlock(0, &bucket->word);
	rcu_read_unlock();
}

/**
 * upm_bucket_first() - first entry of a locked bucket, or NULL
 * @bucket: the bucket
 */
struct upm_entry *upm_bucket_first(struct upm_bucket *bucket)
{
	return (struct upm_entry *)(bucket->word & ~LOCK_BIT);
}

/**
 * upm_bucket_add() - put an entry into a locked bucket
 * @table:  the table
 * @bucket: bucket of the entry's key
 * @entry:  the entry; its key is set
 */
void upm_bucket_add(struct upm_table *table, struct upm_bucket *bucket,
		    struct upm_entry *entry)
{
	entry->next = upm_bucket_first(bucket);
	WRITE_ONCE(bucket->word, (unsigned long)entry | LOCK_BIT);
	atomic_long_inc(&table->count);
}

/**
 * upm_bucket_del() - take an entry out of a locked bucket
 * @table:  the table
 * @bucket: bucket of the entry's key
 * @entry:  the entry
 *
 * Return: whether it was there.
 */
bool upm_bucket_del(struct upm_table *table, struct upm_bucket *bucket,
		    struct upm_entry *entry)
{
	struct upm_entry *each = upm_bucket_first(bucket);

	if (each == entry) {
		WRITE_ONCE(bucket->word, (unsigned long)entry->next | LOCK_BIT);
	} else {
		while (each && each->next != entry)
			each = each->next;
		if (!each)
			return false;
		each->next = entry->next;
	}
	entry->next = NULL;
	atomic_long_dec(&table->count);
	return true;
}

/* Adds one bucket. The caller holds @resize. */
static bool add_bucket(struct upm_table *table)
{
	unsigned int new = table->nr_buckets;
	unsigned int from = new - (1U << __fls(new));
	unsigned int segment = new >> SEGMENT_SHIFT;
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
	source = bucket_at(table, from);
	target = bucket_at(table, new);

	bit_spin_lock(0, &source->word);
	for (each = upm_bucket_first(source); each; each = next) {
		next = each->next;
		if (bucket_of(each->key, new + 1) == new) {
			each->next = move;
			move = each;
		} else {
			each->next = stay;
			stay = each;
		}
	}
	WRITE_ONCE(source->word, (unsigned long)stay | LOCK_BIT);
	WRITE_ONCE(target->word, (unsigned long)move);
	/* Nobody looks into the new bucket before this. */
	smp_store_release(&table->nr_buckets, new + 1);
	bit_spin_unlock(0, &source->word);
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
	struct upm_bucket *into = bucket_at(table, last - (1U << __fls(last)));
	struct upm_bucket *bucket = bucket_at(table, last);
	struct upm_entry *tail;

	bit_spin_lock(0, &into->word);
	bit_spin_lock(0, &bucket->word);
	tail = upm_bucket_first(bucket);
	if (tail) {
		struct upm_entry *first = tail;

		while (tail->next)
			tail = tail->next;
		tail->next = upm_bucket_first(into);
		WRITE_ONCE(into->word, (unsigned long)first | LOCK_BIT);
	}
	WRITE_ONCE(bucket->word, LOCK_BIT);
	/* Who waits for either of the two looks again where its key belongs. */
	smp_store_release(&table->nr_buckets, last);
	bit_spin_unlock(0, &bucket->word);
	bit_spin_unlock(0, &into->word);
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
 */
unsigned long upm_table_bytes(struct upm_table *table)
{
	unsigned int nr = READ_ONCE(table->nr_buckets);

	return table->nr_segments * sizeof(*table->segments) +
	       round_up(nr, SEGMENT_BUCKETS) * sizeof(struct upm_bucket);
}
