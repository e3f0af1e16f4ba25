// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/upm: one value a file.
 *
 * For the privileged only: what all containers of a host do together tells each of
 * them about the others.
 */
#include <linux/capability.h>
#include <linux/kobject.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "upm.h"

static struct kobject *kobj;
static DEFINE_SPINLOCK(lock);
/* Guarded by @lock. */
static struct upm_counts totals;
static u64 calls;

/**
 * upm_stats_add() - add a call to the totals
 * @op:     what it was
 * @counts: what it did
 */
void upm_stats_add(enum upm_op op, const struct upm_counts *counts)
{
	const u64 *from = (const u64 *)counts;
	u64 *to = (u64 *)&totals;
	unsigned int i;

	if (op == UPM_OP_QUERY)
		return;
	spin_lock(&lock);
	calls++;
	for (i = 0; i < sizeof(totals) / sizeof(u64); i++)
		to[i] += from[i];
	spin_unlock(&lock);
}

static ssize_t emit(char *buf, u64 value)
{
	/* Root of a container is let in by the mode, but is not meant. */
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return sysfs_emit(buf, "%llu\n", value);
}

static u64 total(const u64 *member)
{
	u64 value;

	spin_lock(&lock);
	value = *member;
	spin_unlock(&lock);
	return value;
}

#define UPM_VALUE(name, expression)					\
static ssize_t name##_show(struct kobject *obj,				\
			   struct kobj_attribute *attr, char *buf)	\
{									\
	return emit(buf, expression);					\
}									\
static struct kobj_attribute name##_attr =				\
	__ATTR(name, 0400, name##_show, NULL)

UPM_VALUE(stable_pages, upm_stable_count());
UPM_VALUE(sharing_pages, upm_stable_sharing());
UPM_VALUE(candidates, upm_candidate_count());
UPM_VALUE(processes, upm_space_count());
UPM_VALUE(domains, upm_domain_count());
UPM_VALUE(metadata_bytes, upm_stable_bytes() + upm_candidate_bytes() +
			  upm_domain_bytes() +
			  upm_space_count() * sizeof(struct upm_space));
UPM_VALUE(calls, total(&calls));
UPM_VALUE(pages_examined, total(&totals.examined));
UPM_VALUE(pages_merged, total(&totals.merged) + total(&totals.merged_peer));
UPM_VALUE(pages_zero, total(&totals.zero));
UPM_VALUE(pages_unmerged, total(&totals.unmerged));

static struct attribute *attrs[] = {
	&stable_pages_attr.attr,
	&sharing_pages_attr.attr,
	&candidates_attr.attr,
	&processes_attr.attr,
	&domains_attr.attr,
	&metadata_bytes_attr.attr,
	&calls_attr.attr,
	&pages_examined_attr.attr,
	&pages_merged_attr.attr,
	&pages_zero_attr.attr,
	&pages_unmerged_attr.attr,
	NULL,
};

static const struct attribute_group group = { .attrs = attrs };

/* One file for each reason; the name says which. */
static const char * const skip_names[UPM_NR_SKIPS] = {
	[UPM_SKIP_UNMAPPED] = "unmapped",
	[UPM_SKIP_MAPPING] = "mapping",
	[UPM_SKIP_UFFD] = "uffd",
	[UPM_SKIP_SOFT_DIRTY] = "soft_dirty",
	[UPM_SKIP_ABSENT] = "absent",
	[UPM_SKIP_FILE] = "file",
	[UPM_SKIP_HUGE] = "huge",
	[UPM_SKIP_KSM] = "ksm",
	[UPM_SKIP_PINNED] = "pinned",
	[UPM_SKIP_BUSY] = "busy",
	[UPM_SKIP_CHANGED] = "changed",
	[UPM_SKIP_COLLISION] = "collision",
	[UPM_SKIP_LIMIT] = "limit",
	[UPM_SKIP_NOMEM] = "nomem",
	[UPM_SKIP_POISON] = "poison",
};

static struct kobj_attribute skip_attr[UPM_NR_SKIPS];
static struct attribute *skip_attrs[UPM_NR_SKIPS + 1];
static const struct attribute_group skip_group = {
	.name = "skipped",
	.attrs = skip_attrs,
};

static ssize_t skip_show(struct kobject *obj, struct kobj_attribute *attr,
			 char *buf)
{
	return emit(buf, total(&totals.skipped[attr - skip_attr]));
}

/**
 * upm_stats_init() - make /sys/kernel/upm
 *
 * Return: 0, or a negative error.
 */
int upm_stats_init(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < UPM_NR_SKIPS; i++) {
		sysfs_attr_init(&skip_attr[i].attr);
		skip_attr[i].attr.name = skip_names[i];
		skip_attr[i].attr.mode = 0400;
		skip_attr[i].show = skip_show;
		skip_attrs[i] = &skip_attr[i].attr;
	}
	kobj = kobject_create_and_add("upm", kernel_kobj);
	if (!kobj)
		return -ENOMEM;
	err = sysfs_create_group(kobj, &group);
	if (!err)
		err = sysfs_create_group(kobj, &skip_group);
	if (err)
		kobject_put(kobj);
	return err;
}

/**
 * upm_stats_exit() - remove it
 */
void upm_stats_exit(void)
{
	kobject_put(kobj);
}
