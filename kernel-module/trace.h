/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: /sys/kernel/tracing/events/upm. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM upm

#if !defined(UPM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define UPM_TRACE_H

#include <linux/tracepoint.h>

#include "upm.h"

TRACE_EVENT(upm_call,
	TP_PROTO(struct mm_struct *mm, int op, int err,
		 const struct upm_counts *counts),
	TP_ARGS(mm, op, err, counts),
	TP_STRUCT__entry(
		__field(struct mm_struct *, mm)
		__field(int, op)
		__field(int, err)
		__field(u64, examined)
		__field(u64, merged)
		__field(u64, merged_peer)
		__field(u64, shared)
		__field(u64, recorded)
		__field(u64, zero)
		__field(u64, unmerged)
	),
	TP_fast_assign(
		__entry->mm = mm;
		__entry->op = op;
		__entry->err = err;
		__entry->examined = counts->examined;
		__entry->merged = counts->merged;
		__entry->merged_peer = counts->merged_peer;
		__entry->shared = counts->shared;
		__entry->recorded = counts->recorded;
		__entry->zero = counts->zero;
		__entry->unmerged = counts->unmerged;
	),
	TP_printk("mm=%p %s err=%d examined=%llu merged=%llu merged_peer=%llu shared=%llu recorded=%llu zero=%llu unmerged=%llu",
		  __entry->mm,
		  __print_symbolic(__entry->op, { 0, "merge" },
				   { 1, "unmerge" }, { 2, "query" }),
		  __entry->err, __entry->examined, __entry->merged,
		  __entry->merged_peer, __entry->shared, __entry->recorded,
		  __entry->zero, __entry->unmerged)
);

TRACE_EVENT(upm_merge,
	TP_PROTO(struct mm_struct *mm, unsigned long pfn, unsigned long stable),
	TP_ARGS(mm, pfn, stable),
	TP_STRUCT__entry(
		__field(struct mm_struct *, mm)
		__field(unsigned long, pfn)
		__field(unsigned long, stable)
	),
	TP_fast_assign(
		__entry->mm = mm;
		__entry->pfn = pfn;
		__entry->stable = stable;
	),
	TP_printk("mm=%p pfn=%lu stable=%lu", __entry->mm, __entry->pfn,
		  __entry->stable)
);

TRACE_EVENT(upm_unmerge,
	TP_PROTO(struct mm_struct *mm, unsigned long addr),
	TP_ARGS(mm, addr),
	TP_STRUCT__entry(
		__field(struct mm_struct *, mm)
		__field(unsigned long, addr)
	),
	TP_fast_assign(
		__entry->mm = mm;
		__entry->addr = addr;
	),
	TP_printk("mm=%p addr=%lx", __entry->mm, __entry->addr)
);

TRACE_EVENT(upm_stable_free,
	TP_PROTO(unsigned long pfn),
	TP_ARGS(pfn),
	TP_STRUCT__entry(
		__field(unsigned long, pfn)
	),
	TP_fast_assign(
		__entry->pfn = pfn;
	),
	TP_printk("pfn=%lu", __entry->pfn)
);

#endif /* UPM_TRACE_H */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
