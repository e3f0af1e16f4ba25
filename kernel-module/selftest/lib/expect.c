// SPDX-License-Identifier: GPL-2.0-only
/* Expectations about the physical pages of areas. */
#include "area.h"

static pid_t pid_of(const struct area *area)
{
	return area->peer ? area->peer->pid : 0;
}

void area_frames(const struct area *area, __u64 *frames)
{
	size_t i;

	pagemap_read(pid_of(area), area->addr, area->pages, frames);
	for (i = 0; i < area->pages; i++)
		frames[i] = frames[i] & PM_PRESENT ? frames[i] & PM_PFN : 0;
}

static __u64 *frames_of(const struct area *area)
{
	__u64 *frames = calloc(area->pages, sizeof(*frames));

	CHECK(frames);
	area_frames(area, frames);
	return frames;
}

void __expect_shared(const struct area *a, const struct area *b, int count)
{
	__u64 *mine = frames_of(a), *other = frames_of(b), flags;
	size_t i;

	for (i = 0; i < a->pages; i++) {
		if (!mine[i] || mine[i] != other[i])
			FAIL("page %zu is at frame 0x%llx and at 0x%llx", i,
			     mine[i], other[i]);
		flags = pfn_flags(mine[i]);
		if ((flags & (KPF_KSM | KPF_ANON | KPF_LRU)) !=
		    (KPF_KSM | KPF_ANON))
			FAIL("page %zu: frame 0x%llx has flags 0x%llx", i,
			     mine[i], flags);
		if (count && pfn_mapcount(mine[i]) != (__u64)count)
			FAIL("page %zu has %llu mappings instead of %d", i,
			     pfn_mapcount(mine[i]), count);
	}
	free(mine);
	free(other);
}

void __expect_own(const struct area *area)
{
	__u64 *frames = frames_of(area), flags, maps;
	size_t i;

	for (i = 0; i < area->pages; i++) {
		if (!frames[i])
			FAIL("page %zu is not present", i);
		flags = pfn_flags(frames[i]);
		maps = pfn_mapcount(frames[i]);
		if (maps != 1 || (flags & KPF_ZERO_PAGE) ||
		    pfn_is_merged(frames[i]))
			FAIL("page %zu: frame 0x%llx has flags 0x%llx and %llu mappings",
			     i, frames[i], flags, maps);
	}
	free(frames);
}

void __expect_frames(const struct area *area, const __u64 *frames)
{
	__u64 *now = frames_of(area);
	size_t i;

	for (i = 0; i < area->pages; i++)
		if (now[i] != frames[i])
			FAIL("page %zu was at frame 0x%llx and is at 0x%llx", i,
			     frames[i], now[i]);
	free(now);
}

void __expect_pss(const struct area *area, int count)
{
	long rss = smaps_kb(pid_of(area), area->addr, "Rss");
	long pss = smaps_kb(pid_of(area), area->addr, "Pss");
	long want = area->pages * (PAGE >> 10) / count;

	CHECK_EQ(rss, area->pages * (PAGE >> 10));
	if (pss < want - 4 || pss > want + 4)
		FAIL("Pss is %ld kB instead of %ld kB", pss, want);
}
