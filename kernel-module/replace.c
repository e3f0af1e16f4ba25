// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exchange of a page for an equal one.
 *
 * The work is done by the kernel's own try_to_merge_one_page(): it write-protects
 * the page and flushes TLBs, refuses if anybody else holds the page, compares the
 * contents after that, and replaces the page table entry with all the accounting
 * that belongs to it, telling mmu notifiers. It says no more than whether it did;
 * why it did not is found out here, off the usual path.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "symbols.h"
#include "trace.h"
#include "upm.h"

/**
 * upm_page_hash() - hash of a page
 * @page: the page
 *
 * Return: the hash.
 */
u64 upm_page_hash(struct page *page)
{
	void *data = kmap_local_page(page);
	u64 hash = upm_hash_page(data);

	kunmap_local(data);
	return hash;
}

/**
 * upm_key() - key of a hash in a domain
 * @hash:   hash of a page
 * @domain: the domain
 *
 * Return: the key.
 */
u64 upm_key(u64 hash, struct upm_domain *domain)
{
	/* hash_bits is 64 but for tests of collisions. */
	if (unlikely(upm_hash_bits < 64))
		hash &= BIT_ULL(upm_hash_bits) - 1;
	return hash ^ domain->salt;
}

/**
 * upm_page_key() - key of a page in a domain
 * @page:   the page
 * @domain: the domain
 *
 * Return: the key.
 */
u64 upm_page_key(struct page *page, struct upm_domain *domain)
{
	return upm_key(upm_page_hash(page), domain);
}

/**
 * upm_page_is_held() - whether somebody but its mappings and the caller has a
 *                      reference to a page
 * @page: a page the caller has one reference to
 *
 * A first guess, to save the work; try_to_merge_one_page() decides.
 *
 * Return: true if so.
 */
bool upm_page_is_held(struct page *page)
{
	if (PageCompound(page))
		return false;
	return page_count(page) > upm_mapcount(page) + 1 +
				  folio_test_swapcache(page_folio(page));
}

static bool same_content(struct page *a, struct page *b)
{
	void *one = kmap_local_page(a);
	void *other = kmap_local_page(b);
	bool same = !memcmp(one, other, PAGE_SIZE);

	kunmap_local(other);
	kunmap_local(one);
	return same;
}

static int why_not(struct page *page, struct page *stable, u64 key,
		   struct upm_domain *domain)
{
	if (PageHWPoison(page))
		return UPM_SKIP_POISON;
	if (PageCompound(page))
		/* Could not be split: held, or locked. */
		return UPM_SKIP_HUGE;
	if (!upm_mapcount(page))
		return UPM_SKIP_CHANGED;
	if (PageLocked(page))
		return UPM_SKIP_BUSY;
	if (upm_page_is_held(page) || PageAnonExclusive(page))
		return UPM_SKIP_PINNED;
	if (same_content(page, stable))
		return UPM_SKIP_BUSY;
	if (upm_page_key(page, domain) != key)
		return UPM_SKIP_CHANGED;
	/*
	 * Same key and other content. Either a collision, or the stable page was
	 * copied while its source was written to and stands where it does not
	 * belong; then it is in the way of every page that does.
	 */
	if (upm_page_key(stable, domain) != key) {
		upm_stable_disown(domain, key, stable);
		return UPM_SKIP_BUSY;
	}
	return UPM_SKIP_COLLISION;
}

/**
 * upm_replace() - replace a page by an equal stable page
 * @vma:    mapping of the page; mmap_lock is held
 * @page:   the page, to which the caller has the only extra reference
 * @stable: the stable page
 * @key:    key of both
 * @domain: domain of both
 *
 * Return: UPM_REPLACED, or an enum upm_skip.
 */
int upm_replace(struct vm_area_struct *vma, struct page *page,
		struct page *stable, u64 key, struct upm_domain *domain)
{
	if (unlikely(PageHWPoison(stable))) {
		upm_stable_disown(domain, key, stable);
		return UPM_SKIP_BUSY;
	}
	if (upm_page_is_held(page))
		return UPM_SKIP_PINNED;
	if (likely(!static_call(upm_merge_one)(vma, page, stable))) {
		trace_upm_merge(vma->vm_mm, page_to_pfn(page),
				page_to_pfn(stable));
		return UPM_REPLACED;
	}
	return why_not(page, stable, key, domain);
}

/**
 * upm_replace_by_zero() - replace a page of zeros by the kernel's zero page
 * @vma:  mapping of the page; mmap_lock is held
 * @page: the page, to which the caller has the only extra reference
 *
 * Rather than by a stable page: it costs no memory and no limit, is swapped by
 * nobody, and says nothing to other domains, as every read of fresh memory maps it.
 *
 * Return: UPM_REPLACED, or an enum upm_skip.
 */
int upm_replace_by_zero(struct vm_area_struct *vma, struct page *page)
{
	struct page *zero = ZERO_PAGE(0);

	if (upm_page_is_held(page))
		return UPM_SKIP_PINNED;
	if (likely(!static_call(upm_merge_one)(vma, page, zero))) {
		trace_upm_merge(vma->vm_mm, page_to_pfn(page), page_to_pfn(zero));
		return UPM_REPLACED;
	}
	if (PageCompound(page))
		return UPM_SKIP_HUGE;
	if (PageLocked(page))
		return UPM_SKIP_BUSY;
	if (upm_page_is_held(page))
		return UPM_SKIP_PINNED;
	return same_content(page, zero) ? UPM_SKIP_BUSY : UPM_SKIP_CHANGED;
}
