/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A peer is another process that does what the test tells it: it runs functions
 * of this program, one at a time, and sends their results back.
 *
 * Peers inherit all memory of whoever makes them. So make them first, and map
 * memory afterwards.
 */
#ifndef SELFTEST_PEER_H
#define SELFTEST_PEER_H

#include <sys/types.h>

#include "call.h"

/**
 * struct peer - another process
 * @pid:    its id, as the test sees it
 * @to:     pipe to it
 * @from:   pipe from it
 * @shared: memory both see, for results that do not fit into a long
 */
struct peer {
	pid_t pid;
	int to;
	int from;
	void *shared;
};

struct peer *peer_new(void);
/* With flags of clone(), such as CLONE_NEWPID. */
struct peer *peer_new_in(unsigned long clone_flags);

/* Runs @run in the peer, or here if @peer is NULL. */
long peer_run(struct peer *peer, long (*run)(long a, long b, long c),
	      long a, long b, long c);
/* The two halves of it, for a peer that shall work while the test does. */
void peer_start(struct peer *peer, long (*run)(long a, long b, long c),
		long a, long b, long c);
long peer_wait(struct peer *peer);
/* In a function that is run: memory shared with the one who asked for it. */
void *peer_shared(void);

/* Ends it by exit(0) or a signal, and reaps it. */
void peer_exit(struct peer *peer);
void peer_kill(struct peer *peer);
/* For one that has ended otherwise, and was reaped. */
void peer_forget(struct peer *peer);

#endif /* SELFTEST_PEER_H */
