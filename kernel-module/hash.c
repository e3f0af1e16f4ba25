// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hash of a page.
 *
 * NH, the inner function of UMAC, over 64-bit lanes: the 128-bit sum of the
 * products (m[i] + k[i]) * (m[i+1] + k[i+1]). For two different pages, chosen
 * without knowledge of the key, the chance of equal sums is at most 2^-64. A
 * lane pair costs seven instructions, half of what xxh64 takes, and the products
 * do not wait for each other.
 *
 * Equal hashes only say where to look: contents are always compared in full.
 */
#include <linux/mm.h>
#include <linux/random.h>

#include "upm.h"

#define LANES	(PAGE_SIZE / sizeof(u64))

static u64 nh_key[LANES] __ro_after_init __aligned(64);
static u64 fold_key[2] __ro_after_init;
static u64 zeros __ro_after_init;

/* Spreads every bit over the lower ones, from which the bucket is taken. */
static u64 mix(u64 x)
{
	x ^= x >> 32;
	x *= 0x9e3779b97f4a7c15ULL;
	x ^= x >> 29;
	return x;
}

/**
 * upm_hash_page() - hash of a page's content
 * @data: PAGE_SIZE bytes, aligned; may be written to meanwhile
 *
 * Return: the hash. Without meaning if @data changed under it.
 */
u64 upm_hash_page(const void *data)
{
	unsigned __int128 even = 0;
	unsigned __int128 odd = 0;
	const u64 *m = data;
	unsigned int i;

	/* Two sums, so that additions do not wait for each other either. */
#pragma GCC unroll 8
	for (i = 0; i < LANES; i += 4) {
		even += (unsigned __int128)(m[i] + nh_key[i]) *
			(m[i + 1] + nh_key[i + 1]);
		odd += (unsigned __int128)(m[i + 2] + nh_key[i + 2]) *
		       (m[i + 3] + nh_key[i + 3]);
	}
	even += odd;
	return mix((u64)even * fold_key[0] + (u64)(even >> 64) * fold_key[1]);
}

/**
 * upm_hash_of_zeros() - hash of a page of zeros
 *
 * Return: the hash.
 */
u64 upm_hash_of_zeros(void)
{
	return zeros;
}

/**
 * upm_hash_init() - draw the keys; they live as long as the module is loaded
 */
void __init upm_hash_init(void)
{
	get_random_bytes(nh_key, sizeof(nh_key));
	get_random_bytes(fold_key, sizeof(fold_key));
	fold_key[0] |= 1;
	fold_key[1] |= 1;
	zeros = upm_hash_page(page_address(ZERO_PAGE(0)));
}
