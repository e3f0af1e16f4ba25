// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the page tables of a mapping.
 *
 * Done the way the kernel's lockless get_user_pages_fast() does it: interrupts
 * off, so that page tables are not freed meanwhile; entries read once; a reference
 * taken to the page only if it still has users, and kept only if the entry has not
 * changed since. Unlike that function it works on any process' memory, tells what
 * it found (a huge page, a stable page, nothing) without touching the page, and
 * passes empty parts of the address space in one step.
 *
 * The caller holds mmap_lock, so the mapping itself stays.
 */
#include <linux/dax.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pgtable.h>

#include "upm.h"

/**
 * upm_vma_fits() - whether a mapping may have pages merged
 * @vma: the mapping; mmap_lock is held
 * @why: the reason why not
 *
 * Return: true if so.
 */
bool upm_vma_fits(struct vm_area_struct *vma, enum upm_skip *why)
{
	unsigned long flags = vma->vm_flags;

	*why = UPM_SKIP_MAPPING;
	if (flags & (VM_SHARED | VM_MAYSHARE | VM_PFNMAP | VM_IO | VM_MIXEDMAP |
		     VM_DONTEXPAND | VM_HUGETLB | VM_DROPPABLE |
		     VM_SHADOW_STACK))
		return false;
	if (vma_is_dax(vma))
		return false;
	/* Whoever removes a breakpoint would wait for the stable page for ever. */
	if (UPM_LOCK_STABLE && UPM_UPROBES_WAIT && vma->vm_file &&
	    flags & VM_MAYEXEC)
		return false;

	/* The entry that is put in loses the bit. */
	*why = UPM_SKIP_UFFD;
	if (flags & (VM_UFFD_WP | VM_UFFD_RWP))
		return false;

	/*
	 * So does it with the soft-dirty bit. A new mapping has VM_SOFTDIRTY, and
	 * all of it counts as dirty, whatever its entries say. Once somebody
	 * has cleared that, under mmap_lock for writing, entries matter, and one
	 * could become dirty between any look at it and its replacement.
	 */
	*why = UPM_SKIP_SOFT_DIRTY;
	if (IS_ENABLED(CONFIG_MEM_SOFT_DIRTY) && !(flags & VM_SOFTDIRTY))
		return false;

	/* No page of its own was ever made. */
	*why = vma->vm_file ? UPM_SKIP_FILE : UPM_SKIP_ABSENT;
	return vma->anon_vma;
}

/**
 * upm_mm_is_tracked() - whether soft-dirty bits of an address space were reset
 * @mm: the address space; mmap_lock is held
 *
 * Resetting takes VM_SOFTDIRTY from all mappings of that time. One that came later
 * and has it still may lose it: kernels before 7.0 ignore it when they join two
 * mappings. So none can be trusted once the oldest one, that of the program's code,
 * has been reset. The stack tells nothing: exec takes the flag from it.
 *
 * Return: true if so.
 */
bool upm_mm_is_tracked(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	if (!IS_ENABLED(CONFIG_MEM_SOFT_DIRTY))
		return false;
	vma = vma_lookup(mm, mm->start_code);
	if (vma)
		return !(vma->vm_flags & VM_SOFTDIRTY);

	/* A process that has replaced its code: look at all. */
	vma = find_vma(mm, 0);
	while (vma && vma->vm_flags & (VM_SOFTDIRTY | VM_GROWSDOWN))
		vma = find_vma(mm, vma->vm_end);
	return vma;
}

/*
 * What is known of a page before there is a reference to it. It may be freed and
 * become something else at any time, but struct page stays readable; what is
 * found here is a count, or is checked again with the reference.
 */
static enum upm_kind look(struct vm_area_struct *vma, struct page *page,
			  bool split, enum upm_skip *why)
{
	struct page *head = compound_head(page);
	unsigned long mapping = (unsigned long)READ_ONCE(head->mapping);

	if (mapping == (unsigned long)UPM_MAPPING_KSM)
		return UPM_STABLE;
	if (is_zone_device_page(page)) {
		*why = UPM_SKIP_MAPPING;
		return UPM_SKIP;
	}
	if (!(mapping & UPM_MAPPING_ANON)) {
		/* The huge zero page has no mapping, and no file either. */
		if (!mapping && PageCompound(page) && vma_is_anonymous(vma))
			return UPM_ZERO;
		*why = UPM_SKIP_FILE;
		return UPM_SKIP;
	}
	if ((mapping & 3) == (unsigned long)UPM_MAPPING_KSM) {
		*why = UPM_SKIP_KSM;
		return UPM_SKIP;
	}
	if (PageCompound(page) && !split) {
		*why = UPM_SKIP_HUGE;
		return UPM_SKIP;
	}
	return UPM_PAGE;
}

static bool grab(struct page *page)
{
	struct folio *folio = page_folio(page);

	if (!folio_try_get(folio))
		return false;
	/* It may have been split or freed before the reference was there. */
	if (page_folio(page) == folio)
		return true;
	folio_put(folio);
	return false;
}

static enum upm_kind look_pte(struct vm_area_struct *vma, pte_t *ptep,
			      struct upm_want want, struct page **page,
			      enum upm_skip *why)
{
	pte_t pte = ptep_get_lockless(ptep);
	enum upm_kind kind;

	*why = UPM_SKIP_ABSENT;
	if (!pte_present(pte))
		return UPM_SKIP;
	if (is_zero_pfn(pte_pfn(pte)))
		return UPM_ZERO;
	*why = UPM_SKIP_MAPPING;
	if (pte_special(pte) || !pfn_valid(pte_pfn(pte)))
		return UPM_SKIP;

	*page = pte_page(pte);
	kind = look(vma, *page, want.split, why);
	if (kind != UPM_PAGE || !want.ref)
		return kind;
	*why = UPM_SKIP_CHANGED;
	if (!grab(*page))
		return UPM_SKIP;
	if (pte_val(pte) == pte_val(ptep_get_lockless(ptep)))
		return UPM_PAGE;
	/* Only accessed or dirty may have changed; the caller compares anyway. */
	if (pte_present(ptep_get_lockless(ptep)) &&
	    pte_pfn(ptep_get_lockless(ptep)) == pte_pfn(pte))
		return UPM_PAGE;
	put_page(*page);
	return UPM_SKIP;
}

static enum upm_kind look_huge(struct vm_area_struct *vma, pmd_t *pmdp, pmd_t pmd,
			       unsigned long addr, struct upm_want want,
			       struct page **page, enum upm_skip *why)
{
	enum upm_kind kind;

	*page = pfn_to_page(pmd_pfn(pmd) + ((addr & ~PMD_MASK) >> PAGE_SHIFT));
	kind = look(vma, *page, want.split, why);
	if (kind != UPM_PAGE || !want.ref)
		return kind;
	*why = UPM_SKIP_CHANGED;
	if (!grab(*page))
		return UPM_SKIP;
	if (pmd_pfn(READ_ONCE(*pmdp)) == pmd_pfn(pmd))
		return UPM_PAGE;
	put_page(*page);
	return UPM_SKIP;
}

/* The middle directory entry for an address, or NULL and where the gap ends. */
static pmd_t *find_pmd(struct mm_struct *mm, unsigned long addr,
		       unsigned long end, unsigned long *gap_end)
{
	pgd_t *pgdp = pgd_offset(mm, addr);
	p4d_t *p4dp;
	pud_t *pudp;

	*gap_end = pgd_addr_end(addr, end);
	if (pgd_none(READ_ONCE(*pgdp)))
		return NULL;
	p4dp = p4d_offset(pgdp, addr);
	*gap_end = p4d_addr_end(addr, end);
	if (p4d_none(READ_ONCE(*p4dp)))
		return NULL;
	pudp = pud_offset(p4dp, addr);
	*gap_end = pud_addr_end(addr, end);
	/* Anonymous memory has no pages of this size. */
	if (pud_none(READ_ONCE(*pudp)) || pud_leaf(READ_ONCE(*pudp)))
		return NULL;
	*gap_end = pmd_addr_end(addr, end);
	return pmd_offset(pudp, addr);
}

static void count_kind(struct upm_counts *counts, enum upm_kind kind,
		       enum upm_skip why, unsigned long pages)
{
	switch (kind) {
	case UPM_STABLE:
		counts->examined += pages;
		counts->shared += pages;
		break;
	case UPM_ZERO:
		counts->examined += pages;
		counts->zero += pages;
		break;
	case UPM_PAGE:
		counts->examined += pages;
		counts->plain += pages;
		break;
	default:
		upm_count_skip(counts, why, pages);
	}
}

/* One page table, or one huge page. Returns where it stopped. */
static unsigned long walk_pmd(struct vm_area_struct *vma, pmd_t *pmdp,
			      unsigned long addr, unsigned long end,
			      struct upm_want want, struct upm_slot *slots,
			      unsigned int *nr, struct upm_counts *counts)
{
	pmd_t pmd = READ_ONCE(*pmdp);
	enum upm_skip why = UPM_SKIP_ABSENT;
	enum upm_kind kind;
	struct page *page;
	bool huge = pmd_trans_huge(pmd);
	pte_t *table = NULL;

	if (!pmd_present(pmd) || (!huge && pmd_leaf(pmd))) {
		count_kind(counts, UPM_SKIP, why, (end - addr) >> PAGE_SHIFT);
		return end;
	}
	if (huge) {
		/* One look tells for all of it, unless single pages are wanted. */
		kind = look(vma, pfn_to_page(pmd_pfn(pmd)), want.split, &why);
		if (kind != want.kind) {
			count_kind(counts, kind, why, (end - addr) >> PAGE_SHIFT);
			return end;
		}
	} else {
		table = pte_offset_kernel(&pmd, addr);
	}

	for (; addr < end && *nr < UPM_BATCH; addr += PAGE_SIZE) {
		if (huge)
			kind = look_huge(vma, pmdp, pmd, addr, want, &page, &why);
		else
			kind = look_pte(vma, table++, want, &page, &why);
		if (kind != want.kind) {
			count_kind(counts, kind, why, 1);
			continue;
		}
		slots[*nr].addr = addr;
		slots[*nr].page = page;
		slots[*nr].stable = NULL;
		slots[*nr].paired = false;
		(*nr)++;
		/* A huge page can be split while one has the only reference. */
		if (want.ref && PageCompound(page))
			return addr + PAGE_SIZE;
	}
	return addr;
}

/**
 * upm_walk() - collect the pages of a part of a mapping
 * @vma:    the mapping, which upm_vma_fits(); mmap_lock is held
 * @addr:   first address
 * @end:    last address plus one, in the mapping
 * @want:   what to put into slots
 * @slots:  UPM_BATCH of them
 * @nr:     slots in use
 * @counts: where to count everything that is not put into a slot
 *
 * Return: where it stopped: at @end, when slots are full, behind a page of a huge
 * one, or, so that interrupts are not off for long, at the end of a page table.
 */
unsigned long upm_walk(struct vm_area_struct *vma, unsigned long addr,
		       unsigned long end, struct upm_want want,
		       struct upm_slot *slots, unsigned int *nr,
		       struct upm_counts *counts)
{
	unsigned long gap_end;
	pmd_t *pmdp;

	local_irq_disable();
	pmdp = find_pmd(vma->vm_mm, addr, end, &gap_end);
	if (pmdp)
		addr = walk_pmd(vma, pmdp, addr, gap_end, want, slots, nr,
				counts);
	local_irq_enable();
	if (pmdp)
		return addr;
	count_kind(counts, UPM_SKIP, UPM_SKIP_ABSENT,
		   (gap_end - addr) >> PAGE_SHIFT);
	return gap_end;
}

/**
 * upm_walk_one() - look at one page
 * @vma:  its mapping; mmap_lock is held
 * @addr: its address
 * @page: UPM_PAGE: the page with a reference, also if it is part of a huge one;
 *        NULL if it is not wanted
 *
 * Return: what it is.
 */
enum upm_kind upm_walk_one(struct vm_area_struct *vma, unsigned long addr,
			   struct page **page)
{
	const struct upm_want want = { .split = true, .ref = page };
	struct page *unused;
	enum upm_kind kind = UPM_SKIP;
	unsigned long gap_end;
	enum upm_skip why;
	pmd_t *pmdp, pmd;

	local_irq_disable();
	pmdp = find_pmd(vma->vm_mm, addr, addr + PAGE_SIZE, &gap_end);
	if (!pmdp)
		goto out;
	pmd = READ_ONCE(*pmdp);
	if (pmd_trans_huge(pmd))
		kind = look_huge(vma, pmdp, pmd, addr, want,
				 page ? page : &unused, &why);
	else if (pmd_present(pmd) && !pmd_leaf(pmd))
		kind = look_pte(vma, pte_offset_kernel(&pmd, addr), want,
				page ? page : &unused, &why);
out:
	local_irq_enable();
	return kind;
}
