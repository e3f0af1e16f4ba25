// SPDX-License-Identifier: GPL-2.0-only
#include <sys/mman.h>

#include "pages.h"
#include "phys.h"

char *pages_map(size_t pages)
{
	char *addr = mmap(NULL, (pages + 2) * PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK_SYS(addr != MAP_FAILED);
	addr += PAGE;
	CHECK_SYS(mprotect(addr, pages * PAGE, PROT_READ | PROT_WRITE) == 0);
	/* Fails where the kernel was built without huge pages. */
	madvise(addr, pages * PAGE, MADV_NOHUGEPAGE);
	return addr;
}

void pages_unmap(char *addr, size_t pages)
{
	CHECK_SYS(munmap(addr - PAGE, (pages + 2) * PAGE) == 0);
}

bool huge_is(const void *addr)
{
	__u64 pfn = pfn_of(0, addr);

	return pfn && (pfn_flags(pfn) & KPF_THP);
}

char *huge_map(void)
{
	char *addr = mmap(NULL, 2 * HUGE_PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK_SYS(addr != MAP_FAILED);
	addr = (char *)(((unsigned long)addr + HUGE_PAGE - 1) &
			~(HUGE_PAGE - 1));
	CHECK_SYS(mprotect(addr, HUGE_PAGE, PROT_READ | PROT_WRITE) == 0);
	if (madvise(addr, HUGE_PAGE, MADV_HUGEPAGE))
		SKIP("no transparent huge pages: %s", strerror(errno));
	*addr = 1;
	if (!huge_is(addr))
		SKIP("the kernel gave no huge page");
	return addr;
}

static __u64 mix(__u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

/* Words of a page that are not random follow from the first: cheap to make. */
__u64 page_word(__u64 number, unsigned int index)
{
	return mix(number) + index * 0x9e3779b97f4a7c15ULL;
}

void page_fill(char *page, __u64 number)
{
	__u64 *words = (void *)page;
	unsigned int i;

	for (i = 0; i < PAGE_WORDS; i++)
		words[i] = page_word(number, i);
}

bool page_holds(const char *page, __u64 number)
{
	const __u64 *words = (const void *)page;
	__u64 first = page_word(number, 0);
	unsigned int i;

	for (i = 0; i < PAGE_WORDS; i++)
		if (READ_ONCE(words[i]) != first + i * 0x9e3779b97f4a7c15ULL)
			return false;
	return true;
}

void pages_fill(char *addr, size_t pages, __u64 seed)
{
	size_t i;

	for (i = 0; i < pages; i++)
		page_fill(addr + i * PAGE, seed + i);
}

size_t pages_differ(const char *addr, size_t pages, __u64 seed)
{
	size_t i;

	for (i = 0; i < pages; i++)
		if (!page_holds(addr + i * PAGE, seed + i))
			return i;
	return pages;
}

__u64 seed_new(void)
{
	return random_next() << 20;
}
