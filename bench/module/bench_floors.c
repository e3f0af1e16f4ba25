// SPDX-License-Identifier: MIT
/* What cannot be avoided, as user space does it: reading a page, comparing two. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "upm_bench.h"

void run_floors(void)
{
	size_t pages = 1024, differ = 0;
	uint64_t *a = make(pages, 11), *b = make(pages, 11), begin, sum = 0;

	begin = now();
	for (size_t i = 0; i < pages * WORDS; i++)
		differ += a[i] != b[i];
	report("floor_compare_u64", pages, now() - begin);
	begin = now();
	for (size_t i = 0; i < pages; i++)
		differ += !!memcmp(a + i * WORDS, b + i * WORDS, PAGE);
	report("floor_memcmp_libc", pages, now() - begin);
	begin = now();
	for (size_t i = 0; i < pages; i++)
		for (size_t j = 0; j < WORDS; j += 8) {
			const uint64_t *m = a + i * WORDS + j, *k = b + j;

			for (int lane = 0; lane < 8; lane += 2)
				sum += (m[lane] + k[lane]) *
				       (unsigned __int128)(m[lane + 1] + k[lane + 1]) >> 64;
		}
	report("floor_nh_loop", pages, now() - begin);
	begin = now();
	memcpy(b, a, pages * PAGE);
	report("floor_copy", pages, now() - begin);
	if (differ || sum == 42)
		fprintf(stderr, "upm_bench: floors: %zu\n", differ);
	munmap(a, pages * PAGE);
	munmap(b, pages * PAGE);
}
