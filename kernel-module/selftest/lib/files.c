// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"

long file_read(const char *path, char *text, size_t room)
{
	size_t len = 0;
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (len + 1 < room) {
		n = read(fd, text + len, room - 1 - len);
		if (n <= 0)
			break;
		len += n;
	}
	if (n < 0)
		n = -errno;
	close(fd);
	text[len] = 0;
	return n < 0 ? n : (long)len;
}

int file_write(const char *path, const char *text)
{
	int ret = 0;
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

bool file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

long long file_number(const char *path)
{
	char text[64], *end;
	long long n;

	if (file_read(path, text, sizeof(text)) <= 0)
		return -1;
	n = strtoll(text, &end, 0);
	return end == text ? -1 : n;
}

long long file_field(const char *path, const char *word)
{
	static char text[256 << 10];
	size_t len = strlen(word);
	char *line;

	if (file_read(path, text, sizeof(text)) <= 0)
		return -1;
	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, word, len))
			continue;
		if (strchr(": \t", line[len]))
			return strtoll(line + len + 1, NULL, 0);
	}
	return -1;
}

long long upm_stat(const char *name)
{
	char path[128];
	long long n;

	snprintf(path, sizeof(path), "/sys/kernel/upm/%s", name);
	n = file_number(path);
	if (n < 0)
		FAIL("cannot read a number from %s", path);
	return n;
}

int upm_param_set(const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), PARAM_DIR "%s", name);
	return file_write(path, value);
}

bool mounted_at(const char *type, const char *dir)
{
	static char text[64 << 10];
	char want[256];

	snprintf(want, sizeof(want), " %s %s ", dir, type);
	return file_read("/proc/mounts", text, sizeof(text)) > 0 &&
	       strstr(text, want);
}

bool mount_at(const char *type, const char *dir)
{
	if (mounted_at(type, dir))
		return true;
	mkdir(dir, 0755);
	return mount(type, dir, type, 0, NULL) == 0;
}
