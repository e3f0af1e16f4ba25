// SPDX-License-Identifier: GPL-2.0-only
/* What the ioctls say to arguments that are wrong, odd, or of another age. */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "suite.h"

#define PAGES	8

static struct area area;
static struct upm_range range;

static const unsigned long calls[] = {
	UPM_IOC_MERGE, UPM_IOC_UNMERGE, UPM_IOC_QUERY
};

static struct upm_call good_call(void)
{
	struct upm_call call = {
		.size = sizeof(call),
		.pidfd = -1,
		.nr_ranges = 1,
		.ranges = (long)&range,
	};

	if (!area.addr)
		area = area_new(NULL, PAGES, seed_new());
	range.addr = (long)area.addr;
	range.len = PAGES * PAGE;
	return call;
}

/* All three calls answer @want; none does anything if that is an error. */
static void expect_all(struct upm_call call, int want)
{
	struct upm_call copy;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		copy = call;
		CHECK_EQ(upm_ioctl(calls[i], &copy), want);
	}
	if (want)
		CHECK_EQ(upm_stat("candidates"), 0);
	area_check(&area);
}

static void call_members(void)
{
	struct upm_call call = good_call();

	call.flags = 1U << 2;
	expect_all(call, -EINVAL);
	call.flags = 1U << 31;
	expect_all(call, -EINVAL);
	call = good_call();
	call.reserved = 1;
	expect_all(call, -EINVAL);
	call.reserved = 1ULL << 63;
	expect_all(call, -EINVAL);
	call = good_call();
	call.domain = 1;
	expect_all(call, -EINVAL);
	/* Flags of MERGE say nothing to the others. */
	call = good_call();
	call.flags = UPM_CALL_SPLIT_HUGE;
	CHECK_EQ(upm_ioctl(UPM_IOC_QUERY, &call), -EINVAL);
	CHECK_EQ(upm_ioctl(UPM_IOC_UNMERGE, &call), -EINVAL);
	/* What is for the answer may hold anything. */
	call = good_call();
	memset(&call.counts, 0xff, sizeof(call.counts));
	call.done = ~0ULL;
	CHECK_EQ(upm_call(UPM_IOC_QUERY, &call), 0);
}

static void sizes(void)
{
	char room[2 * PAGE] = { 0 };
	struct upm_call call = good_call(), *big = (void *)room;
	size_t size;

	for (size = 0; size < sizeof(call); size++) {
		call.size = size;
		expect_all(call, -EINVAL);
	}
	/* A later version with nothing new to say, and one that says something. */
	for (size = sizeof(call); size <= 1024; size++) {
		memset(room, 0, sizeof(room));
		*big = good_call();
		big->size = size;
		CHECK_EQ(upm_ioctl(UPM_IOC_QUERY, big), 0);
		CHECK_EQ(big->size, size);
		if (size == sizeof(call))
			continue;
		room[size - 1] = 1;
		CHECK_EQ(upm_ioctl(UPM_IOC_QUERY, big), -E2BIG);
		CHECK_EQ(room[size - 1], 1);
		/* Behind its end is none of the module's business. */
		room[size - 1] = 0;
		room[size] = 1;
		CHECK_EQ(upm_ioctl(UPM_IOC_QUERY, big), 0);
		CHECK_EQ(room[size], 1);
	}
	*big = good_call();
	big->size = UINT32_MAX;
	CHECK(upm_ioctl(UPM_IOC_QUERY, big) < 0);
}

static void ranges(void)
{
	struct upm_call call = good_call();
	static const __u64 wrong[][2] = {
		{ 1, PAGE },
		{ 0x7ffff001, PAGE },
		{ PAGE, ~0ULL },
		{ PAGE, ~0ULL - PAGE + 2 },
		{ ~0ULL - PAGE + 1, 2 * PAGE },
		{ ~0ULL & ~(PAGE - 1), PAGE + 1 },
		{ 1ULL << 63, 1ULL << 63 | PAGE },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		range.addr = wrong[i][0];
		range.len = wrong[i][1];
		expect_all(call, -EINVAL);
	}
	/* An empty range is fine anywhere. */
	range.len = 0;
	range.addr = 0;
	expect_all(call, 0);
	range.addr = (long)area.addr;
	expect_all(call, 0);
	call.nr_ranges = 0;
	call.ranges = 0;
	expect_all(call, 0);
	call.ranges = 1;
	expect_all(call, 0);
	call = good_call();
	call.nr_ranges = UPM_MAX_RANGES + 1;
	expect_all(call, -EINVAL);
	call.nr_ranges = UINT32_MAX;
	expect_all(call, -EINVAL);
}

/* A wrong range among good ones: nothing is done at all. */
static void last_range_wrong(void)
{
	struct upm_call call = good_call();
	struct upm_range both[2] = { range, { PAGE + 1, PAGE } };

	call.ranges = (long)both;
	call.nr_ranges = 2;
	expect_all(call, -EINVAL);
}

/* Not mapped, or not for users: counted, or refused, but never entered. */
static void outside(void)
{
	static const __u64 places[] = {
		0, 0x7ffffffff000, 0x800000000000, 0xffff800000000000,
		0xffffffff81000000, 0xffffffffff600000,
	};
	struct upm_call call = good_call();
	size_t i, j;
	int ret;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		range.addr = places[i];
		range.len = PAGE;
		for (j = 0; j < ARRAY_SIZE(calls); j++) {
			struct upm_call copy = call;

			ret = upm_ioctl(calls[j], &copy);
			if (ret == -EINVAL)
				continue;
			CHECK_EQ(ret, 0);
			CHECK_EQ(copy.counts.examined, 1);
			CHECK_EQ(copy.counts.skipped[UPM_SKIP_UNMAPPED], 1);
		}
	}
	/* All of a process at once: most of it is holes. */
	range.addr = 0;
	range.len = 0x7ffffffff000;
	CHECK_EQ(upm_call(UPM_IOC_QUERY, &call), 0);
	CHECK(call.counts.plain >= PAGES);
	counts_note("the whole address space", &call.counts);
	CHECK_EQ(upm_call(UPM_IOC_MERGE, &call), 0);
	counts_note("merged", &call.counts);
	area_check(&area);
	CHECK_EQ(upm_call(UPM_IOC_UNMERGE, &call), 0);
	area_check(&area);
}

static void most_ranges(void)
{
	static struct upm_range many[UPM_MAX_RANGES];
	struct upm_call call = good_call();
	size_t i;

	for (i = 0; i < UPM_MAX_RANGES; i++) {
		many[i].addr = (long)area.addr + i % PAGES * PAGE;
		many[i].len = 1;
	}
	call.ranges = (long)many;
	call.nr_ranges = UPM_MAX_RANGES;
	CHECK_EQ(upm_call(UPM_IOC_QUERY, &call), 0);
	CHECK_EQ(call.counts.plain, UPM_MAX_RANGES);
	/* The same page over and over: it stays one candidate. */
	CHECK_EQ(upm_call(UPM_IOC_MERGE, &call), 0);
	CHECK_EQ(call.counts.recorded, UPM_MAX_RANGES);
	CHECK_EQ(upm_stat("candidates"), PAGES);
	area_check(&area);
}

static void bad_pointers(void)
{
	char *edge = pages_map(2);
	struct upm_call call = good_call(), *at = (void *)edge;
	size_t i;

	CHECK_EQ(upm_ioctl(UPM_IOC_MERGE, NULL), -EFAULT);
	CHECK_EQ(upm_ioctl(UPM_IOC_MERGE, (void *)8), -EFAULT);
	CHECK_EQ(upm_ioctl(UPM_IOC_MERGE, (void *)-PAGE), -EFAULT);
	CHECK_EQ(upm_ioctl(UPM_IOC_INFO, (void *)-1L), -EFAULT);
	CHECK_EQ(upm_ioctl(UPM_IOC_DOMAINS, (void *)1), -EFAULT);
	CHECK_EQ(upm_ioctl(UPM_IOC_BIND, (void *)1), -EFAULT);
	CHECK_EQ(upm_ioctl(UPM_IOC_PROCESS, (void *)1), -EFAULT);
	call.ranges = 8;
	expect_all(call, -EFAULT);
	call.ranges = 0xffffffff81000000;
	expect_all(call, -EFAULT);

	/* Half of it is not there. */
	CHECK_SYS(mprotect(edge + PAGE, PAGE, PROT_NONE) == 0);
	for (i = 4; i < sizeof(call); i += 4) {
		call = good_call();
		memcpy(edge + PAGE - i, &call, i);
		CHECK_EQ(upm_ioctl(UPM_IOC_QUERY, edge + PAGE - i), -EFAULT);
	}
	call = good_call();
	memcpy(edge + PAGE - 8, &range, 8);
	call.ranges = (long)edge + PAGE - 8;
	expect_all(call, -EFAULT);

	/* The answer cannot be written. */
	*at = good_call();
	CHECK_SYS(mprotect(edge, PAGE, PROT_READ) == 0);
	CHECK_EQ(upm_ioctl(UPM_IOC_QUERY, at), -EFAULT);
	area_check(&area);
}

static void info(void)
{
	struct upm_info info = upm_info();

	CHECK_EQ(info.abi_version, UPM_ABI_VERSION);
	CHECK_EQ(info.nr_skips, UPM_NR_SKIPS);
	CHECK_EQ(info.max_ranges, UPM_MAX_RANGES);
	CHECK_EQ(info.page_size, PAGE);
	CHECK_EQ(info.bound, 0);
	note("features: 0x%x", info.features);
	info.reserved = 1;
	CHECK_EQ(upm_ioctl(UPM_IOC_INFO, &info), -EINVAL);
	info.reserved = 0;
	info.size = sizeof(info) - 1;
	CHECK_EQ(upm_ioctl(UPM_IOC_INFO, &info), -EINVAL);
}

static void unknown_calls(void)
{
	char room[PAGE] = { 0 };
	unsigned int nr;

	for (nr = 8; nr < 256; nr++)
		CHECK_EQ(upm_ioctl(_IO(UPM_IOC_MAGIC, nr), room), -ENOTTY);
	CHECK_EQ(upm_ioctl(_IO(UPM_IOC_MAGIC + 1, 1), room), -ENOTTY);
	CHECK_EQ(upm_ioctl(_IOWR(UPM_IOC_MAGIC, 1, struct upm_call), room),
		 -ENOTTY);
	CHECK_EQ(upm_ioctl(0, room), -ENOTTY);
}

static void bind_and_domains(void)
{
	struct upm_bind bind = { .size = sizeof(bind), .pidfd = -1 };
	struct upm_domains domains = {
		.size = sizeof(domains),
		.entry_size = sizeof(struct upm_domain_entry),
	};

	/* No process is meant by -1 here. */
	bind.domain = 1;
	CHECK(upm_ioctl(UPM_IOC_BIND, &bind) < 0);
	bind.flags = 1;
	CHECK_EQ(upm_ioctl(UPM_IOC_BIND, &bind), -EINVAL);
	bind.flags = 0;
	bind.reserved = 1;
	CHECK_EQ(upm_ioctl(UPM_IOC_BIND, &bind), -EINVAL);
	bind.reserved = 0;
	bind.size--;
	CHECK_EQ(upm_ioctl(UPM_IOC_BIND, &bind), -EINVAL);
	bind.size++;
	CHECK_EQ(upm_ioctl(UPM_IOC_UNBIND, &bind), -EINVAL);

	CHECK_EQ(upm_ioctl(UPM_IOC_DOMAINS, &domains), 0);
	domains.flags = 1;
	CHECK_EQ(upm_ioctl(UPM_IOC_DOMAINS, &domains), -EINVAL);
	domains.flags = 0;
	domains.entry_size = 8;
	CHECK_EQ(upm_ioctl(UPM_IOC_DOMAINS, &domains), -EINVAL);
	domains.entry_size = sizeof(struct upm_domain_entry);
	domains.nr_entries = UINT32_MAX;
	domains.entries = 8;
	good_call();
	area_merge(&area);
	CHECK_EQ(upm_ioctl(UPM_IOC_DOMAINS, &domains), -EFAULT);
	domains.size = 4;
	CHECK_EQ(upm_ioctl(UPM_IOC_DOMAINS, &domains), -EINVAL);
}

static const struct test tests[] = {
	{ "call_members", call_members },
	{ "sizes", sizes },
	{ "ranges", ranges },
	{ "last_range_wrong", last_range_wrong },
	{ "outside", outside },
	{ "most_ranges", most_ranges },
	{ "bad_pointers", bad_pointers },
	{ "info", info },
	{ "unknown_calls", unknown_calls },
	{ "bind_and_domains", bind_and_domains },
	{ }
};

const struct suite arguments_suite = { "argument", tests };
