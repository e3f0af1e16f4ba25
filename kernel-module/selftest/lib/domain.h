/* SPDX-License-Identifier: GPL-2.0-only */
/* Peers of other users and in other pid namespaces. */
#ifndef SELFTEST_DOMAIN_H
#define SELFTEST_DOMAIN_H

#include "area.h"

/* All ids of the peer become @uid, and it loses its capabilities by that. */
void peer_set_uid(struct peer *peer, unsigned int uid);
struct peer *peer_new_user(unsigned int uid);
/* The first process of a pid namespace of its own; or the test is skipped. */
struct peer *peer_new_namespace(void);
/* What the peer gets to know about its own binding. */
bool peer_is_bound(struct peer *peer);
int peer_bind(struct peer *peer, unsigned long long domain);
int peer_unbind(struct peer *peer);

/* The entry of a kind and, unless 0, number; or NULL. */
const struct upm_domain_entry *domain_entry(unsigned int kind,
					    unsigned long long domain);
unsigned int domain_count(unsigned int kind);
__u32 namespace_inode(pid_t pid);

#endif /* SELFTEST_DOMAIN_H */
