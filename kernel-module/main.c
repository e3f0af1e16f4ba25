// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parameters, and the order in which the parts begin and end.
 *
 * Unloading first closes the ways in (madvise, the device; an open device keeps
 * the module), then ends what runs by itself, then lets go of what is kept. Merged
 * pages stay with the processes that map them: from then on they are the kernel's
 * alone.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "symbols.h"
#include "upm.h"

bool upm_madvise_wanted = true;
module_param_named(madvise, upm_madvise_wanted, bool, 0444);
MODULE_PARM_DESC(madvise, "Extend madvise() by MADV_UPM_* (default: yes)");

unsigned int upm_hash_bits = 64;
module_param_named(hash_bits, upm_hash_bits, uint, 0444);
MODULE_PARM_DESC(hash_bits, "Bits of the hash that are used; less than 64 is for tests of collisions");

static unsigned long max_stable_pages;
module_param(max_stable_pages, ulong, 0644);
MODULE_PARM_DESC(max_stable_pages, "Most stable pages, which are not swappable (0: half of memory)");

static unsigned long max_candidates;
module_param(max_candidates, ulong, 0644);
MODULE_PARM_DESC(max_candidates, "Most candidates, at up to 48 bytes each (0: as many as pages of memory)");

static unsigned long max_stable_pages_per_domain;
module_param(max_stable_pages_per_domain, ulong, 0644);
MODULE_PARM_DESC(max_stable_pages_per_domain, "Most stable pages of one domain (0: half of all)");

static unsigned long max_candidates_per_domain;
module_param(max_candidates_per_domain, ulong, 0644);
MODULE_PARM_DESC(max_candidates_per_domain, "Most candidates of one domain (0: half of all)");

struct workqueue_struct *upm_wq;

/**
 * upm_limit_stable() - most stable pages
 *
 * Return: a number of pages or candidates.
 */
unsigned long upm_limit_stable(void)
{
	unsigned long limit = READ_ONCE(max_stable_pages);

	return limit ? limit : totalram_pages() / 2;
}

/**
 * upm_limit_candidates() - most candidates
 *
 * Return: a number of pages or candidates.
 */
unsigned long upm_limit_candidates(void)
{
	unsigned long limit = READ_ONCE(max_candidates);

	return limit ? limit : totalram_pages();
}

/**
 * upm_limit_domain_stable() - most stable pages of one domain
 *
 * Return: a number of pages or candidates.
 */
unsigned long upm_limit_domain_stable(void)
{
	unsigned long limit = READ_ONCE(max_stable_pages_per_domain);

	return limit ? limit : upm_limit_stable() / 2;
}

/**
 * upm_limit_domain_candidates() - most candidates of one domain
 *
 * Return: a number of pages or candidates.
 */
unsigned long upm_limit_domain_candidates(void)
{
	unsigned long limit = READ_ONCE(max_candidates_per_domain);

	return limit ? limit : upm_limit_candidates() / 2;
}

static int __init upm_init(void)
{
	int err;

	if (!upm_hash_bits || upm_hash_bits > 64) {
		pr_err("upm: hash_bits is %u, and must be 1 to 64\n", upm_hash_bits);
		return -EINVAL;
	}
	err = upm_symbols_init();
	if (err)
		return err;
	upm_hash_init();

	upm_wq = alloc_workqueue("upm", WQ_UNBOUND | WQ_FREEZABLE, 0);
	if (!upm_wq)
		return -ENOMEM;
	err = upm_candidate_init();
	if (err)
		goto out_wq;
	err = upm_stable_init();
	if (err)
		goto out_candidate;
	err = upm_space_init();
	if (err)
		goto out_stable;
	err = upm_reclaim_init();
	if (err)
		goto out_space;
	err = upm_stats_init();
	if (err)
		goto out_reclaim;
	err = upm_device_init();
	if (err)
		goto out_stats;
	upm_madvise_init();

	pr_info("upm: ready, interface version %u, madvise %s\n", UPM_ABI_VERSION,
		upm_madvise_works() ? "extended" : "as it was");
	return 0;

out_stats:
	upm_stats_exit();
out_reclaim:
	upm_reclaim_exit();
out_space:
	upm_space_exit();
out_stable:
	upm_stable_exit();
out_candidate:
	upm_candidate_exit();
out_wq:
	destroy_workqueue(upm_wq);
	return err;
}

static void __exit upm_exit(void)
{
	upm_madvise_exit();
	upm_device_exit();
	upm_stats_exit();
	upm_space_exit();
	upm_reclaim_exit();
	upm_stable_abandon();
	upm_stable_exit();
	upm_candidate_exit();
	upm_domain_exit();
	destroy_workqueue(upm_wq);
	/* Spaces are freed by RCU, and their last put may be recent. */
	rcu_barrier();
}

module_init(upm_init);
module_exit(upm_exit);

MODULE_DESCRIPTION("User-guided merging of equal anonymous pages");
MODULE_AUTHOR("The UPM authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
