/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * UPM: merging of equal anonymous pages on request - interface to user space.
 *
 * Two ways lead to the same engine:
 *
 *   ioctl(open("/dev/upm"), UPM_IOC_MERGE, &call)   everything
 *   madvise(addr, len, MADV_UPM_MERGE)              the caller's own memory,
 *                                                   if UPM_FEATURE_MADVISE
 *
 * Every structure begins with its size. A caller sets it to sizeof() of the
 * structure it was compiled with. A module that knows more members takes those
 * missing as zero and writes none of them; a module that knows fewer refuses
 * the call with E2BIG unless those unknown to it are zero. Unknown flags and
 * reserved members that are not zero are refused with EINVAL.
 */
#ifndef _UAPI_LINUX_UPM_H
#define _UAPI_LINUX_UPM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Raised only when an old caller would misread a new module. */
#define UPM_ABI_VERSION		1

/*
 * Advice numbers. Far above what any architecture uses or plans (0 to 25, 100
 * and up), so a kernel without the module answers EINVAL: call it with a length
 * of 0 to find out.
 */
#define MADV_UPM_MERGE		0x55504d	/* "UPM"; huge pages stay whole */
#define MADV_UPM_MERGE_SPLIT	0x55504e	/* splits huge pages that hold copies */
#define MADV_UPM_UNMERGE	0x55504f

/* Most ranges in one call. */
#define UPM_MAX_RANGES		1024

/**
 * struct upm_range - part of an address space
 * @addr: first byte, a multiple of the page size
 * @len:  bytes, rounded up to whole pages; 0 is allowed and means nothing
 */
struct upm_range {
	__u64 addr;
	__u64 len;
};

/**
 * enum upm_skip - why a page was left as it was
 * @UPM_SKIP_UNMAPPED:   no mapping there
 * @UPM_SKIP_MAPPING:    a mapping of a kind that cannot be merged: shared, a
 *                       device, hugetlb, DAX, droppable, shadow stack
 * @UPM_SKIP_UFFD:       userfaultfd write protection would be lost
 * @UPM_SKIP_SOFT_DIRTY: soft-dirty tracking is on and would miss a change
 * @UPM_SKIP_ABSENT:     not in memory (never touched, or swapped out)
 * @UPM_SKIP_FILE:       a page of a file that was not written to
 * @UPM_SKIP_HUGE:       part of a huge page, and splitting was not asked for
 * @UPM_SKIP_KSM:        merged by the kernel's own KSM
 * @UPM_SKIP_PINNED:     somebody holds the page: direct I/O, io_uring, a pipe,
 *                       a device
 * @UPM_SKIP_BUSY:       the page, or the other process' address space, was
 *                       locked; another call may succeed
 * @UPM_SKIP_CHANGED:    written to while it was looked at
 * @UPM_SKIP_COLLISION:  other content with the same hash came first
 * @UPM_SKIP_LIMIT:      a limit on stable pages, candidates or sharers
 * @UPM_SKIP_NOMEM:      no memory for a stable page or for bookkeeping
 * @UPM_SKIP_POISON:     the hardware reported the page as broken
 * @UPM_NR_SKIPS:        number of reasons of this version
 */
enum upm_skip {
	UPM_SKIP_UNMAPPED,
	UPM_SKIP_MAPPING,
	UPM_SKIP_UFFD,
	UPM_SKIP_SOFT_DIRTY,
	UPM_SKIP_ABSENT,
	UPM_SKIP_FILE,
	UPM_SKIP_HUGE,
	UPM_SKIP_KSM,
	UPM_SKIP_PINNED,
	UPM_SKIP_BUSY,
	UPM_SKIP_CHANGED,
	UPM_SKIP_COLLISION,
	UPM_SKIP_LIMIT,
	UPM_SKIP_NOMEM,
	UPM_SKIP_POISON,
	UPM_NR_SKIPS
};

/* Places for reasons in struct upm_counts; those not used yet are 0. */
#define UPM_MAX_SKIPS		24

/**
 * struct upm_counts - what became of the pages of a call
 * @examined: pages looked at; the sum of all members below, save @merged_peer
 * @merged:   now share a stable page (MERGE)
 * @shared:   shared a stable page before the call, or the very same page with
 *            its equal (fork)
 * @recorded: remembered as candidates: equal pages seen later merge with them
 * @zero:     held only zeros: now the kernel's zero page, or were before
 * @unmerged: became private again (UNMERGE)
 * @plain:    present, private, nothing to say of them (QUERY, UNMERGE)
 * @merged_peer: candidates, mostly of other processes, that this call moved to
 *            a stable page; not part of @examined
 * @skipped:  left alone, by enum upm_skip
 */
struct upm_counts {
	__u64 examined;
	__u64 merged;
	__u64 shared;
	__u64 recorded;
	__u64 zero;
	__u64 unmerged;
	__u64 plain;
	__u64 merged_peer;
	__u64 skipped[UPM_MAX_SKIPS];
};

/* Flags of struct upm_call. */
#define UPM_CALL_SPLIT_HUGE	0x1	/* MERGE: split huge pages that hold copies */
#define UPM_CALL_DOMAIN		0x2	/* MERGE: @domain is set; needs CAP_SYS_ADMIN */

/**
 * struct upm_call - argument of UPM_IOC_MERGE, UPM_IOC_UNMERGE, UPM_IOC_QUERY
 * @size:      sizeof(struct upm_call)
 * @flags:     UPM_CALL_*
 * @pidfd:     the process whose memory is meant, or -1 for the caller
 * @nr_ranges: number of ranges, at most UPM_MAX_RANGES
 * @ranges:    address of struct upm_range[@nr_ranges]
 * @domain:    sharing domain to use instead of the process' own, 1 to 2^63-1;
 *             0 unless UPM_CALL_DOMAIN
 * @done:      out: bytes dealt with, counted through the ranges in order
 * @reserved:  0
 * @counts:    out: what was done; also written if the call fails part-way
 *
 * A page that cannot be dealt with is counted and passed over; the call succeeds
 * all the same. Errors: EINVAL (misaligned, wraps around, unknown flag), E2BIG,
 * EFAULT (@ranges or the structure), ESRCH (process is gone), EBADF (not a
 * pidfd), EPERM/EACCES (may not advise that process, or not name a domain),
 * EINTR (a fatal signal; @done tells how far it came), ENOMEM.
 */
struct upm_call {
	__u32 size;
	__u32 flags;
	__s32 pidfd;
	__u32 nr_ranges;
	__u64 ranges;
	__u64 domain;
	__u64 done;
	__u64 reserved;
	struct upm_counts counts;
};

/* Features of the running module. */
#define UPM_FEATURE_MADVISE	0x1	/* MADV_UPM_* work */
#define UPM_FEATURE_PIDFD	0x2	/* other processes can be advised */
#define UPM_FEATURE_DRAIN	0x4	/* pages still in LRU batches are got at */
#define UPM_FEATURE_EXIT	0x8	/* exits are seen at once, else by sweeps */

/**
 * struct upm_info - argument of UPM_IOC_INFO
 * @size:        sizeof(struct upm_info)
 * @abi_version: out: UPM_ABI_VERSION of the module
 * @features:    out: UPM_FEATURE_*
 * @nr_skips:    out: UPM_NR_SKIPS of the module
 * @max_ranges:  out: UPM_MAX_RANGES of the module
 * @page_size:   out: bytes
 * @bound:       out: 1 if the caller's pid namespace is bound to a domain, else 0
 * @reserved:    0
 */
struct upm_info {
	__u32 size;
	__u32 abi_version;
	__u32 features;
	__u32 nr_skips;
	__u32 max_ranges;
	__u32 page_size;
	__u32 bound;
	__u32 reserved;
};

/**
 * struct upm_process - argument of UPM_IOC_PROCESS
 * @size:       sizeof(struct upm_process)
 * @flags:      0
 * @pidfd:      process, or -1 for the caller
 * @reserved:   0
 * @calls:      out: MERGE and UNMERGE calls on this address space since its exec
 * @candidates: out: candidates it has now
 * @peer_merged: out: its pages that were merged by calls on other processes
 * @counts:     out: sums over all those calls
 *
 * Zeros if the address space was never advised. Needs what QUERY needs.
 */
struct upm_process {
	__u32 size;
	__u32 flags;
	__s32 pidfd;
	__u32 reserved;
	__u64 calls;
	__u64 candidates;
	__u64 peer_merged;
	struct upm_counts counts;
};

/**
 * struct upm_bind - argument of UPM_IOC_BIND and UPM_IOC_UNBIND
 * @size:     sizeof(struct upm_bind)
 * @flags:    0
 * @pidfd:    any process of the pid namespace that is meant
 * @reserved: 0
 * @domain:   BIND: 1 to 2^63-1; UNBIND: 0
 *
 * From then on the calls of, and on, all processes of that pid namespace use
 * @domain; not those of namespaces nested in it. What is merged already stays
 * so. BIND replaces a binding. The binding ends with the namespace. Needs
 * CAP_SYS_ADMIN in the initial user namespace. Errors: EINVAL, EBADF, ESRCH,
 * EPERM, ENOENT (UNBIND: is not bound), ENOMEM.
 */
struct upm_bind {
	__u32 size;
	__u32 flags;
	__s32 pidfd;
	__u32 reserved;
	__u64 domain;
};

/* Kinds of struct upm_domain_entry. */
#define UPM_DOMAIN_DEFAULT	1	/* of a (uid, pid namespace) */
#define UPM_DOMAIN_NAMED	2	/* named in a binding or a call */
#define UPM_DOMAIN_BINDING	3	/* a pid namespace bound to the named @domain */

/**
 * struct upm_domain_entry - one domain or binding
 * @domain:       its number; those of default domains have bit 63 set
 * @kind:         UPM_DOMAIN_*
 * @uid:          DEFAULT: in the initial user namespace; else ~0
 * @pid_ns:       DEFAULT, BINDING: inode number of the pid namespace; else 0
 * @reserved:     0
 * @stable_pages: pages kept; 0 for BINDING
 * @candidates:   pages remembered; 0 for BINDING
 */
struct upm_domain_entry {
	__u64 domain;
	__u32 kind;
	__u32 uid;
	__u32 pid_ns;
	__u32 reserved;
	__u64 stable_pages;
	__u64 candidates;
};

/**
 * struct upm_domains - argument of UPM_IOC_DOMAINS
 * @size:       sizeof(struct upm_domains)
 * @flags:      0
 * @nr_entries: in: room at @entries; out: how many there are
 * @entry_size: in: sizeof(struct upm_domain_entry)
 * @entries:    address of struct upm_domain_entry[@nr_entries]
 *
 * If there are more than fit, those that fit are written. Needs CAP_SYS_ADMIN in
 * the initial user namespace.
 */
struct upm_domains {
	__u32 size;
	__u32 flags;
	__u32 nr_entries;
	__u32 entry_size;
	__u64 entries;
};

/*
 * The direction and size bits of the numbers are part of them, and stay as they
 * are when a structure grows: its own @size member tells.
 */
#define UPM_IOC_MAGIC		0xb5
#define UPM_IOC_INFO		_IO(UPM_IOC_MAGIC, 0)
#define UPM_IOC_MERGE		_IO(UPM_IOC_MAGIC, 1)
#define UPM_IOC_UNMERGE		_IO(UPM_IOC_MAGIC, 2)
#define UPM_IOC_QUERY		_IO(UPM_IOC_MAGIC, 3)
#define UPM_IOC_PROCESS		_IO(UPM_IOC_MAGIC, 4)
#define UPM_IOC_BIND		_IO(UPM_IOC_MAGIC, 5)
#define UPM_IOC_UNBIND		_IO(UPM_IOC_MAGIC, 6)
#define UPM_IOC_DOMAINS		_IO(UPM_IOC_MAGIC, 7)

#endif /* _UAPI_LINUX_UPM_H */
