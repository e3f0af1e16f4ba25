// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call from user space: whose memory, whether that is allowed, and the run
 * through its ranges.
 */
#include <linux/capability.h>
#include <linux/memcontrol.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "symbols.h"
#include "trace.h"
#include "upm.h"

/*
 * Who may attach to a process may advise it, as it could have it advise itself.
 * Else it takes what process_madvise() takes. Looking needs to be allowed to look.
 */
static struct mm_struct *access(struct task_struct *task, enum upm_op op)
{
	struct mm_struct *mm;

	if (op == UPM_OP_QUERY || capable(CAP_SYS_NICE)) {
		mm = static_call(upm_mm_access)(task, PTRACE_MODE_READ_FSCREDS);
		if (op == UPM_OP_QUERY || !IS_ERR_OR_NULL(mm))
			return mm;
	}
	return static_call(upm_mm_access)(task, PTRACE_MODE_ATTACH_REALCREDS);
}

static int target_by_pidfd(struct upm_target *target, int pidfd, enum upm_op op)
{
	struct mm_struct *mm;
	unsigned int flags;
	struct pid *pid;

	if (!upm_can_pidfd())
		return -EOPNOTSUPP;
	pid = static_call(upm_pidfd_get_pid)(pidfd, &flags);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	target->task = get_pid_task(pid, PIDTYPE_TGID);
	put_pid(pid);
	if (!target->task)
		return -ESRCH;
	mm = access(target->task, op);
	/* Kernels differ in how they say that it has no memory any more. */
	if (IS_ERR_OR_NULL(mm)) {
		put_task_struct(target->task);
		return mm ? PTR_ERR(mm) : -ESRCH;
	}
	target->mm = mm;
	return 0;
}

/**
 * upm_target_get() - find the process a call is about
 * @target: what is found, for upm_target_put()
 * @pidfd:  the process, or -1 for the caller
 * @op:     what is to be done
 *
 * Return: 0, or what struct upm_call says.
 */
int upm_target_get(struct upm_target *target, int pidfd, enum upm_op op)
{
	if (pidfd < -1)
		return -EBADF;
	if (pidfd != -1)
		return target_by_pidfd(target, pidfd, op);
	if (!current->mm)
		return -EINVAL;
	target->task = get_task_struct(current);
	mmget(current->mm);
	target->mm = current->mm;
	return 0;
}

/**
 * upm_target_put() - let go of the process
 * @target: from upm_target_get()
 */
void upm_target_put(struct upm_target *target)
{
	mmput(target->mm);
	put_task_struct(target->task);
}

static struct upm_domain *domain_for(struct upm_target *target, u32 flags, u64 id)
{
	struct upm_domain *domain;
	bool same;

	if (flags & UPM_CALL_DOMAIN)
		return upm_domain_by_id(id);
	domain = upm_domain_of_task(target->task);
	if (IS_ERR(domain))
		return domain;
	/*
	 * With an exec meanwhile, possibly of a set-uid program, domain and memory
	 * would belong to two different programs.
	 */
	task_lock(target->task);
	same = target->task->mm == target->mm;
	task_unlock(target->task);
	if (same)
		return domain;
	upm_domain_put(domain);
	return ERR_PTR(-ESRCH);
}

static int run_ranges(struct upm_ctx *ctx, enum upm_op op,
		      const struct upm_range *ranges, u32 nr)
{
	int err = 0;
	u32 i;

	for (i = 0; i < nr && !err; i++) {
		unsigned long addr = ranges[i].addr;
		unsigned long end = addr + PAGE_ALIGN(ranges[i].len);

		switch (op) {
		case UPM_OP_MERGE:
			err = upm_merge_range(ctx, addr, end);
			break;
		case UPM_OP_UNMERGE:
			err = upm_unmerge_range(ctx, addr, end);
			break;
		case UPM_OP_QUERY:
			err = upm_query_range(ctx, addr, end);
			break;
		}
	}
	if (op == UPM_OP_MERGE) {
		int put_off = upm_merge_put_off(ctx);

		if (!err)
			err = put_off;
	}
	return err;
}

static int prepare(struct upm_ctx *ctx, struct upm_target *target,
		   enum upm_op op, u32 flags, u64 id)
{
	ctx->mm = target->mm;
	ctx->split = flags & UPM_CALL_SPLIT_HUGE;
	/* Only what merges has something to remember. */
	ctx->space = upm_space_of(target->mm, op == UPM_OP_MERGE);
	if (op != UPM_OP_MERGE)
		return 0;
	if (!ctx->space)
		return -ENOMEM;
	ctx->domain = domain_for(target, flags, id);
	if (IS_ERR(ctx->domain)) {
		int err = PTR_ERR(ctx->domain);

		ctx->domain = NULL;
		return err;
	}
	upm_space_set_domain(ctx->space, ctx->domain);
	return 0;
}

/**
 * upm_call_run() - do what a call asks for
 * @target: process
 * @op:     operation
 * @flags:  UPM_CALL_*, valid and permitted
 * @id:     domain, if UPM_CALL_DOMAIN
 * @ranges: valid ranges
 * @nr:     number of them
 * @counts: out: what was done, also on failure
 * @done:   out: bytes dealt with
 *
 * Return: 0 or an error of struct upm_call.
 */
int upm_call_run(struct upm_target *target, enum upm_op op, u32 flags, u64 id,
		 const struct upm_range *ranges, u32 nr,
		 struct upm_counts *counts, u64 *done)
{
	struct mem_cgroup *memcg, *old;
	struct upm_ctx *ctx;
	int err;

	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL | __GFP_NOWARN);
	if (!ctx)
		return -ENOMEM;

	/* Who is advised pays, not who advises. */
	memcg = get_mem_cgroup_from_mm(target->mm);
	old = set_active_memcg(memcg);
	err = prepare(ctx, target, op, flags, id);
	if (!err)
		err = run_ranges(ctx, op, ranges, nr);
	if (ctx->spare)
		free_page(ctx->spare);
	set_active_memcg(old);
	mem_cgroup_put(memcg);

	if (ctx->space) {
		if (op != UPM_OP_QUERY)
			upm_space_account(ctx->space, &ctx->counts);
		upm_space_put(ctx->space);
	}
	if (ctx->domain)
		upm_domain_put(ctx->domain);
	upm_stats_add(op, &ctx->counts);
	trace_upm_call(target->mm, op, err, &ctx->counts);
	*counts = ctx->counts;
	*done = ctx->done;
	kfree(ctx);
	return err;
}
