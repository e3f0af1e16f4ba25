// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for the candidates of one address space: whole pages of them.
 *
 * A slab cache was the other choice. Its accounting to memory cgroups costs a few
 * dozen instructions an object, both ways; and when a process with many candidates
 * exits, giving back its pages is all there is to do, once they are out of the table.
 */
#include <linux/gfp.h>
#include <linux/list.h>

#include "candidate.h"
#include "upm.h"

static atomic_long_t nr_pages;

/**
 * upm_arena_init() - make an empty arena
 * @arena: the arena
 */
void upm_arena_init(struct upm_arena *arena)
{
	INIT_LIST_HEAD(&arena->open);
	INIT_LIST_HEAD(&arena->full);
}

/**
 * upm_arena_page() - allocate a page ahead, for upm_arena_take()
 *
 * Accounted: bookkeeping is paid by the container it is for. NORETRY: running out
 * of memory here is no reason to kill anybody.
 *
 * Return: its address, or 0.
 */
unsigned long upm_arena_page(void)
{
	return __get_free_page(GFP_KERNEL_ACCOUNT | __GFP_NOWARN | __GFP_NORETRY);
}

static struct upm_arena_page *page_add(struct upm_arena *arena,
				       unsigned long *spare)
{
	struct upm_arena_page *page = (struct upm_arena_page *)*spare;
	unsigned int i;

	if (!page)
		return NULL;
	*spare = 0;
	page->unused = NULL;
	page->nr = 0;
	for (i = UPM_ARENA_CANDS; i--; ) {
		page->cand[i].where = UPM_UNUSED;
		page->cand[i].entry.next = page->unused;
		page->unused = &page->cand[i].entry;
	}
	list_add(&page->list, &arena->open);
	atomic_long_inc(&nr_pages);
	return page;
}

/**
 * upm_arena_take() - take a candidate
 * @arena: the arena, locked
 * @spare: a page from upm_arena_page(), or 0; set to 0 if it is used
 *
 * Return: the candidate, which is not zeroed, or NULL.
 */
struct upm_candidate *upm_arena_take(struct upm_arena *arena,
				     unsigned long *spare)
{
	struct upm_arena_page *page;
	struct upm_entry *entry;

	page = list_first_entry_or_null(&arena->open, struct upm_arena_page, list);
	if (unlikely(!page)) {
		page = page_add(arena, spare);
		if (!page)
			return NULL;
	}
	entry = page->unused;
	page->unused = entry->next;
	page->nr++;
	if (unlikely(!page->unused))
		list_move(&page->list, &arena->full);
	return container_of(entry, struct upm_candidate, entry);
}

/**
 * upm_arena_give() - give a candidate back
 * @arena: the arena, locked
 * @cand:  the candidate
 */
void upm_arena_give(struct upm_arena *arena, struct upm_candidate *cand)
{
	struct upm_arena_page *page;

	page = (struct upm_arena_page *)((unsigned long)cand & PAGE_MASK);
	if (unlikely(!--page->nr)) {
		upm_arena_drop(page);
		return;
	}
	if (unlikely(!page->unused))
		list_move(&page->list, &arena->open);
	cand->where = UPM_UNUSED;
	cand->entry.next = page->unused;
	page->unused = &cand->entry;
}

/**
 * upm_arena_first() - a page of an arena
 * @arena: the arena, locked
 *
 * Return: the page, or NULL.
 */
struct upm_arena_page *upm_arena_first(struct upm_arena *arena)
{
	struct list_head *list = list_empty(&arena->full) ? &arena->open :
							     &arena->full;

	return list_first_entry_or_null(list, struct upm_arena_page, list);
}

/**
 * upm_arena_drop() - free a page of an arena with all that is in it
 * @page: the page; its arena is locked
 */
void upm_arena_drop(struct upm_arena_page *page)
{
	list_del(&page->list);
	free_page((unsigned long)page);
	atomic_long_dec(&nr_pages);
}

/**
 * upm_arena_bytes() - memory of all arenas
 *
 * Return: bytes.
 */
unsigned long upm_arena_bytes(void)
{
	return atomic_long_read(&nr_pages) * PAGE_SIZE;
}
