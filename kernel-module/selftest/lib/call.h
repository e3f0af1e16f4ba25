/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's ioctls. Whoever calls through here has the counts of the reply
 * checked: they must add up, and their unused places must be 0.
 */
#ifndef SELFTEST_CALL_H
#define SELFTEST_CALL_H

#include <sys/types.h>

#include "check.h"
#include "../../uapi/upm.h"

/* /dev/upm, opened by the first caller and inherited by forked processes. */
int upm_fd(void);
void upm_fd_close(void);
/* -errno instead of a failed test. */
int upm_try_open(void);

/* A raw ioctl: 0 or -errno. */
int upm_ioctl(unsigned long nr, void *arg);

/* A call with everything given: 0 or -errno. A good reply must add up. */
int upm_call(unsigned long nr, struct upm_call *call);
/* One range of process @pidfd (-1: this one): 0 or -errno. */
int upm_call_range(unsigned long nr, int pidfd, unsigned int flags,
		   const void *addr, size_t len, struct upm_counts *counts);

/* The same for calls that must succeed, on the memory of this process. */
struct upm_counts upm_merge(const void *addr, size_t pages);
struct upm_counts upm_merge_split(const void *addr, size_t pages);
struct upm_counts upm_unmerge(const void *addr, size_t pages);
struct upm_counts upm_query(const void *addr, size_t pages);

unsigned long long skipped_sum(const struct upm_counts *counts);
/* Examined pages are the sum of what became of them; else the test fails. */
void check_counts(const struct upm_counts *counts);
void counts_note(const char *what, const struct upm_counts *counts);
const char *skip_name(unsigned int reason);

struct upm_info upm_info(void);
bool upm_has(unsigned int feature);
int upm_bind(int pidfd, unsigned long long domain);
int upm_unbind(int pidfd);
int upm_domains(struct upm_domain_entry *entries, unsigned int *nr);
int upm_process(int pidfd, struct upm_process *process);

int pidfd_of(pid_t pid);

#endif /* SELFTEST_CALL_H */
