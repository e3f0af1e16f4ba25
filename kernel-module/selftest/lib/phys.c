// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "files.h"
#include "phys.h"

static int proc_open(pid_t pid, const char *name)
{
	char path[64];
	int fd;

	/* Right in a pid namespace, too, and where the first thread is gone. */
	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	else
		snprintf(path, sizeof(path), "/proc/thread-self/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		FAIL("%s: %s", path, strerror(errno));
	return fd;
}

void pagemap_read(pid_t pid, const void *addr, size_t pages, __u64 *entries)
{
	off_t at = (unsigned long)addr / PAGE * sizeof(*entries);
	ssize_t len = pages * sizeof(*entries);
	int fd = proc_open(pid, "pagemap");

	CHECK_EQ(pread(fd, entries, len, at), len);
	close(fd);
}

__u64 pagemap_entry(pid_t pid, const void *addr)
{
	__u64 entry;

	pagemap_read(pid, addr, 1, &entry);
	return entry;
}

__u64 pfn_of(pid_t pid, const void *addr)
{
	__u64 entry = pagemap_entry(pid, addr);

	return entry & PM_PRESENT ? entry & PM_PFN : 0;
}

static __u64 of_pfn(const char *path, __u64 pfn)
{
	__u64 value = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		FAIL("%s: %s", path, strerror(errno));
	CHECK_EQ(pread(fd, &value, sizeof(value), pfn * sizeof(value)),
		 sizeof(value));
	close(fd);
	return value;
}

__u64 pfn_flags(__u64 pfn)
{
	return of_pfn("/proc/kpageflags", pfn);
}

__u64 pfn_mapcount(__u64 pfn)
{
	return of_pfn("/proc/kpagecount", pfn);
}

void lru_drain(void)
{
	/* The first one has the second not be logged. */
	file_write("/proc/sys/vm/drop_caches", "4");
	file_write("/proc/sys/vm/drop_caches", "1");
}

bool pfn_is_merged(__u64 pfn)
{
	__u64 flags = pfn_flags(pfn);

	if ((flags & (KPF_KSM | KPF_ANON | KPF_LRU)) != (KPF_KSM | KPF_ANON))
		return false;
	/* A page on its way to the LRU looks the same there; see it arrive. */
	lru_drain();
	return !(pfn_flags(pfn) & KPF_LRU);
}

bool page_is_merged(pid_t pid, const void *addr)
{
	__u64 pfn = pfn_of(pid, addr);

	return pfn && pfn_is_merged(pfn);
}

long long memory_free_kb(void)
{
	static char text[64 << 10];
	unsigned long pages = 0;
	char *line;

	/* Adds up what the CPUs have counted apart. */
	file_read("/proc/sys/vm/stat_refresh", text, sizeof(text));
	if (file_read("/proc/zoneinfo", text, sizeof(text)) > 0)
		for (line = text; line; line = strchr(line + 1, '\n')) {
			unsigned long count;

			if (sscanf(line, " count: %lu", &count) == 1)
				pages += count;
		}
	return file_field("/proc/meminfo", "MemFree") + pages * (PAGE >> 10);
}

/* The line that begins with a word, of the mapping that holds @addr. */
static bool smaps_find(pid_t pid, const void *addr, const char *word,
		       char *line, size_t room)
{
	unsigned long want = (unsigned long)addr, start, end;
	size_t len = strlen(word);
	bool inside = false, found = false;
	FILE *file = fdopen(proc_open(pid, "smaps"), "r");

	CHECK_SYS(file);
	while (!found && fgets(line, room, file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = want >= start && want < end;
		else
			found = inside && !strncmp(line, word, len) &&
				line[len] == ':';
	}
	fclose(file);
	return found;
}

long smaps_kb(pid_t pid, const void *addr, const char *word)
{
	char line[512];

	if (!smaps_find(pid, addr, word, line, sizeof(line)))
		return -1;
	return strtol(strchr(line, ':') + 1, NULL, 10);
}

bool smaps_has_flag(pid_t pid, const void *addr, const char *flag)
{
	char line[512], word[8];

	if (!smaps_find(pid, addr, "VmFlags", line, sizeof(line)))
		return false;
	snprintf(word, sizeof(word), " %s", flag);
	return strstr(line, word);
}
