// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stable pages: the one copy that equal pages are replaced by.
 *
 * A stable page is of the kind that KSM makes of a page between write-protecting
 * it and entering it into its tree: the KSM flag with no stable node. All of the
 * kernel copies such a page at a write, never reuses it in place, and finds no
 * reverse mapping in it; it is not on the LRU, and so neither reclaimed nor moved.
 *
 * It stays locked as long as it is in the table. Device migration (HMM) takes
 * pages straight from page tables and would, without a reverse mapping, not find
 * the way back; like everybody else who might try his hand at the page it only
 * tries for the lock.
 *
 * The table owns one reference. With no other left the page is not mapped and is
 * freed, by upm_stable_reap(), under the lock of its bucket: new references come
 * from there, or from mappings, and there are none.
 */
#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "table.h"
#include "trace.h"
#include "upm.h"

/**
 * struct upm_stable - node of a stable page
 * @entry:  in the table
 * @page:   the page; a reference
 * @domain: its domain; a reference
 */
struct upm_stable {
	struct upm_entry entry;
	struct page *page;
	struct upm_domain *domain;
};

/* More sharers than this, and the count of references would come near its end. */
#define MOST_SHARERS	BIT(30)

static struct upm_table table;
static struct kmem_cache *cache;
/* Counts pages and not nodes: a page is counted before it has a node. */
static atomic_long_t pages;
/* Grows with every page that is added; see upm_stable_adds(). */
static unsigned long adds;

/**
 * upm_stable_init() - make the table
 *
 * Return: 0, or a negative error.
 */
int upm_stable_init(void)
{
	cache = KMEM_CACHE(upm_stable, SLAB_ACCOUNT);
	if (!cache)
		return -ENOMEM;
	if (upm_table_init(&table, totalram_pages() / 2)) {
		kmem_cache_destroy(cache);
		cache = NULL;
		return -ENOMEM;
	}
	return 0;
}

/**
 * upm_stable_count() - number of stable pages
 *
 * Return: the number.
 */
unsigned long upm_stable_count(void)
{
	return atomic_long_read(&pages);
}

/**
 * upm_stable_bytes() - memory of nodes and table, without the pages
 *
 * Return: bytes.
 */
unsigned long upm_stable_bytes(void)
{
	return upm_table_bytes(&table) +
	       atomic_long_read(&table.count) * sizeof(struct upm_stable);
}

/**
 * upm_stable_page() - whether a page is of the kind described above
 * @page: a page that is not part of a large folio
 *
 * Return: true if so.
 */
bool upm_stable_page(struct page *page)
{
	return READ_ONCE(page->mapping) == UPM_MAPPING_KSM;
}

static struct upm_stable *find(struct upm_bucket *bucket, struct upm_domain *domain,
			       u64 key)
{
	struct upm_entry *each;

	for (each = upm_bucket_first(bucket); each; each = each->next) {
		struct upm_stable *node;

		node = container_of(each, struct upm_stable, entry);
		if (each->key == key && node->domain == domain)
			return node;
	}
	return NULL;
}

/**
 * upm_stable_find() - look up a stable page
 * @domain: the domain
 * @key:    key of the content
 *
 * Return: the page with a reference, or NULL.
 */
struct page *upm_stable_find(struct upm_domain *domain, u64 key)
{
	struct upm_bucket *bucket = upm_table_lock(&table, key);
	struct upm_stable *node = find(bucket, domain, key);
	struct page *page = NULL;

	if (node && likely(page_count(node->page) < MOST_SHARERS)) {
		page = node->page;
		get_page(page);
	}
	upm_table_unlock(bucket);
	return page;
}

/**
 * upm_stable_new() - make a stable page
 * @domain: its domain
 * @from:   page whose content is copied
 * @why:    reason, if there is none
 *
 * The caller adds it with upm_stable_add(), or calls upm_stable_cancel().
 *
 * Return: the page, locked, with one reference, or NULL.
 */
struct page *upm_stable_new(struct upm_domain *domain, struct page *from,
			    enum upm_skip *why)
{
	struct folio *folio;
	struct page *page;

	*why = UPM_SKIP_LIMIT;
	if (atomic_long_inc_return(&pages) > upm_limit_stable())
		goto uncount;
	if (atomic_long_inc_return(&domain->stable) > upm_limit_domain_stable())
		goto uncount_domain;

	*why = UPM_SKIP_NOMEM;
	/* Not movable: it must not sit where memory is to be unplugged. */
	page = alloc_page(GFP_HIGHUSER | __GFP_ACCOUNT | __GFP_NOWARN |
			  __GFP_NORETRY);
	if (!page)
		goto uncount_domain;
	copy_highpage(page, from);
	folio = page_folio(page);
	__folio_mark_uptodate(folio);
	folio_set_dirty(folio);
	__folio_set_swapbacked(folio);
	__folio_set_locked(folio);
	WRITE_ONCE(page->mapping, UPM_MAPPING_KSM);
	return page;

uncount_domain:
	atomic_long_dec(&domain->stable);
uncount:
	atomic_long_dec(&pages);
	return NULL;
}

/**
 * upm_stable_adds() - a number that changes when stable pages are added
 *
 * Tells whether a look-up that found nothing is worth repeating.
 *
 * Return: the number.
 */
unsigned long upm_stable_adds(void)
{
	return READ_ONCE(adds);
}

/* Gives up the reference that counts as the page's being in the table. */
static void let_go(struct upm_domain *domain, struct page *page)
{
	atomic_long_dec(&domain->stable);
	atomic_long_dec(&pages);
	unlock_page(page);
	put_page(page);
}

/**
 * upm_stable_cancel() - undo upm_stable_new()
 * @domain: its domain
 * @page:   the page; if it was mapped it stays so, without being in the table
 */
void upm_stable_cancel(struct upm_domain *domain, struct page *page)
{
	let_go(domain, page);
}

/**
 * upm_stable_add() - put a stable page into the table
 * @domain: its domain
 * @key:    key of its content
 * @page:   page from upm_stable_new()
 *
 * On failure nothing has changed.
 *
 * Return: 0, or a negative error.
 */
int upm_stable_add(struct upm_domain *domain, u64 key, struct page *page)
{
	struct upm_stable *node;
	struct upm_bucket *bucket;

	node = kmem_cache_alloc(cache,
				GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
	if (!node)
		return -ENOMEM;
	node->entry.key = key;
	node->page = page;
	node->domain = domain;
	upm_domain_get(domain);

	bucket = upm_table_lock(&table, key);
	upm_bucket_add(&table, bucket, &node->entry);
	upm_table_unlock(bucket);
	/* May lose an addition to another one; it will have changed all the same. */
	WRITE_ONCE(adds, adds + 1);
	upm_table_grow(&table);
	return 0;
}

static void node_free(struct upm_stable *node)
{
	trace_upm_stable_free(page_to_pfn(node->page), page_count(node->page) - 1);
	let_go(node->domain, node->page);
	upm_domain_put(node->domain);
	kmem_cache_free(cache, node);
}

/**
 * upm_stable_disown() - take a stable page out of the table that is no use in it
 * @domain: its domain
 * @key:    key it is found by
 * @page:   the page
 *
 * Because its content is not what the key says (the page it was copied from was
 * being written to), or because the hardware says it is broken. Its mappings stay.
 */
void upm_stable_disown(struct upm_domain *domain, u64 key, struct page *page)
{
	struct upm_bucket *bucket = upm_table_lock(&table, key);
	struct upm_stable *node = find(bucket, domain, key);

	if (node && node->page == page)
		upm_bucket_del(&table, bucket, &node->entry);
	else
		node = NULL;
	upm_table_unlock(bucket);
	if (node)
		node_free(node);
}

/* Takes pages that nobody maps, or all, out of a locked bucket. */
static struct upm_entry *pick(struct upm_bucket *bucket, bool all)
{
	struct upm_entry *each, *next, *picked = NULL;

	for (each = upm_bucket_first(bucket); each; each = next) {
		struct upm_stable *node;

		next = each->next;
		node = container_of(each, struct upm_stable, entry);
		if (!all && page_count(node->page) > 1 &&
		    !PageHWPoison(node->page))
			continue;
		upm_bucket_del(&table, bucket, each);
		each->next = picked;
		picked = each;
	}
	return picked;
}

static unsigned long reap(bool all)
{
	unsigned long freed = 0;
	struct upm_bucket *bucket;
	unsigned int n;

	for (n = 0; (bucket = upm_table_lock_nth(&table, n)); n++) {
		struct upm_entry *each = NULL, *next;

		if (upm_bucket_first(bucket))
			each = pick(bucket, all);
		upm_table_unlock(bucket);
		for (; each; each = next) {
			next = each->next;
			node_free(container_of(each, struct upm_stable, entry));
			freed++;
		}
		if (!(n % 1024))
			cond_resched();
	}
	return freed;
}

/**
 * upm_stable_reap() - free stable pages that nobody maps any more
 *
 * Return: how many.
 */
unsigned long upm_stable_reap(void)
{
	return atomic_long_read(&table.count) ? reap(false) : 0;
}

/**
 * upm_stable_table_fit() - shrink the table to what is in it
 */
void upm_stable_table_fit(void)
{
	upm_table_shrink(&table);
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

	for (n = 0; (bucket = upm_table_lock_nth(&table, n)); n++) {
		struct upm_entry *each;

		for (each = upm_bucket_first(bucket); each; each = each->next)
			sum += upm_mapcount(container_of(each, struct upm_stable,
							 entry)->page);
		upm_table_unlock(bucket);
		if (!(n % 1024))
			cond_resched();
	}
	return sum;
}

/**
 * upm_stable_exit() - let all stable pages go; they live on as long as mapped
 */
void upm_stable_exit(void)
{
	reap(true);
	upm_table_destroy(&table);
	kmem_cache_destroy(cache);
}
