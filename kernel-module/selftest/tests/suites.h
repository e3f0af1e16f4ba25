/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SELFTEST_SUITES_H
#define SELFTEST_SUITES_H

#include "suite.h"

extern const struct suite advice_suite, again_suite, arguments_suite,
	bind_suite, collisions_suite, compat_suite, cow_suite, directio_suite,
	domains_suite, exit_suite, faults_suite, fork_suite, fuzz_ioctl_suite,
	fuzz_maps_suite, hmm_suite, ksm_suite, leak_suite, limits_suite,
	madvise_suite, mappings_suite, memcg_suite, merge_suite, pidfd_suite,
	pins_suite, poison_suite, sightings_suite, softdirty_suite,
	stress_suite, swap_suite, system_suite, thp_suite, uffd_suite,
	unload_suite, unprivileged_suite, uprobe_suite, uring_suite,
	writers_suite, zero_suite;

#endif /* SELFTEST_SUITES_H */
