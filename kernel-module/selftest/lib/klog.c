// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "files.h"
#include "klog.h"

#define TAINT_BAD_PAGE		BIT(5)
#define TAINT_DIE		BIT(7)
#define TAINT_WARN		BIT(9)
#define TAINT_SOFTLOCKUP	BIT(14)
#define TAINT_WRONG	(TAINT_BAD_PAGE | TAINT_DIE | TAINT_WARN | \
			 TAINT_SOFTLOCKUP)

static int log_fd = -1;
static long long taint_before;

static long long taint(void)
{
	long long flags = file_number("/proc/sys/kernel/tainted");

	return flags < 0 ? 0 : flags;
}

void klog_begin(void)
{
	if (log_fd < 0)
		log_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (log_fd >= 0)
		lseek(log_fd, 0, SEEK_END);
	taint_before = taint();
}

static bool is_complaint(const char *line)
{
	static const char * const words[] = {
		"BUG:", "WARNING:", "Oops", "general protection fault",
		"kernel BUG at", "possible circular locking",
		"possible recursive locking", "inconsistent lock state",
		"suspicious RCU usage", "Bad page map", "Bad page state",
		"Bad rss-counter", "blocked for more than", "refcount_t:",
		"list_del corruption", "list_add corruption", "UBSAN:",
		"held lock freed", "bad unlock balance", "locks held when",
		"sleeping function called", "Voluntary context switch",
		"page table check", "still has locks held",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

bool klog_complained(void)
{
	long long added = taint() & ~taint_before & TAINT_WRONG;
	char line[4096], *text;
	bool complaint = false;
	int follow = 0;
	ssize_t len;

	/* EPIPE: lines were lost, the next read goes on with what is left. */
	while (log_fd >= 0 &&
	       ((len = read(log_fd, line, sizeof(line) - 1)) > 0 ||
		(len < 0 && errno == EPIPE))) {
		if (len <= 0)
			continue;
		line[len] = 0;
		text = strchr(line, ';');
		text = text ? text + 1 : line;
		text[strcspn(text, "\n")] = 0;
		if (is_complaint(text)) {
			complaint = true;
			follow = 40;
		}
		if (follow-- > 0)
			note("kernel: %s", text);
	}
	if (added)
		note("the kernel has tainted itself: 0x%llx", added);
	return complaint || added;
}

bool kernel_died(void)
{
	return taint() & TAINT_DIE;
}

int kmemleak_reports(void)
{
	static const char path[] = "/sys/kernel/debug/kmemleak";
	char line[512];
	int found = 0;
	FILE *file;

	if (file_write(path, "scan"))
		return -1;
	/* An object must be seen unreferenced twice, some seconds old. */
	sleep_ms(6000);
	file_write(path, "scan");
	file = fopen(path, "r");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		note("kmemleak: %s", line);
		found += !strncmp(line, "unreferenced", 12);
	}
	fclose(file);
	return found;
}
