/* SPDX-License-Identifier: GPL-2.0-only */
/* A piece of address space that is changed at random, and what it must hold. */
#ifndef SELFTEST_FUZZ_MAPS_H
#define SELFTEST_FUZZ_MAPS_H

#include "area.h"

#define ARENA_PAGES	1024UL

/**
 * struct arena - the piece
 * @base:    its begin, at a boundary of huge pages
 * @mapped:  for each page, whether there is a mapping
 * @prot:    and with what rights
 * @shadow:  and what it holds
 * @changes: made so far
 * @merged:  pages
 * @unmerged: pages
 */
struct arena {
	char *base;
	bool mapped[ARENA_PAGES];
	unsigned char prot[ARENA_PAGES];
	char *shadow;
	unsigned long changes;
	unsigned long merged;
	unsigned long unmerged;
};

void arena_init(struct arena *arena);
/* Makes one random change. */
void arena_change(struct arena *arena);
/* All pages that can be read hold what they must. */
void arena_verify(const struct arena *arena);

#endif /* SELFTEST_FUZZ_MAPS_H */
