// SPDX-License-Identifier: GPL-2.0-only
/*
 * With a hash of four bits nearly all pages collide. Then content decides, and
 * nothing else.
 */
#include <unistd.h>

#include "suite.h"

#define PAGES	128
#define BITS	"hash_bits=4"

static struct area a, b;

static void setup(void)
{
	equal_pair(&a, &b, PAGES);
}

/* Frames that both have are frames of equal pages. */
static size_t check_pairs(void)
{
	__u64 mine[PAGES], other[PAGES];
	size_t i, j, shared = 0;

	area_frames(&a, mine);
	area_frames(&b, other);
	for (i = 0; i < PAGES; i++) {
		for (j = 0; j < PAGES; j++) {
			if (mine[i] != other[j])
				continue;
			CHECK_EQ(i, j);
			CHECK(page_is_merged(a.peer->pid, a.addr + i * PAGE));
			shared++;
		}
		for (j = 0; j < i; j++)
			CHECK(mine[i] != mine[j]);
	}
	area_check(&a);
	area_check(&b);
	return shared;
}

static void content_decides(void)
{
	struct upm_counts counts;
	size_t shared;
	int round;

	setup();
	for (round = 0; round < 3; round++) {
		counts = area_merge(&a);
		counts_note("one", &counts);
		counts = area_merge(&b);
		counts_note("two", &counts);
		shared = check_pairs();
		note("%zu of %u pages shared", shared, PAGES);
	}
	CHECK(counts.skipped[UPM_SKIP_COLLISION] > 0);
	CHECK(upm_stat("skipped/collision") > 0);
	/* One of each hash at least. */
	CHECK(shared > 0);
}

static void writers_after(void)
{
	unsigned int i;

	setup();
	area_merge(&a);
	area_merge(&b);
	for (i = 0; i < 300; i++) {
		struct area *writer = i % 2 ? &a : &b;
		size_t page = random_below(PAGES);
		__u64 old = area_read(writer, page);

		area_write(writer, page, i);
		area_merge(writer);
		CHECK_EQ(area_read(writer, page), i);
		area_write(writer, page, old);
	}
	check_pairs();
}

/* A page may change to what another one with its hash is, and back. */
static void changing_content(void)
{
	struct area part;
	unsigned int i;

	setup();
	for (i = 0; i < 200; i++) {
		part = area_part(i % 2 ? &a : &b, random_below(PAGES), 1);
		area_fill(&part, a.seed + random_below(PAGES));
		area_merge(&part);
		area_check(&part);
	}
	area_fill(&a, a.seed);
	area_fill(&b, b.seed);
	check_pairs();
}

static void zero_pages(void)
{
	char *addr = pages_map(PAGES);
	struct upm_counts counts;
	size_t i, j;

	for (i = 0; i < PAGES; i++)
		if (i % 2)
			page_fill(addr + i * PAGE, i);
		else
			memset(addr + i * PAGE, 0, PAGE);
	counts = upm_merge(addr, PAGES);
	counts_note("every other page is zero", &counts);
	CHECK_EQ(counts.zero, PAGES / 2);
	for (i = 0; i < PAGES; i++)
		if (i % 2)
			CHECK(page_holds(addr + i * PAGE, i));
		else
			for (j = 0; j < PAGE; j++)
				CHECK_EQ(addr[i * PAGE + j], 0);
}

/* Thousands that collide must not make a call slow without bounds. */
static void many(void)
{
	const size_t pages = 4096;
	struct area c;
	double start, once, again;

	a = area_new(NULL, pages, seed_new());
	start = now();
	area_merge(&a);
	once = now() - start;
	c = area_new(NULL, pages, seed_new());
	start = now();
	area_merge(&c);
	again = now() - start;
	note("%zu pages: %.1f ms, then %.1f ms", pages, once * 1e3, again * 1e3);
	area_check(&a);
	area_check(&c);
}

static const struct test tests[] = {
	{ "content_decides", content_decides, BITS },
	{ "writers_after", writers_after, BITS },
	{ "changing_content", changing_content, BITS },
	{ "zero_pages", zero_pages, BITS },
	{ "many", many, BITS },
	{ "single_hash", content_decides, "hash_bits=1" },
	{ }
};

const struct suite collisions_suite = { "collision", tests };
