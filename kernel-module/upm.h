/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types shared by the parts of the module, and what each part offers the others.
 *
 * Locks, outermost first:
 *
 *   space->move               for a change of domain, before anything else
 *   mmap_lock (read)          of one process at a time, never of two
 *   space->index.xa_lock      the candidates of one address space
 *   bucket of a table         one at a time, but two, in ascending order, to grow
 *                             or shrink the table; nothing sleeps under it
 *
 * Who owns what:
 *
 *   stable page               one reference by its node in the stable table, one
 *                             by each mapping (the kernel's), one by a caller
 *                             who looked it up
 *   candidate                 owned by its space's index; the table entry is the
 *                             same object. No reference to page or user memory.
 *   space                     one reference by the table of spaces until the
 *                             process is gone, one by each call or claim on it;
 *                             holds mm_count (mmgrab), never mm_users
 *   domain                    one reference by each stable page, space, binding
 *                             and call that uses it
 */
#ifndef UPM_H
#define UPM_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/pid_namespace.h>
#include <linux/refcount.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "compat.h"
#include "uapi/upm.h"

/* --- hash.c ------------------------------------------------------------- */

void upm_hash_init(void);
u64 upm_hash_page(const void *data);
u64 upm_hash_of_zeros(void);

/* --- table.c: a hash table that grows and shrinks by single buckets -------- */

/**
 * struct upm_entry - what everything kept in a table begins with
 * @next: next in the bucket
 * @key:  evenly distributed; not unique
 */
struct upm_entry {
	struct upm_entry *next;
	u64 key;
};

/**
 * struct upm_bucket - entries with keys that belong together
 * @word: address of the first entry, and the lock in bit 0
 */
struct upm_bucket {
	unsigned long word;
};

/**
 * struct upm_table - linear hashing over segments of one page each
 * @segments:    buckets, a page of them at each place; allocated as needed
 * @nr_segments: places in @segments
 * @nr_buckets:  buckets in use
 * @count:       entries
 * @resize:      serialises growing and shrinking
 */
struct upm_table {
	struct upm_bucket **segments;
	unsigned int nr_segments;
	unsigned int nr_buckets;
	atomic_long_t count;
	struct mutex resize;	/* growing and shrinking */
};

int upm_table_init(struct upm_table *table, unsigned long most);
void upm_table_destroy(struct upm_table *table);
void upm_table_grow(struct upm_table *table);
void upm_table_shrink(struct upm_table *table);
struct upm_bucket *upm_table_lock_nth(struct upm_table *table, unsigned int n);
unsigned long upm_table_bytes(struct upm_table *table);

/* --- domain.c ----------------------------------------------------------- */

/**
 * struct upm_domain - pages merge only with pages of the same domain
 * @node:       in the table of domains
 * @refs:       users
 * @id:         number; bit 63 is set for default domains
 * @salt:       mixed into every hash
 * @uid:        default domains: whose
 * @pid_ns:     default domains: where; a reference, so the address is not reused
 * @stable:     stable pages
 * @candidates: candidates
 */
struct upm_domain {
	struct hlist_node node;
	refcount_t refs;
	u64 id;
	u64 salt;
	kuid_t uid;
	struct pid_namespace *pid_ns;
	atomic_long_t stable;
	atomic_long_t candidates;
};

struct upm_domain *upm_domain_of_task(struct task_struct *task);
struct upm_domain *upm_domain_by_id(u64 id);
void upm_domain_get(struct upm_domain *domain);
void upm_domain_put(struct upm_domain *domain);
bool upm_domain_is_bound(struct pid_namespace *ns);
int upm_domain_bind(struct pid_namespace *ns, u64 id);
int upm_domain_unbind(struct pid_namespace *ns);
void upm_domain_sweep(void);
void upm_domain_exit(void);
u32 upm_domain_fill(struct upm_domain_entry *entries, u32 room);
unsigned long upm_domain_count(void);
unsigned long upm_domain_bytes(void);

/* --- arena.c: memory for the candidates of one space ---------------------------- */

struct upm_arena_page;
struct upm_candidate;

/**
 * struct upm_arena - pages of candidates
 * @open: pages with room
 * @full: pages without
 *
 * Guarded by the lock of the space's index.
 */
struct upm_arena {
	struct list_head open;
	struct list_head full;
};

void upm_arena_init(struct upm_arena *arena);
unsigned long upm_arena_page(void);
struct upm_candidate *upm_arena_take(struct upm_arena *arena,
				     unsigned long *spare);
void upm_arena_give(struct upm_arena *arena, struct upm_candidate *cand);
struct upm_arena_page *upm_arena_first(struct upm_arena *arena);
void upm_arena_drop(struct upm_arena_page *page);
unsigned long upm_arena_bytes(void);

/* --- space.c: what is known of one address space ---------------------------- */

/**
 * struct upm_space - an address space that was advised
 * @node:   in the table of spaces, by @mm
 * @all:    in the list of spaces
 * @refs:   users
 * @mm:     a reference by mmgrab(): keeps the struct, not the memory
 * @index:  candidates by page number; its lock also guards the four below
 * @arena:  memory of its candidates
 * @dead:   candidates are being dropped for good
 * @moving: candidates are being dropped to change @domain
 * @domain: where its candidates are kept; changed with @move held, too
 * @move:   held while @domain changes
 * @dying:  exit_mmap() has begun; no more candidates will come
 * @lock:   guards the counters
 * @calls:  calls on this space
 * @counts: their sum
 * @peer_merged: pages merged by calls on other spaces
 * @candidates: candidates it has
 * @sweep:  first page number the next sweep looks at
 * @exit:   work that forgets the space
 * @rcu:    for freeing
 */
struct upm_space {
	struct rhash_head node;
	struct list_head all;
	refcount_t refs;
	struct mm_struct *mm;
	struct xarray index;
	struct upm_arena arena;
	bool dead;
	bool moving;
	struct upm_domain *domain;
	struct mutex move;	/* changes of @domain */
	bool dying;
	spinlock_t lock;	/* @calls and @counts */
	u64 calls;
	struct upm_counts counts;
	atomic64_t peer_merged;
	atomic_long_t candidates;
	unsigned long sweep;
	struct work_struct exit;
	struct rcu_head rcu;
};

int upm_space_init(void);
void upm_space_exit(void);
struct upm_space *upm_space_of(struct mm_struct *mm, bool create);
void upm_space_put(struct upm_space *space);
void upm_space_set_domain(struct upm_space *space, struct upm_domain *domain);
void upm_space_account(struct upm_space *space, const struct upm_counts *counts);
struct upm_space *upm_space_rotate(void);
void upm_space_forget(struct upm_space *space);
unsigned long upm_space_count(void);
bool upm_space_exits_seen(void);

/* --- candidate.c ---------------------------------------------------------- */

/**
 * struct upm_sighting - where an equal page was seen before
 * @space: address space, referenced
 * @vpn:   page number in it
 */
struct upm_sighting {
	struct upm_space *space;
	unsigned long vpn;
};

/**
 * enum upm_recorded - what upm_candidate_record() did
 * @UPM_RECORDED: is a candidate now, or was it before
 * @UPM_SEEN:     an equal one is known, and is now claimed for the caller
 * @UPM_CLAIMED_BY_OTHER: an equal one is known, and claimed by somebody else
 * @UPM_FULL:     a limit was reached
 * @UPM_NO_MEMORY: no memory
 * @UPM_MOVED:    the space has changed its domain meanwhile
 */
enum upm_recorded {
	UPM_RECORDED,
	UPM_SEEN,
	UPM_CLAIMED_BY_OTHER,
	UPM_FULL,
	UPM_NO_MEMORY,
	UPM_MOVED,
};

int upm_candidate_init(void);
void upm_candidate_exit(void);
enum upm_recorded upm_candidate_record(struct upm_space *space,
				       struct upm_domain *domain,
				       unsigned long vpn, u64 key,
				       unsigned long *spare,
				       struct upm_sighting *seen);
bool upm_candidate_is_claimed(struct upm_sighting *seen, u64 key);
void upm_candidate_forget(struct upm_space *space, unsigned long vpn);
void upm_candidate_unclaim(struct upm_sighting *seen, u64 key);
void upm_candidate_drop(struct upm_sighting *seen, u64 key);
bool upm_candidate_is(struct upm_space *space, unsigned long vpn);
unsigned long upm_candidate_drop_range(struct upm_space *space,
				       unsigned long first, unsigned long last,
				       unsigned long most);
void upm_candidate_drop_all(struct upm_space *space);
unsigned long upm_candidate_next(struct upm_space *space, unsigned long vpn);
unsigned long upm_candidate_count(void);
unsigned long upm_candidate_bytes(void);
void upm_candidate_table_fit(void);

/* --- stable.c --------------------------------------------------------------- */

struct upm_stable;

int upm_stable_init(void);
void upm_stable_abandon(void);
void upm_stable_exit(void);
struct page *upm_stable_find(struct upm_domain *domain, u64 key);
struct upm_stable *upm_stable_new(struct upm_domain *domain, u64 key,
				  struct page *from, enum upm_skip *why);
struct page *upm_stable_page_of(struct upm_stable *node);
void upm_stable_add(struct upm_stable *node);
void upm_stable_cancel(struct upm_stable *node);
void upm_stable_disown(struct upm_domain *domain, u64 key, struct page *page);
unsigned long upm_stable_reap(void);
void upm_stable_table_fit(void);
unsigned long upm_stable_adds(void);
unsigned long upm_stable_count(void);
unsigned long upm_stable_sharing(void);
unsigned long upm_stable_bytes(void);

/* --- walk.c: reading page tables ---------------------------------------------- */

/**
 * enum upm_kind - what a slot of a batch is
 * @UPM_PAGE:   an anonymous page; @page of the slot is referenced
 * @UPM_STABLE: a stable page
 * @UPM_ZERO:   the kernel's zero page
 * @UPM_SKIP:   nothing to be done, for the reason in @why
 */
enum upm_kind {
	UPM_PAGE,
	UPM_STABLE,
	UPM_ZERO,
	UPM_SKIP,
};

/**
 * struct upm_want - what a walk is after
 * @kind:  what to put into slots; the rest is only counted
 * @split: pages of huge pages count as pages, else as UPM_SKIP_HUGE
 * @ref:   take a reference to pages
 */
struct upm_want {
	enum upm_kind kind;
	bool split;
	bool ref;
};

/**
 * struct upm_slot - one page of a batch
 * @addr: address
 * @page: the page, with a reference if the walk was to take one
 * @stable: while @paired: stable page made for it, with a reference
 * @seen: while @paired: equal page elsewhere, claimed
 * @key:  while @paired: key of its content
 * @paired: waits for upm_pair_batch()
 */
struct upm_slot {
	unsigned long addr;
	struct page *page;
	struct page *stable;
	struct upm_sighting seen;
	u64 key;
	bool paired;
};

unsigned long upm_walk(struct vm_area_struct *vma, unsigned long addr,
		       unsigned long end, struct upm_want want,
		       struct upm_slot *slots, unsigned int *nr,
		       struct upm_counts *counts);
enum upm_kind upm_walk_one(struct vm_area_struct *vma, unsigned long addr,
			   struct page **page);
bool upm_mm_is_tracked(struct mm_struct *mm);
bool upm_vma_fits(struct vm_area_struct *vma, enum upm_skip *why);

/* --- replace.c: the exchange of a page for an equal one ------------------------- */

/* What upm_replace() returns when the page was replaced. */
#define UPM_REPLACED	(-1)

int upm_replace(struct vm_area_struct *vma, struct page *page,
		struct page *stable, u64 key, struct upm_domain *domain);
int upm_replace_by_zero(struct vm_area_struct *vma, struct page *page);
u64 upm_page_hash(struct page *page);
u64 upm_page_key(struct page *page, struct upm_domain *domain);
u64 upm_key(u64 hash, struct upm_domain *domain);
bool upm_page_is_held(struct page *page);

/* --- merge.c, pair.c, unmerge.c, call.c ---------------------------------------- */

#define UPM_BATCH	64
#define UPM_RETRIES	256

/* What a call does. */
enum upm_op {
	UPM_OP_MERGE,
	UPM_OP_UNMERGE,
	UPM_OP_QUERY,
};

/**
 * struct upm_ctx - one call
 * @mm:      the memory meant; mm_users is held
 * @space:   what is known of it; NULL for QUERY if nothing is
 * @domain:  domain of the call
 * @split:   huge pages may be split
 * @last:    pages that are busy are skipped and not put off any more
 * @drain:   a page that was put off seemed held, perhaps by an LRU batch
 * @drained: LRU batches have been emptied; who is held now is held for good
 * @counts:  what was done
 * @done:    bytes of the ranges dealt with
 * @nr_slots: slots in use
 * @nr_retries: pages put off
 * @spare:   a page for candidates, allocated ahead, or 0
 * @slots:   batch
 * @retries: addresses of pages put off
 */
struct upm_ctx {
	struct mm_struct *mm;
	struct upm_space *space;
	struct upm_domain *domain;
	bool split;
	bool last;
	bool drain;
	bool drained;
	struct upm_counts counts;
	u64 done;
	unsigned int nr_slots;
	unsigned int nr_retries;
	unsigned long spare;
	struct upm_slot slots[UPM_BATCH];
	unsigned long retries[UPM_RETRIES];
};

int upm_merge_range(struct upm_ctx *ctx, unsigned long addr, unsigned long end);
int upm_merge_put_off(struct upm_ctx *ctx);
void upm_merge_slot(struct upm_ctx *ctx, struct vm_area_struct *vma,
		    struct upm_slot *slot);
void upm_put_off(struct upm_ctx *ctx, unsigned long addr, enum upm_skip why);
void upm_count_skip(struct upm_counts *counts, enum upm_skip why,
		    unsigned long pages);
void upm_pair_batch(struct upm_ctx *ctx);
int upm_unmerge_range(struct upm_ctx *ctx, unsigned long addr,
		      unsigned long end);
int upm_query_range(struct upm_ctx *ctx, unsigned long addr, unsigned long end);

/**
 * struct upm_target - whose memory a call is about
 * @task:  the process
 * @mm:    its memory; mm_users is held
 */
struct upm_target {
	struct task_struct *task;
	struct mm_struct *mm;
};

int upm_target_get(struct upm_target *target, int pidfd, enum upm_op op);
void upm_target_put(struct upm_target *target);
int upm_call_run(struct upm_target *target, enum upm_op op, u32 flags, u64 id,
		 const struct upm_range *ranges, u32 nr,
		 struct upm_counts *counts, u64 *done);

/* --- domain_ioctl.c ---------------------------------------------------------- */

int upm_ioctl_bind(void __user *arg, bool bind);
int upm_ioctl_domains(void __user *arg);
int upm_copy_in(void *to, size_t size, size_t least, const void __user *from,
		size_t *used);
int upm_copy_out(void __user *to, const void *from, size_t used);

/* --- device.c, madvise.c, reclaim.c, stats.c, main.c ---------------------------- */

int upm_device_init(void);
void upm_device_exit(void);

void upm_madvise_init(void);
void upm_madvise_exit(void);
bool upm_madvise_works(void);

int upm_reclaim_init(void);
void upm_reclaim_exit(void);
void upm_reclaim_soon(void);
void upm_reclaim_exited(void);

int upm_stats_init(void);
void upm_stats_exit(void);
void upm_stats_add(enum upm_op op, const struct upm_counts *counts);

extern struct workqueue_struct *upm_wq;
extern unsigned int upm_hash_bits;
extern bool upm_madvise_wanted;

unsigned long upm_limit_stable(void);
unsigned long upm_limit_candidates(void);
unsigned long upm_limit_domain_stable(void);
unsigned long upm_limit_domain_candidates(void);

#endif /* UPM_H */
