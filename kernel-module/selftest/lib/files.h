/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading and writing the small files of /proc and /sys. */
#ifndef SELFTEST_FILES_H
#define SELFTEST_FILES_H

#include <stdbool.h>

#include "check.h"

/* Bytes read, the text ended by a 0, or -errno. */
long file_read(const char *path, char *text, size_t room);
/* 0 or -errno. */
int file_write(const char *path, const char *text);
bool file_exists(const char *path);
/* The number in a file; -1 if there is none. */
long long file_number(const char *path);
/* Number behind a word in a file such as /proc/meminfo; -1 if not there. */
long long file_field(const char *path, const char *word);

/* A number of /sys/kernel/upm; the test fails if it is missing. */
long long upm_stat(const char *name);
int upm_param_set(const char *name, const char *value);
#define PARAM_DIR	"/sys/module/upm/parameters/"

/* Whether a file system of a type is, or could be, mounted at a directory. */
bool mounted_at(const char *type, const char *dir);
bool mount_at(const char *type, const char *dir);

#endif /* SELFTEST_FILES_H */
