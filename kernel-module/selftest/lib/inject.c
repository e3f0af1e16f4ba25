// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "files.h"
#include "inject.h"

#define DEBUGFS	"/sys/kernel/debug/"

static const char * const kinds[] = { "failslab", "fail_page_alloc" };

static void set_all(const char *name, const char *value)
{
	char path[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		snprintf(path, sizeof(path), DEBUGFS "%s/%s", kinds[i], name);
		/* Each kind has its own few besides the common ones. */
		if (file_exists(path) && file_write(path, value))
			note("%s cannot be set to %s", path, value);
	}
}

void inject_begin(void)
{
	if (!file_exists(DEBUGFS "failslab") &&
	    !file_exists(DEBUGFS "fail_page_alloc"))
		SKIP("no fault injection");
	if (!file_exists("/proc/self/make-it-fail"))
		SKIP("no fault injection by process");
	set_all("probability", "0");
	set_all("interval", "1");
	set_all("times", "-1");
	set_all("space", "0");
	set_all("verbose", "0");
	set_all("task-filter", "Y");
	set_all("ignore-gfp-wait", "N");
	set_all("ignore-gfp-highmem", "N");
	set_all("cache-filter", "N");
	set_all("min-order", "0");
}

void inject_percent(unsigned int percent)
{
	static int fd = -1;
	char text[16];

	/* Open before, as opening it may fail, too. */
	if (fd < 0) {
		fd = open("/proc/self/make-it-fail", O_RDWR | O_CLOEXEC);
		CHECK_SYS(fd >= 0);
	}
	CHECK_EQ(pwrite(fd, "0", 1, 0), 1);
	if (!percent)
		return;
	snprintf(text, sizeof(text), "%u", percent);
	set_all("probability", text);
	CHECK_EQ(pwrite(fd, "1", 1, 0), 1);
}

static const char *nth_file(void)
{
	return "/proc/thread-self/fail-nth";
}

void inject_nth(unsigned int nth)
{
	char text[16];
	int ret;

	snprintf(text, sizeof(text), "%u", nth);
	ret = file_write(nth_file(), text);
	if (ret)
		SKIP("no %s: %s", nth_file(), strerror(-ret));
}

bool inject_was_hit(void)
{
	int fd = open(nth_file(), O_RDWR | O_CLOEXEC);
	char text[16] = "";
	bool hit;

	/* Opening it may be what fails. */
	if (fd < 0)
		return true;
	hit = read(fd, text, sizeof(text) - 1) <= 0 || atoi(text) == 0;
	if (write(fd, "0", 1) != 1)
		note("fail-nth cannot be ended");
	close(fd);
	return hit;
}
