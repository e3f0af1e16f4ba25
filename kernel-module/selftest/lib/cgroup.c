// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "files.h"

static const char *root(void)
{
	if (mounted_at("cgroup2", "/sys/fs/cgroup"))
		return "/sys/fs/cgroup";
	if (mounted_at("cgroup2", "/sys/fs/cgroup/unified"))
		return "/sys/fs/cgroup/unified";
	if (mount_at("cgroup2", "/tmp/upm-cgroup"))
		return "/tmp/upm-cgroup";
	SKIP("no control groups: %s", strerror(errno));
}

static const char *path_of(const char *name, const char *file)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s/%s", root(), name, file);
	return path;
}

void cgroup_new(const char *name, const char *parent)
{
	int ret = file_write(path_of(parent, "cgroup.subtree_control"),
			     "+memory");

	if (ret)
		SKIP("no memory controller: %s", strerror(-ret));
	if (mkdir(path_of(name, ""), 0755) && errno != EEXIST)
		SKIP("mkdir of a control group: %s", strerror(errno));
	if (!file_exists(path_of(name, "memory.current")))
		SKIP("no memory controller in version 2");
}

void cgroup_enter(const char *name, pid_t pid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", pid);
	CHECK_EQ(cgroup_write(name, "cgroup.procs", text), 0);
}

int cgroup_write(const char *name, const char *file, const char *text)
{
	return file_write(path_of(name, file), text);
}

long long cgroup_number(const char *name, const char *file)
{
	return file_number(path_of(name, file));
}

long long cgroup_field(const char *name, const char *file, const char *word)
{
	return file_field(path_of(name, file), word);
}

int cgroup_remove(const char *name)
{
	int tries;

	/* The last process may be on its way out. */
	for (tries = 0; rmdir(path_of(name, "")); tries++) {
		if (errno != EBUSY || tries > 200)
			return -errno;
		sleep_ms(10);
	}
	return 0;
}
