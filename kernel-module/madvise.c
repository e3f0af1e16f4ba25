// SPDX-License-Identifier: GPL-2.0-only
/*
 * madvise(addr, len, MADV_UPM_*), on a kernel that does not know these advices.
 *
 * ftrace is asked to watch the system call's entry. For our advice numbers, and for
 * nothing else, the call goes on in a function of ours. strace and auditing see
 * the call and its true result.
 *
 * Only one such redirection can be on a function; with a live patch on madvise() the
 * module loads without this, and says so.
 */
#include <linux/delay.h>
#include <linux/ftrace.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>

#include "upm.h"

/* Calls in our functions, which must not be unloaded under them. */
static atomic_t in_flight = ATOMIC_INIT(0);
static bool works;

static bool is_ours(unsigned int advice)
{
	return advice == MADV_UPM_MERGE || advice == MADV_UPM_MERGE_SPLIT ||
	       advice == MADV_UPM_UNMERGE;
}

/* Answers like madvise(2): a hole is reported when the rest has been done. */
static long advise(unsigned long addr, size_t length, unsigned int advice)
{
	enum upm_op op = advice == MADV_UPM_UNMERGE ? UPM_OP_UNMERGE :
						      UPM_OP_MERGE;
	u32 flags = advice == MADV_UPM_MERGE_SPLIT ? UPM_CALL_SPLIT_HUGE : 0;
	struct upm_range range = { .addr = addr, .len = PAGE_ALIGN(length) };
	struct upm_target target;
	struct upm_counts counts;
	u64 done;
	int err;

	if (addr & ~PAGE_MASK || range.len < length || addr + range.len < addr)
		return -EINVAL;
	if (!length)
		return 0;
	err = upm_target_get(&target, -1, op);
	if (err)
		return err;
	err = upm_call_run(&target, op, flags, 0, &range, 1, &counts, &done);
	upm_target_put(&target);
	if (err)
		return err;
	return counts.skipped[UPM_SKIP_UNMAPPED] ? -ENOMEM : 0;
}

static long upm_sys_madvise(const struct pt_regs *regs)
{
	long result;

	atomic_inc(&in_flight);
	result = advise(regs->di, regs->si, regs->dx);
	atomic_dec(&in_flight);
	return result;
}

static long upm_ia32_madvise(const struct pt_regs *regs)
{
	long result;

	atomic_inc(&in_flight);
	result = advise((u32)regs->bx, (u32)regs->cx, (u32)regs->dx);
	atomic_dec(&in_flight);
	return result;
}

/* The third argument is in the same register for 32-bit callers. */
static void notrace redirect(struct ftrace_regs *fregs,
			     long (*to)(const struct pt_regs *regs))
{
	struct pt_regs *regs = ftrace_get_regs(fregs);
	const struct pt_regs *user;

	if (!regs)
		return;
	user = (const struct pt_regs *)regs->di;
	if (unlikely(is_ours(user->dx)))
		regs->ip = (unsigned long)to;
}

static void notrace watch(unsigned long ip, unsigned long parent,
			  struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	redirect(fregs, upm_sys_madvise);
}

static void notrace watch_ia32(unsigned long ip, unsigned long parent,
			       struct ftrace_ops *ops,
			       struct ftrace_regs *fregs)
{
	redirect(fregs, upm_ia32_madvise);
}

/* PERMANENT: sysctl kernel.ftrace_enabled must not switch it off silently. */
#define HOOK_FLAGS	(FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_IPMODIFY | \
			 FTRACE_OPS_FL_RECURSION | FTRACE_OPS_FL_PERMANENT)

/**
 * struct upm_hook - a redirected system call
 * @name: function
 * @ops:  the redirection
 * @on:   whether it is in place
 */
struct upm_hook {
	const char *name;
	struct ftrace_ops ops;
	bool on;
};

static struct upm_hook hooks[] = {
	{
		.name = "__x64_sys_madvise",
		.ops = { .func = watch, .flags = HOOK_FLAGS },
	},
	{
		.name = "__ia32_sys_madvise",
		.ops = { .func = watch_ia32, .flags = HOOK_FLAGS },
	},
};

static int hook_on(struct upm_hook *hook)
{
	int err;

	err = ftrace_set_filter(&hook->ops, (unsigned char *)hook->name,
				strlen(hook->name), 0);
	if (!err)
		err = register_ftrace_function(&hook->ops);
	if (err) {
		ftrace_free_filter(&hook->ops);
		return err;
	}
	hook->on = true;
	return 0;
}

static void hook_off(struct upm_hook *hook)
{
	if (!hook->on)
		return;
	unregister_ftrace_function(&hook->ops);
	ftrace_free_filter(&hook->ops);
	hook->on = false;
}

/**
 * upm_madvise_works() - whether MADV_UPM_* can be used
 *
 * Return: true if so.
 */
bool upm_madvise_works(void)
{
	return works;
}

/**
 * upm_madvise_init() - redirect madvise, if that is wanted and possible
 */
void upm_madvise_init(void)
{
	int err;

	if (!upm_madvise_wanted)
		return;
	err = hook_on(&hooks[0]);
	if (err) {
		pr_warn("upm: madvise() cannot be extended (error %d: ftrace is off, or a live patch is on it); /dev/upm works without\n",
			err);
		return;
	}
	works = true;
	/* A kernel without 32-bit programs has none. */
	if (IS_ENABLED(CONFIG_IA32_EMULATION) && hook_on(&hooks[1]))
		pr_warn("upm: madvise() cannot be extended for 32-bit programs\n");
}

/**
 * upm_madvise_exit() - undo it, and wait until nobody is in our functions
 */
void upm_madvise_exit(void)
{
	if (!works)
		return;
	works = false;
	hook_off(&hooks[1]);
	hook_off(&hooks[0]);
	/* Those on the way to our first instruction. */
	synchronize_rcu_tasks();
	while (atomic_read(&in_flight))
		msleep(20);
	/* Those behind the last one that counts. */
	synchronize_rcu_tasks();
}
