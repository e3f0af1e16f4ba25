// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/upm: who may open it is a matter of the file's mode, what an open file may
 * be used for of the caller at that time.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "symbols.h"
#include "upm.h"

/**
 * upm_copy_in() - copy a structure that begins with its size
 * @to:    structure of this module
 * @size:  its size
 * @least: size of its first version
 * @from:  structure of the caller
 * @used:  out: how much of it the caller knows, for upm_copy_out()
 *
 * Return: 0, -EFAULT, -EINVAL if it is too small, -E2BIG if it is absurd, or has
 * something to say that this module does not understand.
 */
int upm_copy_in(void *to, size_t size, size_t least, const void __user *from,
		size_t *used)
{
	u32 theirs;
	int err;

	if (get_user(theirs, (const u32 __user *)from))
		return -EFAULT;
	if (theirs < least)
		return -EINVAL;
	if (theirs > PAGE_SIZE)
		return -E2BIG;
	err = copy_struct_from_user(to, size, from, theirs);
	if (err)
		return err;
	*used = min_t(size_t, theirs, size);
	/* It may have been changed between the two looks. */
	*(u32 *)to = theirs;
	return 0;
}

/**
 * upm_copy_out() - give a structure back
 * @to:   structure of the caller
 * @from: structure of this module
 * @used: from upm_copy_in()
 *
 * Return: 0, or a negative error.
 */
int upm_copy_out(void __user *to, const void *from, size_t used)
{
	return copy_to_user(to, from, used) ? -EFAULT : 0;
}

static int check_ranges(const struct upm_range *ranges, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		u64 len = PAGE_ALIGN(ranges[i].len);

		if (ranges[i].addr & ~PAGE_MASK)
			return -EINVAL;
		if (len < ranges[i].len || ranges[i].addr + len < ranges[i].addr)
			return -EINVAL;
	}
	return 0;
}

static int check_call(const struct upm_call *call, enum upm_op op)
{
	u32 known = op == UPM_OP_MERGE ? UPM_CALL_SPLIT_HUGE | UPM_CALL_DOMAIN : 0;

	if (call->flags & ~known || call->reserved ||
	    call->nr_ranges > UPM_MAX_RANGES)
		return -EINVAL;
	if (!(call->flags & UPM_CALL_DOMAIN))
		return call->domain ? -EINVAL : 0;
	return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static int ioctl_call(void __user *arg, enum upm_op op)
{
	struct upm_range *ranges = NULL;
	struct upm_target target;
	struct upm_call call;
	size_t used;
	int err, out;

	err = upm_copy_in(&call, sizeof(call),
			  offsetofend(struct upm_call, counts), arg, &used);
	if (!err)
		err = check_call(&call, op);
	if (err)
		return err;
	memset(&call.counts, 0, sizeof(call.counts));
	call.done = 0;

	if (call.nr_ranges) {
		ranges = memdup_user(u64_to_user_ptr(call.ranges),
				     call.nr_ranges * sizeof(*ranges));
		if (IS_ERR(ranges))
			return PTR_ERR(ranges);
	}
	err = check_ranges(ranges, call.nr_ranges);
	if (err)
		goto free;
	err = upm_target_get(&target, call.pidfd, op);
	if (err)
		goto free;
	err = upm_call_run(&target, op, call.flags, call.domain, ranges,
			   call.nr_ranges, &call.counts, &call.done);
	upm_target_put(&target);
	out = upm_copy_out(arg, &call, used);
	if (!err)
		err = out;
free:
	kfree(ranges);
	return err;
}

static int ioctl_info(void __user *arg)
{
	struct upm_info info;
	size_t used;
	int err;

	err = upm_copy_in(&info, sizeof(info),
			  offsetofend(struct upm_info, reserved), arg, &used);
	if (err)
		return err;
	if (info.reserved)
		return -EINVAL;
	info.abi_version = UPM_ABI_VERSION;
	info.features = (upm_madvise_works() ? UPM_FEATURE_MADVISE : 0) |
			(upm_can_pidfd() ? UPM_FEATURE_PIDFD : 0) |
			(upm_can_drain() ? UPM_FEATURE_DRAIN : 0) |
			(upm_space_exits_seen() ? UPM_FEATURE_EXIT : 0);
	info.nr_skips = UPM_NR_SKIPS;
	info.max_ranges = UPM_MAX_RANGES;
	info.page_size = PAGE_SIZE;
	info.bound = upm_domain_is_bound(task_active_pid_ns(current));
	return upm_copy_out(arg, &info, used);
}

static int ioctl_process(void __user *arg)
{
	struct upm_process process;
	struct upm_target target;
	struct upm_space *space;
	size_t used;
	int err;

	err = upm_copy_in(&process, sizeof(process),
			  offsetofend(struct upm_process, counts), arg, &used);
	if (err)
		return err;
	if (process.flags || process.reserved)
		return -EINVAL;
	err = upm_target_get(&target, process.pidfd, UPM_OP_QUERY);
	if (err)
		return err;

	process.calls = 0;
	process.candidates = 0;
	process.peer_merged = 0;
	memset(&process.counts, 0, sizeof(process.counts));
	space = upm_space_of(target.mm, false);
	if (space) {
		spin_lock(&space->lock);
		process.calls = space->calls;
		process.counts = space->counts;
		spin_unlock(&space->lock);
		process.candidates = atomic_long_read(&space->candidates);
		process.peer_merged = atomic64_read(&space->peer_merged);
		upm_space_put(space);
	}
	upm_target_put(&target);
	return upm_copy_out(arg, &process, used);
}

static long upm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case UPM_IOC_INFO:
		return ioctl_info(user);
	case UPM_IOC_MERGE:
		return ioctl_call(user, UPM_OP_MERGE);
	case UPM_IOC_UNMERGE:
		return ioctl_call(user, UPM_OP_UNMERGE);
	case UPM_IOC_QUERY:
		return ioctl_call(user, UPM_OP_QUERY);
	case UPM_IOC_PROCESS:
		return ioctl_process(user);
	case UPM_IOC_BIND:
		return upm_ioctl_bind(user, true);
	case UPM_IOC_UNBIND:
		return upm_ioctl_bind(user, false);
	case UPM_IOC_DOMAINS:
		return upm_ioctl_domains(user);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = upm_ioctl,
	/* The structures are the same for 32-bit callers. */
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "upm",
	.fops = &fops,
	/* Whom else to let in is for the administrator: udev/60-upm.rules. */
	.mode = 0660,
};

/**
 * upm_device_init() - make /dev/upm
 *
 * Return: 0, or a negative error.
 */
int upm_device_init(void)
{
	return misc_register(&device);
}

/**
 * upm_device_exit() - remove /dev/upm; nobody has it open
 */
void upm_device_exit(void)
{
	misc_deregister(&device);
}
