// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "call.h"

static int device = -1;

int upm_try_open(void)
{
	int fd = open("/dev/upm", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int upm_fd(void)
{
	if (device < 0) {
		device = upm_try_open();
		if (device < 0)
			FAIL("/dev/upm: %s", strerror(-device));
	}
	return device;
}

void upm_fd_close(void)
{
	if (device >= 0)
		close(device);
	device = -1;
}

int upm_ioctl(unsigned long nr, void *arg)
{
	return ioctl(upm_fd(), nr, arg) < 0 ? -errno : 0;
}

unsigned long long skipped_sum(const struct upm_counts *counts)
{
	unsigned long long sum = 0;
	int i;

	for (i = 0; i < UPM_MAX_SKIPS; i++)
		sum += counts->skipped[i];
	return sum;
}

const char *skip_name(unsigned int reason)
{
	static const char * const names[UPM_NR_SKIPS] = {
		"unmapped", "mapping", "uffd", "soft_dirty", "absent", "file",
		"huge", "ksm", "pinned", "busy", "changed", "collision",
		"limit", "nomem", "poison",
	};

	return reason < UPM_NR_SKIPS ? names[reason] : "?";
}

void counts_note(const char *what, const struct upm_counts *counts)
{
	static const char * const names[] = {
		"examined", "merged", "shared", "recorded", "zero", "unmerged",
		"plain", "merged_peer",
	};
	const __u64 *values = &counts->examined;
	char text[512] = "";
	size_t i, len = 0;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (values[i])
			len += snprintf(text + len, sizeof(text) - len,
					" %s %llu", names[i], values[i]);
	for (i = 0; i < UPM_NR_SKIPS; i++)
		if (counts->skipped[i])
			len += snprintf(text + len, sizeof(text) - len,
					" skipped[%s] %llu", skip_name(i),
					counts->skipped[i]);
	note("%s:%s", what, text);
}

void check_counts(const struct upm_counts *c)
{
	unsigned long long sum = c->merged + c->shared + c->recorded + c->zero +
				 c->unmerged + c->plain + skipped_sum(c);
	int i;

	if (c->examined != sum) {
		counts_note("reply", c);
		FAIL("examined %llu, but the parts add up to %llu", c->examined,
		     sum);
	}
	for (i = UPM_NR_SKIPS; i < UPM_MAX_SKIPS; i++)
		CHECK_EQ(c->skipped[i], 0);
}

/* What a call that succeeds must report as done; 0 if it is not for us to say. */
static unsigned long long bytes_of(const struct upm_call *call)
{
	const struct upm_range *ranges = (void *)(long)call->ranges;
	unsigned long long bytes = 0;
	unsigned int i;

	for (i = 0; i < call->nr_ranges; i++)
		bytes += (ranges[i].len + PAGE - 1) & ~(PAGE - 1);
	return bytes;
}

int upm_call(unsigned long nr, struct upm_call *call)
{
	int ret = upm_ioctl(nr, call);

	if (ret)
		return ret;
	check_counts(&call->counts);
	CHECK_EQ(call->done, bytes_of(call));
	CHECK_EQ(call->counts.examined * PAGE, call->done);
	return 0;
}

int upm_call_range(unsigned long nr, int pidfd, unsigned int flags,
		   const void *addr, size_t len, struct upm_counts *counts)
{
	struct upm_range range = { .addr = (long)addr, .len = len };
	struct upm_call call = {
		.size = sizeof(call),
		.flags = flags,
		.pidfd = pidfd,
		.nr_ranges = 1,
		.ranges = (long)&range,
	};
	int ret = upm_call(nr, &call);

	if (!ret && counts)
		*counts = call.counts;
	return ret;
}

static struct upm_counts must(unsigned long nr, unsigned int flags,
			      const void *addr, size_t pages)
{
	struct upm_counts counts;
	int ret = upm_call_range(nr, -1, flags, addr, pages * PAGE, &counts);

	if (ret)
		FAIL("ioctl %lu on own memory: %s", nr & 0xff, strerror(-ret));
	return counts;
}

struct upm_counts upm_merge(const void *addr, size_t pages)
{
	return must(UPM_IOC_MERGE, 0, addr, pages);
}

struct upm_counts upm_merge_split(const void *addr, size_t pages)
{
	return must(UPM_IOC_MERGE, UPM_CALL_SPLIT_HUGE, addr, pages);
}

struct upm_counts upm_unmerge(const void *addr, size_t pages)
{
	return must(UPM_IOC_UNMERGE, 0, addr, pages);
}

struct upm_counts upm_query(const void *addr, size_t pages)
{
	return must(UPM_IOC_QUERY, 0, addr, pages);
}

struct upm_info upm_info(void)
{
	struct upm_info info = { .size = sizeof(info) };
	int ret = upm_ioctl(UPM_IOC_INFO, &info);

	if (ret)
		FAIL("UPM_IOC_INFO: %s", strerror(-ret));
	return info;
}

bool upm_has(unsigned int feature)
{
	return upm_info().features & feature;
}

int upm_bind(int pidfd, unsigned long long domain)
{
	struct upm_bind bind = {
		.size = sizeof(bind),
		.pidfd = pidfd,
		.domain = domain,
	};

	return upm_ioctl(UPM_IOC_BIND, &bind);
}

int upm_unbind(int pidfd)
{
	struct upm_bind bind = { .size = sizeof(bind), .pidfd = pidfd };

	return upm_ioctl(UPM_IOC_UNBIND, &bind);
}

int upm_domains(struct upm_domain_entry *entries, unsigned int *nr)
{
	struct upm_domains domains = {
		.size = sizeof(domains),
		.nr_entries = *nr,
		.entry_size = sizeof(*entries),
		.entries = (long)entries,
	};
	int ret = upm_ioctl(UPM_IOC_DOMAINS, &domains);

	*nr = domains.nr_entries;
	return ret;
}

int upm_process(int pidfd, struct upm_process *process)
{
	memset(process, 0, sizeof(*process));
	process->size = sizeof(*process);
	process->pidfd = pidfd;
	return upm_ioctl(UPM_IOC_PROCESS, process);
}

int pidfd_of(pid_t pid)
{
	int fd = syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		FAIL("pidfd_open(%d): %s", pid, strerror(errno));
	return fd;
}
