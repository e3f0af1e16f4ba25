/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions of the kernel that are not exported, and how they are called. */
#ifndef UPM_SYMBOLS_H
#define UPM_SYMBOLS_H

#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/static_call.h>
#include <linux/swap.h>

/*
 * Static calls are direct calls that are patched in: they need no ENDBR at the
 * callee, which most static functions of an IBT kernel do not have, and no
 * retpoline.
 */
int upm_stub_merge_one(struct vm_area_struct *vma, struct page *page,
		       struct page *kpage);
DECLARE_STATIC_CALL(upm_merge_one, upm_stub_merge_one);
DECLARE_STATIC_CALL(upm_lru_add_drain_all, lru_add_drain_all);
DECLARE_STATIC_CALL(upm_mm_access, mm_access);
DECLARE_STATIC_CALL(upm_pidfd_get_pid, pidfd_get_pid);

int upm_symbols_init(void);
bool upm_can_drain(void);
bool upm_can_pidfd(void);

#endif /* UPM_SYMBOLS_H */
