// SPDX-License-Identifier: GPL-2.0-only
/*
 * For guests that QEMU emulates with a thread per CPU, and for nothing else.
 *
 * The kernel changes its own code under way: a breakpoint first, then the rest
 * of the instruction, then its first byte, with an interrupt to all CPUs after
 * each step. QEMU drops its translation of that code before it stores the byte.
 * A CPU that runs the code in between has it translated anew from the old byte,
 * and that translation, of a breakpoint, stays. No processor does that; the
 * kernel does not expect it and dies ("Oops: int3"), a few seconds after one
 * begins to switch ftrace on and off under load.
 *
 * So: a breakpoint in kernel code where memory has none is a stale one. Writing
 * the byte that is there once more makes QEMU drop the translation.
 */
#include <linux/hrtimer.h>
#include <linux/kdebug.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <asm/irq_regs.h>
#include <asm/text-patching.h>

static unsigned long count;
module_param(count, ulong, 0444);
MODULE_PARM_DESC(count, "how many there were");

static void set_cr0(unsigned long value)
{
	/* The kernel's own function insists on write protection. */
	asm volatile("mov %0, %%cr0" : : "r" (value) : "memory");
}

/* Whether memory has another instruction than a breakpoint there. */
static bool translate_anew(u8 *code)
{
	unsigned long flags, cr0;
	u8 byte;

	if (copy_from_kernel_nofault(&byte, code, sizeof(byte)) ||
	    byte == INT3_INSN_OPCODE)
		return false;
	local_irq_save(flags);
	cr0 = native_read_cr0();
	set_cr0(cr0 & ~X86_CR0_WP);
	/* Unless somebody is just writing another. */
	cmpxchg(code, byte, byte);
	set_cr0(cr0);
	local_irq_restore(flags);
	return true;
}

static int on_die(struct notifier_block *self, unsigned long reason, void *data)
{
	const struct die_args *args = data;
	u8 *code = (u8 *)args->regs->ip - INT3_INSN_SIZE;

	if (reason != DIE_INT3 || user_mode(args->regs) ||
	    !translate_anew(code))
		return NOTIFY_DONE;
	args->regs->ip = (unsigned long)code;
	count++;
	return NOTIFY_STOP;
}

static struct notifier_block die_block = { .notifier_call = on_die };

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
/*
 * There kprobes see the breakpoint first, and try the instruction again, and
 * again. What a CPU that is stuck in that can still do is to take interrupts.
 */
#define PERIOD	(50 * NSEC_PER_MSEC)

static DEFINE_PER_CPU(struct hrtimer, timer);

static enum hrtimer_restart on_timer(struct hrtimer *self)
{
	struct pt_regs *regs = get_irq_regs();

	if (regs && !user_mode(regs))
		translate_anew((u8 *)regs->ip);
	hrtimer_forward_now(self, ns_to_ktime(PERIOD));
	return HRTIMER_RESTART;
}

static void start_timer(void *unused)
{
	struct hrtimer *mine = this_cpu_ptr(&timer);

	hrtimer_init(mine, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	mine->function = on_timer;
	hrtimer_start(mine, ns_to_ktime(PERIOD), HRTIMER_MODE_REL_PINNED_HARD);
}

static void start_timers(void)
{
	on_each_cpu(start_timer, NULL, 1);
}

static void stop_timers(void)
{
	int cpu;

	for_each_online_cpu(cpu)
		hrtimer_cancel(per_cpu_ptr(&timer, cpu));
}
#else
static void start_timers(void) { }
static void stop_timers(void) { }
#endif

static int __init stale_int3_init(void)
{
	start_timers();
	return register_die_notifier(&die_block);
}
module_init(stale_int3_init);

static void __exit stale_int3_exit(void)
{
	unregister_die_notifier(&die_block);
	stop_timers();
}
module_exit(stale_int3_exit);

MODULE_DESCRIPTION("Outlives breakpoints that an emulator has kept for too long");
MODULE_LICENSE("GPL");
