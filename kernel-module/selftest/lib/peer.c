// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"

/* What goes through the pipe. */
struct job {
	long (*run)(long a, long b, long c);
	long a, b, c;
};

static void *shared;

static void serve(int in, int out)
{
	struct job job;
	long ret;

	while (read(in, &job, sizeof(job)) == sizeof(job)) {
		if (!job.run)
			_exit(0);
		ret = job.run(job.a, job.b, job.c);
		if (write(out, &ret, sizeof(ret)) != sizeof(ret))
			break;
	}
	_exit(0);
}

static void *shared_page(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK_SYS(page != MAP_FAILED);
	return page;
}

struct peer *peer_new_in(unsigned long clone_flags)
{
	struct peer *peer = calloc(1, sizeof(*peer));
	int to[2], from[2];

	CHECK(peer);
	CHECK_SYS(pipe(to) == 0);
	CHECK_SYS(pipe(from) == 0);
	peer->shared = shared_page();
	upm_fd();	/* to be inherited */
	peer->pid = syscall(SYS_clone, clone_flags | SIGCHLD, 0, 0, 0, 0);
	CHECK_SYS(peer->pid >= 0);
	if (!peer->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(to[1]);
		close(from[0]);
		shared = peer->shared;
		serve(to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	peer->to = to[1];
	peer->from = from[0];
	return peer;
}

struct peer *peer_new(void)
{
	return peer_new_in(0);
}

void peer_start(struct peer *peer, long (*run)(long a, long b, long c),
		long a, long b, long c)
{
	struct job job = { run, a, b, c };

	if (write(peer->to, &job, sizeof(job)) != sizeof(job))
		FAIL("process %d does not listen: %s", peer->pid,
		     strerror(errno));
}

long peer_wait(struct peer *peer)
{
	long ret;

	if (read(peer->from, &ret, sizeof(ret)) != sizeof(ret))
		FAIL("process %d is gone, nothing came back", peer->pid);
	return ret;
}

long peer_run(struct peer *peer, long (*run)(long a, long b, long c),
	      long a, long b, long c)
{
	if (!peer)
		return run(a, b, c);
	peer_start(peer, run, a, b, c);
	return peer_wait(peer);
}

void *peer_shared(void)
{
	/* The test itself answers when it is asked to run something. */
	if (!shared)
		shared = shared_page();
	return shared;
}

void peer_forget(struct peer *peer)
{
	close(peer->to);
	close(peer->from);
	munmap(peer->shared, PAGE);
	free(peer);
}

static void reap(struct peer *peer, int status)
{
	int got;

	CHECK_SYS(waitpid(peer->pid, &got, 0) == peer->pid);
	CHECK_EQ(got, status);
	peer_forget(peer);
}

void peer_exit(struct peer *peer)
{
	peer_start(peer, NULL, 0, 0, 0);
	reap(peer, 0);
}

void peer_kill(struct peer *peer)
{
	CHECK_SYS(kill(peer->pid, SIGKILL) == 0);
	reap(peer, SIGKILL);
}
