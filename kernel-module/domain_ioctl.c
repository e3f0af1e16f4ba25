// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binding domains to pid namespaces and listing them: for the operator only, that
 * is a holder of CAP_SYS_ADMIN outside of any user namespace.
 */
#include <linux/capability.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "symbols.h"
#include "upm.h"

/* More than this are not listed at once. */
#define MOST_ENTRIES	65536

/* The pid namespace of a process, with the pid that keeps it. */
static struct pid *pid_of(int pidfd, struct pid_namespace **ns)
{
	struct task_struct *task;
	unsigned int flags;
	struct pid *pid;

	if (!upm_can_pidfd())
		return ERR_PTR(-EOPNOTSUPP);
	pid = static_call(upm_pidfd_get_pid)(pidfd, &flags);
	if (IS_ERR(pid))
		return pid;
	/* A pid without a process says nothing about a namespace in use. */
	task = get_pid_task(pid, PIDTYPE_TGID);
	if (!task) {
		put_pid(pid);
		return ERR_PTR(-ESRCH);
	}
	put_task_struct(task);
	*ns = ns_of_pid(pid);
	return pid;
}

/**
 * upm_ioctl_bind() - UPM_IOC_BIND and UPM_IOC_UNBIND
 * @arg:  struct upm_bind
 * @bind: which
 *
 * Return: 0, or a negative error.
 */
int upm_ioctl_bind(void __user *arg, bool bind)
{
	struct pid_namespace *ns;
	struct upm_bind call;
	struct pid *pid;
	size_t used;
	int err;

	err = upm_copy_in(&call, sizeof(call),
			  offsetofend(struct upm_bind, domain), arg, &used);
	if (err)
		return err;
	if (call.flags || call.reserved || (!bind && call.domain))
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	pid = pid_of(call.pidfd, &ns);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	err = bind ? upm_domain_bind(ns, call.domain) : upm_domain_unbind(ns);
	put_pid(pid);
	return err;
}

/**
 * upm_ioctl_domains() - UPM_IOC_DOMAINS
 * @arg: struct upm_domains
 *
 * Return: 0, or a negative error.
 */
int upm_ioctl_domains(void __user *arg)
{
	struct upm_domain_entry *entries = NULL;
	struct upm_domains call;
	u32 room, nr;
	size_t used;
	int err;

	err = upm_copy_in(&call, sizeof(call),
			  offsetofend(struct upm_domains, entries), arg, &used);
	if (err)
		return err;
	/* There is one version of an entry; a later one will tell them apart. */
	if (call.flags || call.entry_size != sizeof(*entries))
		return -EINVAL;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;

	room = min_t(u32, call.nr_entries, MOST_ENTRIES);
	if (room) {
		entries = kvcalloc(room, sizeof(*entries), GFP_KERNEL_ACCOUNT);
		if (!entries)
			return -ENOMEM;
	}
	nr = upm_domain_fill(entries, room);
	err = 0;
	if (room && copy_to_user(u64_to_user_ptr(call.entries), entries,
				 min(room, nr) * sizeof(*entries)))
		err = -EFAULT;
	kvfree(entries);
	call.nr_entries = nr;
	return err ? err : upm_copy_out(arg, &call, used);
}
