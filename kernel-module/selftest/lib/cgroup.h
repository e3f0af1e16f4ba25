/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory control groups, version 2. */
#ifndef SELFTEST_CGROUP_H
#define SELFTEST_CGROUP_H

#include <sys/types.h>

#include "check.h"

/* A group below the root with the memory controller; or the test is skipped. */
void cgroup_new(const char *name, const char *parent);
void cgroup_enter(const char *name, pid_t pid);
int cgroup_write(const char *name, const char *file, const char *text);
/* A file of one number, or the number behind a word in a file of several. */
long long cgroup_number(const char *name, const char *file);
long long cgroup_field(const char *name, const char *file, const char *word);
/* 0 or -errno. */
int cgroup_remove(const char *name);

#endif /* SELFTEST_CGROUP_H */
