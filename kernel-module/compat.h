/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels the module is built for. Everything else in
 * here is written for the newest of them.
 */
#ifndef UPM_COMPAT_H
#define UPM_COMPAT_H

#include <linux/mm.h>
#include <linux/page-flags.h>

#ifndef CONFIG_KSM
#error "upm needs a kernel with CONFIG_KSM: it uses KSM's page type"
#endif
#ifndef CONFIG_X86_64
#error "upm was written for and tested on x86-64 only"
#endif

/* Renamed in 6.17; the value is the same and is part of every kernel's rmap. */
#ifdef FOLIO_MAPPING_KSM
#define UPM_MAPPING_KSM		((void *)FOLIO_MAPPING_KSM)
#else
#define UPM_MAPPING_KSM		((void *)PAGE_MAPPING_KSM)
#endif

/* The low bit of a mapping that says "anonymous", KSM's pages included. */
#define UPM_MAPPING_ANON	1UL

/* Flags younger than the oldest kernel supported. */
#ifndef VM_DROPPABLE
#define VM_DROPPABLE		0
#endif
#ifndef VM_SHADOW_STACK
#define VM_SHADOW_STACK		0
#endif
#ifndef VM_UFFD_RWP
#define VM_UFFD_RWP		0
#endif

/*
 * Where there is device memory that processes' pages migrate to, a stable page is
 * kept locked: see stable.c. Elsewhere it is not, as uprobes of kernels before 6.16
 * wait for the lock of a page they replace.
 */
#define UPM_LOCK_STABLE		IS_ENABLED(CONFIG_DEVICE_PRIVATE)

#ifdef UPM_HAVE_UPROBE_VMA
#define UPM_UPROBES_WAIT	false
#else
#define UPM_UPROBES_WAIT	IS_ENABLED(CONFIG_UPROBES)
#endif

/*
 * Number of mappings of a page that is not part of a large folio. The field has
 * been at this place under this name all along; the helpers around it have not.
 */
static inline int upm_mapcount(struct page *page)
{
	return atomic_read(&page->_mapcount) + 1;
}

#endif /* UPM_COMPAT_H */
