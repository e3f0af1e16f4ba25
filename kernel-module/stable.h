/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by stable.c, which makes and finds stable pages, and stable_reap.c. */
#ifndef UPM_STABLE_H
#define UPM_STABLE_H

#include "table.h"
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

extern struct upm_table upm_stables;

static inline struct upm_stable *upm_stable_of(struct upm_entry *entry)
{
	return container_of(entry, struct upm_stable, entry);
}

void upm_stable_free(struct upm_stable *node);
void upm_stable_forget(struct upm_stable *node);
void upm_stable_orphan(struct upm_stable *node);

#endif /* UPM_STABLE_H */
