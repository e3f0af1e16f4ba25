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
 * table while it is mapped waits in a list of orphans.
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

/*
 * Mappings that merging adds to one page; then another is made for the same content.
 * Forks multiply them without asking, up to the number of processes. KSM's limit,
 * too, keeps the product in the range of a reference count.
 */
#define MOST_SHARERS	256

static struct upm_table table;
static struct kmem_cache *cache;
/* Counts pages and not nodes: a page is counted before it has a node. */
static atomic_long_t pages;
/* Nodes that were taken out of the table while their pages are mapped. */
static struct upm_entry *orphans;
static DEFINE_SPINLOCK(orphans_lock);
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

static struct upm_stable *node_of(struct upm_entry *entry)
{
	return container_of(entry, struct upm_stable, entry);
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
	struct page *page = NULL;
	struct upm_entry *each;

	for (each = upm_bucket_first(bucket); each; each = each->next) {
		struct upm_stable *node = node_of(each);

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

/* Frees a node and gives up its references. Nobody maps the page, or it is broken. */
static void node_free(struct upm_stable *node)
{
	trace_upm_stable_free(page_to_pfn(node->page));
	if (UPM_LOCK_STABLE)
		unlock_page(node->page);
	put_page(node->page);
	atomic_long_dec(&node->domain->stable);
	atomic_long_dec(&pages);
	upm_domain_put(node->domain);
	kmem_cache_free(cache, node);
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
	node_free(node);
}

/**
 * upm_stable_add() - put a stable page into the table
 * @node: from upm_stable_new()
 */
void upm_stable_add(struct upm_stable *node)
{
	struct upm_bucket *bucket = upm_table_lock(&table, node->entry.key);

	upm_bucket_add(&table, bucket, &node->entry);
	upm_table_unlock(bucket);
	/* May lose an addition to another one; it will have changed all the same. */
	WRITE_ONCE(adds, adds + 1);
	upm_table_grow(&table);
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

static void orphan(struct upm_stable *node)
{
	/*
	 * Memory failure handling keeps a broken page for itself, and may be
	 * waiting for its lock.
	 */
	if (PageHWPoison(node->page)) {
		node_free(node);
		return;
	}
	spin_lock(&orphans_lock);
	node->entry.next = orphans;
	orphans = &node->entry;
	spin_unlock(&orphans_lock);
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
	struct upm_stable *node = NULL;
	struct upm_entry *each;

	for (each = upm_bucket_first(bucket); each; each = each->next)
		if (each->key == key && node_of(each)->domain == domain &&
		    node_of(each)->page == page)
			node = node_of(each);
	if (node)
		upm_bucket_del(&table, bucket, &node->entry);
	upm_table_unlock(bucket);
	if (node)
		orphan(node);
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
		struct upm_stable *node = node_of(each);

		next = each->next;
		if (!all && is_mapped(node) && !PageHWPoison(node->page))
			continue;
		upm_bucket_del(&table, bucket, each);
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
		if (is_mapped(node_of(each))) {
			orphan(node_of(each));
		} else {
			node_free(node_of(each));
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

	for (n = 0; (bucket = upm_table_lock_nth(&table, n)); n++) {
		struct upm_entry *each = NULL, *next;

		if (upm_bucket_first(bucket))
			each = pick(bucket, all);
		upm_table_unlock(bucket);
		for (; each; each = next) {
			next = each->next;
			orphan(node_of(each));
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
			sum += upm_mapcount(node_of(each)->page);
		upm_table_unlock(bucket);
		if (!(n % 1024))
			cond_resched();
	}
	return sum;
}

/* Lets go of a page that processes still map, when there will be no more module. */
static void abandon(struct upm_stable *node)
{
	/*
	 * Without the lock, device migration would lose it. So it keeps lock and
	 * reference, and its frame, until the machine is restarted.
	 */
	if (!UPM_LOCK_STABLE)
		put_page(node->page);
	atomic_long_dec(&node->domain->stable);
	atomic_long_dec(&pages);
	upm_domain_put(node->domain);
	kmem_cache_free(cache, node);
}

/**
 * upm_stable_exit() - let all stable pages go; they live on as long as mapped
 */
void upm_stable_exit(void)
{
	struct upm_entry *each, *next;
	unsigned long stay = 0;

	reap(true);
	for (each = orphans; each; each = next) {
		next = each->next;
		abandon(node_of(each));
		stay++;
	}
	orphans = NULL;
	if (stay && UPM_LOCK_STABLE)
		pr_warn("upm: %lu merged pages are in use, and keep their memory until the next boot: this kernel could lose them to device memory otherwise\n",
			stay);
	upm_table_destroy(&table);
	kmem_cache_destroy(cache);
}
