// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random arguments for all ioctls, every member now and then hostile. Whatever the
 * answer, memory holds what it held, and replies that claim success add up.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "suite.h"

#define PAGES	128
#define FILES	6

static char *memory, *shadow;
static int files[FILES];
static struct upm_range some_ranges[8];
static unsigned long good, bad;

static unsigned int rounds(void)
{
	const char *value = getenv("UPM_FUZZ");

	return value ? strtoul(value, NULL, 0) : 20000;
}

/* Numbers near the edges of things. */
static __u64 hostile(void)
{
	static const __u64 numbers[] = {
		0, 1, 7, 8, PAGE - 1, PAGE, PAGE + 1, 0x7fffffff, 0x80000000,
		0xffffffff, 0x7ffffffff000, 0x800000000000, 1ULL << 63,
		~0ULL, ~0ULL - PAGE + 1, 0xffff888000000000, 0xffffffff81000000,
	};

	if (random_below(2))
		return numbers[random_below(ARRAY_SIZE(numbers))];
	return random_next() >> random_below(64);
}

/* Mostly @sane, else hostile. */
static __u64 mostly(__u64 sane)
{
	return random_below(12) ? sane : hostile();
}

static __u64 some_address(void)
{
	return (long)memory + random_below(PAGES + 4) * PAGE - 2 * PAGE;
}

static int some_file(void)
{
	return random_below(2) ? -1 : files[random_below(FILES)];
}

static void fuzz_ranges(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(some_ranges); i++) {
		some_ranges[i].addr = mostly(some_address());
		some_ranges[i].len = mostly(random_below(16 * PAGE));
	}
}

/* A range in the address space may be long, but not for ever. */
static bool is_endless(const struct upm_call *call)
{
	unsigned int i;

	if (call->ranges != (unsigned long)some_ranges)
		return false;
	for (i = 0; i < call->nr_ranges && i < ARRAY_SIZE(some_ranges); i++)
		if (some_ranges[i].len > 1ULL << 48)
			return true;
	return false;
}

static void fuzz_call(void)
{
	static const unsigned long calls[] = {
		UPM_IOC_MERGE, UPM_IOC_MERGE, UPM_IOC_MERGE, UPM_IOC_UNMERGE,
		UPM_IOC_QUERY,
	};
	unsigned long nr = calls[random_below(ARRAY_SIZE(calls))];
	struct upm_call call = {
		.size = mostly(sizeof(call)),
		.flags = mostly(random_below(4)),
		.pidfd = mostly(some_file()),
		.nr_ranges = mostly(1 + random_below(ARRAY_SIZE(some_ranges))),
		.ranges = mostly((long)some_ranges),
		.reserved = random_below(16) ? 0 : hostile(),
	};

	if (call.flags & UPM_CALL_DOMAIN)
		call.domain = mostly(1 + random_below(4));
	fuzz_ranges();
	if (is_endless(&call))
		return;
	if (upm_ioctl(nr, &call)) {
		bad++;
		return;
	}
	good++;
	check_counts(&call.counts);
}

static void fuzz_others(void)
{
	struct upm_bind bind = {
		.size = mostly(sizeof(bind)),
		.flags = random_below(8) ? 0 : hostile(),
		.pidfd = mostly(some_file()),
		.reserved = random_below(8) ? 0 : hostile(),
		.domain = mostly(random_below(3)),
	};
	static struct upm_domain_entry entries[16];
	struct upm_domains domains = {
		.size = mostly(sizeof(domains)),
		.flags = random_below(8) ? 0 : hostile(),
		.nr_entries = random_below(ARRAY_SIZE(entries) + 1),
		.entry_size = mostly(sizeof(entries[0])),
		.entries = mostly((long)entries),
	};
	struct upm_process process = {
		.size = mostly(sizeof(process)),
		.flags = random_below(8) ? 0 : hostile(),
		.pidfd = mostly(some_file()),
	};
	struct upm_info info = { .size = mostly(sizeof(info)) };

	switch (random_below(6)) {
	case 0:
		upm_ioctl(UPM_IOC_BIND, &bind);
		break;
	case 1:
		upm_ioctl(UPM_IOC_UNBIND, &bind);
		break;
	case 2:
		upm_ioctl(UPM_IOC_DOMAINS, &domains);
		break;
	case 3:
		upm_ioctl(UPM_IOC_PROCESS, &process);
		break;
	case 4:
		upm_ioctl(UPM_IOC_INFO, &info);
		break;
	default:
		/* A number nobody knows, or a place nobody has. */
		upm_ioctl(random_next(), &info);
		upm_ioctl(_IO(UPM_IOC_MAGIC, random_below(16)),
			  (void *)(long)hostile());
	}
}

static void change_memory(void)
{
	char *page = memory + random_below(PAGES) * PAGE;

	page_fill(page, random_below(8));
	if (!random_below(4))
		memset(page, 0, PAGE);
	memcpy(shadow + (page - memory), page, PAGE);
}

static void verify(unsigned int round)
{
	size_t i;

	for (i = 0; i < PAGES; i++)
		if (memcmp(memory + i * PAGE, shadow + i * PAGE, PAGE))
			FAIL("page %zu differs in round %u", i, round);
}

static void fuzz(void)
{
	struct peer *peer = peer_new();
	unsigned int nr = rounds(), i;
	struct area other = area_new(peer, PAGES, 0);

	files[0] = pidfd_of(getpid());
	files[1] = pidfd_of(peer->pid);
	files[2] = open("/dev/null", O_RDWR | O_CLOEXEC);
	files[3] = upm_fd();
	files[4] = -2;
	files[5] = 9999;
	memory = pages_map(PAGES);
	shadow = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK_SYS(shadow != MAP_FAILED);
	for (i = 0; i < nr; i++) {
		if (random_below(4))
			fuzz_call();
		else
			fuzz_others();
		if (!random_below(3))
			change_memory();
		if (i % 256 == 0)
			verify(i);
	}
	verify(nr);
	area_check(&other);
	note("%u rounds: %lu calls done, %lu refused", nr, good, bad);
}

/* Only noise: structures of random bytes. */
static void noise(void)
{
	static union {
		__u64 words[PAGE / 8];
		__u32 size;
	} room;
	struct area area = area_new(NULL, PAGES, seed_new());
	unsigned int nr = rounds(), i;
	size_t j;

	for (i = 0; i < nr; i++) {
		for (j = 0; j < 64; j++)
			room.words[j] = random_next() >> random_below(64);
		if (random_below(4))
			room.size = sizeof(struct upm_call);
		upm_ioctl(_IO(UPM_IOC_MAGIC, random_below(8)), &room);
	}
	area_check(&area);
}

static const struct test tests[] = {
	{ "arguments", fuzz, NULL, 600 },
	{ "noise", noise, NULL, 600 },
	{ }
};

const struct suite fuzz_ioctl_suite = { "fuzz_ioctl", tests };
