// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stable pages: the one copy that equal pages are replaced by.
 *
 * A stable page is of the kind that KSM makes of a page between write-protecting
 * it and entering it into its tree: the KSM flag with no stable node. All of the
 * kernel copies such a page at a write, never reuses it in place, and finds no
 * reverse mapping in it; it is not on the LRU, and so neither reclaimed nor moved.
 *
 * On kernels with device memory for migration (HMM) it stays locked for life. That
 * migration takes pages straight from page tables and would, without a reverse
 * mapping, not find the way back, and the page's content would be lost; but it only
 * tries for the lock.
 *
 * The table owns one reference. With no other left the page is not mapped and is
 * freed, by upm_stable_reap(), under the lock of its bucket: new references come
 * from there, or from mappings, and there are none. A page that is no use in the
 * table while it is mapped waits in a list of orphans (stable_reap.c).
 */
#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "stable.h"
#include "trace.h"

/*
 * Mappings that merging adds to one page; then another is made for the same content.
 * Forks multiply them without asking, up to the number of processes. KSM's limit,
 * too, keeps the product in the range of a reference count.
 */
#define MOST_SHARERS	256

struct upm_table upm_stables;
static struct kmem_cache *cache;
/* Counts pages and not nodes: a page is counted before it has a node. */
static atomic_long_t pages;
/* Grows with every page that is added; see upm_stable_adds(). */
static atomic_long_t adds;

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
	if (upm_table_init(&upm_stables, totalram_pages() / 2)) {
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
	return upm_table_bytes(&upm_stables) +
	       atomic_long_read(&upm_stables.count) * sizeof(struct upm_stable);
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
	struct upm_bucket *bucket = upm_table_lock(&upm_stables, key);
	struct page *page = NULL;
	struct upm_entry *each;

	for (each = upm_bucket_first(bucket); each; each = each->next) {
		struct upm_stable *node = upm_stable_of(each);

		if (each->key != key || node->domain != domain ||
		    (unsigned int)page_count(node->page) > MOST_SHARERS)
			continue;
		page = node->page;
		get_page(page);
		break;
	}
	upm_table_unlock(bucket);
	return page;
}

/* A page of the kind, with the content of another; NULL if there is no memory. */
static struct page *page_new(struct page *from)
{
	struct folio *folio;
	struct page *page;

	/* Not movable: it must not sit where memory is to be unplugged. */
	page = alloc_page(GFP_HIGHUSER | __GFP_ACCOUNT | __GFP_NOWARN |
			  __GFP_NORETRY);
	if (!page)
		return NULL;
	copy_highpage(page, from);
	folio = page_folio(page);
	__folio_mark_uptodate(folio);
	folio_set_dirty(folio);
	__folio_set_swapbacked(folio);
	if (UPM_LOCK_STABLE)
		__folio_set_locked(folio);
	WRITE_ONCE(page->mapping, UPM_MAPPING_KSM);
	return page;
}

/**
 * upm_stable_forget() - free a node, but not its reference to the page
 * @node: a node that is not in the table
 */
void upm_stable_forget(struct upm_stable *node)
{
	atomic_long_dec(&node->domain->stable);
	atomic_long_dec(&pages);
	upm_domain_put(node->domain);
	kmem_cache_free(cache, node);
}

/**
 * upm_stable_free() - free a node, and its reference to the page
 * @node: a node that is not in the table, of a page that nobody maps, or that is
 *        broken
 */
void upm_stable_free(struct upm_stable *node)
{
	trace_upm_stable_free(page_to_pfn(node->page));
	if (UPM_LOCK_STABLE)
		unlock_page(node->page);
	put_page(node->page);
	upm_stable_forget(node);
}

/**
 * upm_stable_new() - make a stable page
 * @domain: its domain
 * @key:    key it will be found by
 * @from:   page whose content is copied
 * @why:    reason, if there is none
 *
 * The caller adds it with upm_stable_add() if it was mapped, and else calls
 * upm_stable_cancel().
 *
 * Return: its node, or NULL.
 */
struct upm_stable *upm_stable_new(struct upm_domain *domain, u64 key,
				  struct page *from, enum upm_skip *why)
{
	struct upm_stable *node;

	*why = UPM_SKIP_LIMIT;
	if (atomic_long_inc_return(&pages) > upm_limit_stable())
		goto uncount;
	if (atomic_long_inc_return(&domain->stable) > upm_limit_domain_stable())
		goto uncount_domain;

	*why = UPM_SKIP_NOMEM;
	node = kmem_cache_alloc(cache,
				GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
	if (!node)
		goto uncount_domain;
	node->page = page_new(from);
	if (!node->page)
		goto free;
	node->entry.key = key;
	node->domain = domain;
	upm_domain_get(domain);
	return node;

free:
	kmem_cache_free(cache, node);
uncount_domain:
	atomic_long_dec(&domain->stable);
uncount:
	atomic_long_dec(&pages);
	/* Pages that nobody maps any more may be in the way. */
	if (*why == UPM_SKIP_LIMIT)
		upm_reclaim_soon();
	return NULL;
}

/**
 * upm_stable_page_of() - the page of a node
 * @node: the node
 *
 * Return: the page; the reference is the node's.
 */
struct page *upm_stable_page_of(struct upm_stable *node)
{
	return node->page;
}

/**
 * upm_stable_cancel() - undo upm_stable_new()
 * @node: a node whose page was not mapped
 */
void upm_stable_cancel(struct upm_stable *node)
{
	upm_stable_free(node);
}

/**
 * upm_stable_add() - put a stable page into the table
 * @node: from upm_stable_new()
 */
void upm_stable_add(struct upm_stable *node)
{
	struct upm_bucket *bucket = upm_table_lock(&upm_stables, node->entry.key);

	upm_bucket_add(&upm_stables, bucket, &node->entry);
	upm_table_unlock(bucket);
	atomic_long_inc(&adds);
	upm_table_grow(&upm_stables);
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
	return atomic_long_read(&adds);
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
	struct upm_bucket *bucket = upm_table_lock(&upm_stables, key);
	struct upm_stable *node = NULL;
	struct upm_entry *each;

	for (each = upm_bucket_first(bucket); each; each = each->next)
		if (each->key == key && upm_stable_of(each)->domain == domain &&
		    upm_stable_of(each)->page == page)
			node = upm_stable_of(each);
	if (node)
		upm_bucket_del(&upm_stables, bucket, &node->entry);
	upm_table_unlock(bucket);
	if (node)
		upm_stable_orphan(node);
}

/**
 * upm_stable_exit() - free the table; upm_stable_abandon() has emptied it
 */
void upm_stable_exit(void)
{
	upm_table_destroy(&upm_stables);
	kmem_cache_destroy(cache);
}
