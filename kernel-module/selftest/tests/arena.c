// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_maps.h"

#define ALL		(PROT_READ | PROT_WRITE)
#define ARENA_BASE	0x10000000000UL

/* A random stretch of pages. */
struct stretch {
	size_t first;
	size_t pages;
	char *addr;
	size_t len;
};

static struct stretch some(struct arena *arena)
{
	struct stretch s;

	s.pages = 1 + random_below(random_below(8) ? 16 : 200);
	s.first = random_below(ARENA_PAGES - s.pages + 1);
	s.addr = arena->base + s.first * PAGE;
	s.len = s.pages * PAGE;
	return s;
}

static char *shadow_of(struct arena *arena, size_t page)
{
	return arena->shadow + page * PAGE;
}

static bool all_mapped(const struct arena *arena, const struct stretch *s)
{
	size_t i;

	for (i = 0; i < s->pages; i++)
		if (!arena->mapped[s->first + i])
			return false;
	return true;
}

static void set(struct arena *arena, const struct stretch *s, bool mapped,
		unsigned char prot)
{
	memset(arena->mapped + s->first, mapped, s->pages);
	memset(arena->prot + s->first, prot, s->pages);
}

static void zero_shadow(struct arena *arena, const struct stretch *s)
{
	memset(shadow_of(arena, s->first), 0, s->len);
}

static void do_mmap(struct arena *arena)
{
	struct stretch s = some(arena);

	CHECK_SYS(mmap(s.addr, s.len, ALL, MAP_PRIVATE | MAP_ANONYMOUS |
		       MAP_FIXED | MAP_NORESERVE, -1, 0) == s.addr);
	set(arena, &s, true, ALL);
	zero_shadow(arena, &s);
	/* The kernel decides where they are in use. */
	madvise(s.addr, s.len, random_below(2) ? MADV_HUGEPAGE :
						 MADV_NOHUGEPAGE);
}

static void do_munmap(struct arena *arena)
{
	struct stretch s = some(arena);

	CHECK_SYS(munmap(s.addr, s.len) == 0);
	set(arena, &s, false, 0);
}

static void do_mprotect(struct arena *arena)
{
	static const unsigned char prots[] = {
		ALL, ALL, ALL, PROT_READ, PROT_NONE
	};
	unsigned char prot = prots[random_below(ARRAY_SIZE(prots))];
	struct stretch s = some(arena);

	if (!all_mapped(arena, &s))
		return;
	CHECK_SYS(mprotect(s.addr, s.len, prot) == 0);
	set(arena, &s, true, prot);
}

static void do_mremap(struct arena *arena)
{
	struct stretch from = some(arena), to = some(arena);
	bool keep = !random_below(4);
	unsigned char prot;
	size_t i;

	to.pages = from.pages;
	to.len = from.len;
	if (to.first + to.pages > ARENA_PAGES || !all_mapped(arena, &from))
		return;
	if (from.first < to.first + to.pages && to.first < from.first + from.pages)
		return;
	prot = arena->prot[from.first];
	/* All of one mapping, or it is refused. */
	for (i = 0; i < from.pages; i++)
		if (arena->prot[from.first + i] != prot)
			return;
	if (mremap(from.addr, from.len, to.len, MREMAP_MAYMOVE | MREMAP_FIXED |
		   (keep ? MREMAP_DONTUNMAP : 0), to.addr) != to.addr) {
		/* The target is unmapped before the source is looked at. */
		munmap(to.addr, to.len);
		set(arena, &to, false, 0);
		return;
	}
	set(arena, &to, true, prot);
	memcpy(shadow_of(arena, to.first), shadow_of(arena, from.first),
	       from.len);
	if (keep)
		zero_shadow(arena, &from);
	else
		set(arena, &from, false, 0);
}

static void do_dontneed(struct arena *arena)
{
	struct stretch s = some(arena);

	if (!all_mapped(arena, &s))
		return;
	/* It is refused for locked memory, after what is before that. */
	CHECK_SYS(munlock(s.addr, s.len) == 0);
	CHECK_SYS(madvise(s.addr, s.len, MADV_DONTNEED) == 0);
	zero_shadow(arena, &s);
}

static void do_harmless(struct arena *arena)
{
	static const int advices[] = {
		MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED, MADV_HUGEPAGE,
		MADV_NOHUGEPAGE, MADV_MERGEABLE, MADV_UNMERGEABLE, 25,
		MADV_POPULATE_READ, MADV_POPULATE_WRITE, MADV_SEQUENTIAL,
	};
	struct stretch s = some(arena);

	madvise(s.addr, s.len, advices[random_below(ARRAY_SIZE(advices))]);
}

static void do_mlock(struct arena *arena)
{
	struct stretch s = some(arena);

	if (random_below(2))
		mlock(s.addr, s.len);
	else
		munlock(s.addr, s.len);
}

static void do_write(struct arena *arena)
{
	struct stretch s = some(arena);
	size_t i, page, at;

	for (i = 0; i < s.pages; i++) {
		page = s.first + i;
		if (!arena->mapped[page] || arena->prot[page] != ALL)
			continue;
		switch (random_below(4)) {
		case 0:
			memset(arena->base + page * PAGE, 0, PAGE);
			memset(shadow_of(arena, page), 0, PAGE);
			break;
		case 1:
			at = page * PAGE + random_below(PAGE);
			arena->shadow[at] = random_next();
			WRITE_ONCE(arena->base[at], arena->shadow[at]);
			break;
		default:
			/* Few contents, so that there are equals. */
			page_fill(shadow_of(arena, page), random_below(32));
			memcpy(arena->base + page * PAGE,
			       shadow_of(arena, page), PAGE);
		}
	}
}

static void do_upm(struct arena *arena)
{
	struct stretch s = some(arena);
	struct upm_counts counts;
	bool split = random_below(2);
	int ret;

	ret = upm_call_range(UPM_IOC_MERGE, -1, split ? UPM_CALL_SPLIT_HUGE : 0,
			     s.addr, s.len, &counts);
	CHECK_EQ(ret, 0);
	arena->merged += counts.merged;
}

static void do_upm_all(struct arena *arena)
{
	struct upm_counts counts;

	if (random_below(4))
		return;
	CHECK_EQ(upm_call_range(UPM_IOC_MERGE, -1, 0, arena->base,
				ARENA_PAGES * PAGE, &counts), 0);
	arena->merged += counts.merged;
}

static void do_unmerge(struct arena *arena)
{
	struct stretch s = some(arena);
	struct upm_counts counts;

	CHECK_EQ(upm_call_range(random_below(2) ? UPM_IOC_UNMERGE :
				UPM_IOC_QUERY, -1, 0, s.addr, s.len, &counts),
		 0);
	arena->unmerged += counts.unmerged;
}

void arena_change(struct arena *arena)
{
	static void (* const changes[])(struct arena *arena) = {
		do_mmap, do_mmap, do_munmap, do_mprotect, do_mprotect,
		do_mremap, do_dontneed, do_harmless, do_mlock, do_write,
		do_write, do_write, do_write, do_upm, do_upm, do_upm,
		do_upm_all, do_unmerge,
	};

	changes[random_below(ARRAY_SIZE(changes))](arena);
	arena->changes++;
}

void arena_verify(const struct arena *arena)
{
	size_t i;

	for (i = 0; i < ARENA_PAGES; i++) {
		if (!arena->mapped[i] || !(arena->prot[i] & PROT_READ))
			continue;
		if (memcmp(arena->base + i * PAGE, arena->shadow + i * PAGE,
			   PAGE))
			FAIL("page %zu differs after %lu changes", i,
			     arena->changes);
	}
}

void arena_init(struct arena *arena)
{
	memset(arena, 0, sizeof(*arena));
	/* Far from where the kernel puts what has no address. */
	arena->base = (char *)ARENA_BASE;
	arena->shadow = mmap(NULL, ARENA_PAGES * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK_SYS(arena->shadow != MAP_FAILED);
}
