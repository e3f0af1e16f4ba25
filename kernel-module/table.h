/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of table.c that are on the path of every page. */
#ifndef UPM_TABLE_H
#define UPM_TABLE_H

#include <linux/bitops.h>
#include <linux/preempt.h>
#include <linux/processor.h>

#include "upm.h"

#define UPM_SEGMENT_SHIFT	9
#define UPM_BUCKET_LOCK		1UL

static inline struct upm_bucket *upm_bucket_at(struct upm_table *table,
					       unsigned int n)
{
	return &READ_ONCE(table->segments[n >> UPM_SEGMENT_SHIFT])
		[n & (BIT(UPM_SEGMENT_SHIFT) - 1)];
}

static inline unsigned int upm_bucket_of(u64 key, unsigned int nr)
{
	unsigned int mask = (2U << __fls(nr - 1)) - 1;
	unsigned int n = key & mask;

	return n < nr ? n : n & (mask >> 1);
}

/* bit_spin_lock() without its own care of preemption, which is disabled already. */
static inline void upm_bucket_lock(struct upm_bucket *bucket)
{
	while (unlikely(test_and_set_bit_lock(0, &bucket->word)))
		while (READ_ONCE(bucket->word) & UPM_BUCKET_LOCK)
			cpu_relax();
}

static inline void upm_bucket_unlock(struct upm_bucket *bucket)
{
	clear_bit_unlock(0, &bucket->word);
}

/**
 * upm_table_lock() - lock the bucket a key belongs into
 * @table: the table
 * @key:   the key
 *
 * Return: the bucket, for upm_table_unlock().
 */
static inline struct upm_bucket *upm_table_lock(struct upm_table *table, u64 key)
{
	preempt_disable();
	for (;;) {
		/* Pairs with the release by which a new bucket is shown. */
		unsigned int nr = smp_load_acquire(&table->nr_buckets);
		unsigned int n = upm_bucket_of(key, nr), now;
		struct upm_bucket *bucket = upm_bucket_at(table, n);

		upm_bucket_lock(bucket);
		/*
		 * The size may have changed before the lock was got. It cannot
		 * change for this bucket now: that needs its lock.
		 */
		now = READ_ONCE(table->nr_buckets);
		if (likely(now == nr || upm_bucket_of(key, now) == n))
			return bucket;
		upm_bucket_unlock(bucket);
	}
}

/**
 * upm_table_unlock() - unlock a bucket
 * @bucket: the bucket
 */
static inline void upm_table_unlock(struct upm_bucket *bucket)
{
	upm_bucket_unlock(bucket);
	preempt_enable();
}

/**
 * upm_bucket_first() - first entry of a locked bucket
 * @bucket: the bucket
 *
 * Return: the entry, or NULL.
 */
static inline struct upm_entry *upm_bucket_first(struct upm_bucket *bucket)
{
	return (struct upm_entry *)(bucket->word & ~UPM_BUCKET_LOCK);
}

/**
 * upm_bucket_add() - put an entry into a locked bucket
 * @table:  the table
 * @bucket: bucket of the entry's key
 * @entry:  the entry; its key is set
 */
static inline void upm_bucket_add(struct upm_table *table,
				  struct upm_bucket *bucket,
				  struct upm_entry *entry)
{
	entry->next = upm_bucket_first(bucket);
	WRITE_ONCE(bucket->word, (unsigned long)entry | UPM_BUCKET_LOCK);
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
static inline bool upm_bucket_del(struct upm_table *table,
				  struct upm_bucket *bucket,
				  struct upm_entry *entry)
{
	struct upm_entry *each = upm_bucket_first(bucket);

	if (each == entry) {
		WRITE_ONCE(bucket->word, (unsigned long)entry->next | UPM_BUCKET_LOCK);
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

#endif /* UPM_TABLE_H */
