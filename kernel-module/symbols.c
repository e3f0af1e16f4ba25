// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finding functions that the kernel has but does not export.
 *
 * The address of each comes from a kprobe that is registered disabled, so that
 * no code is patched, and unregistered at once. kallsyms_lookup_name() is not
 * used: to call it one would need a pointer to a function that, on a kernel with
 * indirect branch tracking, cannot be called through one.
 */
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/string.h>

#include "symbols.h"
#include "upm.h"

/* Stands in until the real one is found; the module does not load without it. */
int upm_stub_merge_one(struct vm_area_struct *vma, struct page *page,
		       struct page *kpage)
{
	return -EFAULT;
}

DEFINE_STATIC_CALL(upm_merge_one, upm_stub_merge_one);
DEFINE_STATIC_CALL_NULL(upm_lru_add_drain_all, lru_add_drain_all);
DEFINE_STATIC_CALL_NULL(upm_mm_access, mm_access);
DEFINE_STATIC_CALL_NULL(upm_pidfd_get_pid, pidfd_get_pid);

static bool can_drain;
static bool can_pidfd;

bool upm_can_drain(void)
{
	return can_drain;
}

bool upm_can_pidfd(void)
{
	return can_pidfd;
}

/**
 * upm_symbol() - address of a function by name
 * @name: its name
 *
 * Return: the address of its first instruction, or 0.
 */
static unsigned long upm_symbol(const char *name)
{
	struct kprobe probe = {
		.symbol_name = name,
		.flags = KPROBE_FLAG_DISABLED,
	};
	char text[KSYM_SYMBOL_LEN];
	unsigned long addr, offset;
	size_t len = strlen(name);

	if (register_kprobe(&probe))
		return 0;
	addr = (unsigned long)probe.addr;
	unregister_kprobe(&probe);

	/*
	 * A probe goes behind an ENDBR. "name+0x4/0x1f0" tells by how much, and
	 * whether that really is the function asked for.
	 */
	sprint_symbol(text, addr);
	if (strncmp(text, name, len) || text[len] != '+' ||
	    sscanf(text + len, "+0x%lx/", &offset) != 1 || offset > 4)
		return 0;
	return addr - offset;
}

/**
 * upm_symbols_init() - find what the module calls
 *
 * Return: 0, or -EOPNOTSUPP if the one it cannot do without is missing.
 */
int upm_symbols_init(void)
{
	unsigned long merge_one = upm_symbol("try_to_merge_one_page");
	unsigned long drain = upm_symbol("lru_add_drain_all");
	unsigned long access = upm_symbol("mm_access");
	unsigned long pidfd = upm_symbol("pidfd_get_pid");

	if (!merge_one) {
		pr_err("upm: this kernel has no function try_to_merge_one_page() of its own (inlined, renamed, or kprobes are off); the module cannot work here\n");
		return -EOPNOTSUPP;
	}
	static_call_update(upm_merge_one, (void *)merge_one);

	if (drain) {
		static_call_update(upm_lru_add_drain_all, (void *)drain);
		can_drain = true;
	} else {
		pr_warn("upm: no lru_add_drain_all(): pages touched a moment ago are merged by a later call only\n");
	}

	if (access && pidfd) {
		static_call_update(upm_mm_access, (void *)access);
		static_call_update(upm_pidfd_get_pid, (void *)pidfd);
		can_pidfd = true;
	} else {
		pr_warn("upm: no mm_access() or pidfd_get_pid(): processes can advise themselves only\n");
	}
	return 0;
}
