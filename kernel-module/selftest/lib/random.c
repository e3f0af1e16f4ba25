// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers that can be had again: splitmix64 from one seed for the whole run. The
 * state is per thread, so that a thread's sequence does not depend on the others.
 */
#include <sys/random.h>
#include <unistd.h>

#include "check.h"

static __u64 run_seed;
static __thread __u64 state;

void random_init(void)
{
	const char *value = getenv("UPM_SEED");

	if (value)
		run_seed = strtoull(value, NULL, 0);
	else if (getrandom(&run_seed, sizeof(run_seed), GRND_NONBLOCK) !=
		 sizeof(run_seed))
		run_seed = now() * 1e9;
	note("UPM_SEED=0x%llx", run_seed);
	random_seed(0);
}

void random_seed(__u64 seed)
{
	state = run_seed + seed * 0x9e3779b97f4a7c15ULL;
}

__u64 random_next(void)
{
	__u64 x = (state += 0x9e3779b97f4a7c15ULL);

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

__u64 random_below(__u64 n)
{
	return random_next() % n;
}
