// SPDX-License-Identifier: GPL-2.0-only
/* Advice on other processes, by pidfd: who may, and what is said to the rest. */
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "domain.h"
#include "suite.h"

#define PAGES	16
#define ALICE	1000
#define BOB	1001

static void need_pidfd(void)
{
	if (!upm_has(UPM_FEATURE_PIDFD))
		SKIP("the module cannot advise other processes here");
}

static void self(void)
{
	struct area a = area_new(NULL, PAGES, seed_new());
	struct area b = area_new(NULL, PAGES, a.seed);
	struct upm_counts counts;

	need_pidfd();
	CHECK_EQ(area_call_remote(&a, UPM_IOC_MERGE, 0, &counts), 0);
	CHECK_EQ(counts.recorded, PAGES);
	CHECK_EQ(area_query(&a).recorded, PAGES);
	CHECK_EQ(area_merge(&b).merged, PAGES);
	expect_shared(&a, &b, 2);
}

/* All a manager needs: nobody advises himself. */
static void others(void)
{
	struct peer *one = peer_new(), *two = peer_new();
	struct area a = area_new(one, PAGES, seed_new());
	struct area b = area_new(two, PAGES, a.seed);
	struct upm_process process;
	struct upm_counts counts;
	int fd;

	need_pidfd();
	CHECK_EQ(area_call_remote(&a, UPM_IOC_MERGE, 0, &counts), 0);
	CHECK_EQ(counts.recorded, PAGES);
	CHECK_EQ(area_call_remote(&b, UPM_IOC_MERGE, 0, &counts), 0);
	CHECK_EQ(counts.merged, PAGES);
	CHECK_EQ(counts.merged_peer, PAGES);
	expect_shared(&a, &b, 2);
	area_check(&a);
	area_check(&b);
	CHECK_EQ(area_call_remote(&a, UPM_IOC_QUERY, 0, &counts), 0);
	CHECK_EQ(counts.shared, PAGES);
	fd = pidfd_of(one->pid);
	CHECK_EQ(upm_process(fd, &process), 0);
	CHECK_EQ(process.calls, 1);
	CHECK_EQ(process.peer_merged, PAGES);
	close(fd);
	CHECK_EQ(area_call_remote(&a, UPM_IOC_UNMERGE, 0, &counts), 0);
	CHECK_EQ(counts.unmerged, PAGES);
	expect_own(&a);
	area_check(&a);
}

/* What a peer gets for a call on the memory of another process. */
struct remote {
	pid_t pid;
	char *addr;
	int merge, unmerge, query, process;
};

static long job_remote(long a __unused, long b __unused, long c __unused)
{
	struct remote *r = peer_shared();
	struct upm_process process;
	int fd = pidfd_of(r->pid);

	r->query = upm_call_range(UPM_IOC_QUERY, fd, 0, r->addr, PAGE, NULL);
	r->process = upm_process(fd, &process);
	r->merge = upm_call_range(UPM_IOC_MERGE, fd, 0, r->addr, PAGE, NULL);
	r->unmerge = upm_call_range(UPM_IOC_UNMERGE, fd, 0, r->addr, PAGE,
				    NULL);
	close(fd);
	return 0;
}

static struct remote *ask(struct peer *who, const struct area *area)
{
	struct remote *r = who->shared;

	r->pid = area->peer->pid;
	r->addr = area->addr;
	peer_run(who, job_remote, 0, 0, 0);
	note("merge: %s, unmerge: %s, query: %s, process: %s",
	     strerror(-r->merge), strerror(-r->unmerge), strerror(-r->query),
	     strerror(-r->process));
	return r;
}

static bool is_denied(int ret)
{
	return ret == -EPERM || ret == -EACCES;
}

static void same_user(void)
{
	struct peer *one = peer_new_user(ALICE), *two = peer_new_user(ALICE);
	struct area a = area_new(one, PAGES, seed_new());
	struct remote *r;

	need_pidfd();
	r = ask(two, &a);
	CHECK_EQ(r->query, 0);
	CHECK_EQ(r->process, 0);
	CHECK_EQ(r->merge, 0);
	CHECK_EQ(r->unmerge, 0);
}

static void other_user(void)
{
	struct peer *one = peer_new_user(ALICE), *two = peer_new_user(BOB);
	struct area a = area_new(one, PAGES, seed_new());
	struct remote *r;

	need_pidfd();
	r = ask(two, &a);
	CHECK(is_denied(r->query));
	CHECK(is_denied(r->process));
	CHECK(is_denied(r->merge));
	CHECK(is_denied(r->unmerge));
	CHECK_EQ(upm_stat("candidates"), 0);
}

static long job_not_dumpable(long a __unused, long b __unused, long c __unused)
{
	return prctl(PR_SET_DUMPABLE, 0) ? -errno : 0;
}

/* A process that does not want to be looked at: same user or not. */
static void not_dumpable(void)
{
	struct peer *one = peer_new_user(ALICE), *two = peer_new_user(ALICE);
	struct area a = area_new(one, PAGES, seed_new());
	struct remote *r;

	need_pidfd();
	CHECK_EQ(peer_run(one, job_not_dumpable, 0, 0, 0), 0);
	r = ask(two, &a);
	CHECK(is_denied(r->query));
	CHECK(is_denied(r->merge));
	CHECK(is_denied(r->unmerge));
}

/* Keeps nothing but what is said. */
static long job_only_cap(long caps, long b __unused, long c __unused)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = { };

	data[0].effective = caps;
	data[0].permitted = caps;
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

/* As for process_madvise(): being allowed to look, and CAP_SYS_NICE. */
static void by_capability(void)
{
	struct peer *target = peer_new(), *nice = peer_new(), *not = peer_new();
	struct area a = area_new(target, PAGES, seed_new());
	struct remote *r;

	need_pidfd();
	/* Root without capabilities may not attach to root with all of them. */
	CHECK_EQ(peer_run(nice, job_only_cap, 1UL << CAP_SYS_NICE, 0, 0), 0);
	CHECK_EQ(peer_run(not, job_only_cap, 0, 0, 0), 0);
	r = ask(not, &a);
	CHECK(is_denied(r->merge));
	CHECK(is_denied(r->unmerge));
	r = ask(nice, &a);
	CHECK(is_denied(r->merge));

	/* Of one without any either, both may. */
	CHECK_EQ(peer_run(target, job_only_cap, 0, 0, 0), 0);
	r = ask(nice, &a);
	CHECK_EQ(r->merge, 0);
	r = ask(not, &a);
	CHECK_EQ(r->merge, 0);
}

static void dead_process(void)
{
	struct peer *peer = peer_new();
	struct area a = area_new(peer, PAGES, seed_new());
	struct upm_process process;
	int fd;

	need_pidfd();
	fd = pidfd_of(peer->pid);
	/* A zombie first, nothing at all then. */
	CHECK_SYS(kill(peer->pid, SIGKILL) == 0);
	CHECK_SYS(waitid(P_PID, peer->pid, NULL, WEXITED | WNOWAIT) == 0);
	CHECK_EQ(upm_call_range(UPM_IOC_MERGE, fd, 0, a.addr, PAGE, NULL),
		 -ESRCH);
	CHECK_EQ(upm_process(fd, &process), -ESRCH);
	CHECK_SYS(waitpid(peer->pid, NULL, 0) == peer->pid);
	CHECK_EQ(upm_call_range(UPM_IOC_MERGE, fd, 0, a.addr, PAGE, NULL),
		 -ESRCH);
	CHECK_EQ(upm_call_range(UPM_IOC_UNMERGE, fd, 0, a.addr, PAGE, NULL),
		 -ESRCH);
	CHECK_EQ(upm_call_range(UPM_IOC_QUERY, fd, 0, a.addr, PAGE, NULL),
		 -ESRCH);
	CHECK_EQ(upm_process(fd, &process), -ESRCH);
	CHECK_EQ(upm_bind(fd, 1), -ESRCH);
	close(fd);
}

static void not_a_pidfd(void)
{
	int files[] = {
		open("/dev/null", O_RDWR | O_CLOEXEC),
		open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		open("/proc/self", O_PATH | O_CLOEXEC),
		upm_fd(),
		12345,
		-2,
		-100,
		0x7fffffff,
		-0x7fffffff - 1,
	};
	struct upm_process process;
	char *addr = pages_map(1);
	size_t i;

	need_pidfd();
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		CHECK_EQ(upm_call_range(UPM_IOC_MERGE, files[i], 0, addr, PAGE,
					NULL), -EBADF);
		CHECK_EQ(upm_call_range(UPM_IOC_QUERY, files[i], 0, addr, PAGE,
					NULL), -EBADF);
		CHECK_EQ(upm_process(files[i], &process), -EBADF);
		CHECK_EQ(upm_bind(files[i], 1), -EBADF);
	}
}

static void kernel_thread(void)
{
	int fd = syscall(SYS_pidfd_open, 2, 0);
	char *addr = pages_map(1);
	int ret;

	need_pidfd();
	if (fd < 0)
		SKIP("no kernel threads to be seen");
	ret = upm_call_range(UPM_IOC_MERGE, fd, 0, addr, PAGE, NULL);
	note("a kernel thread: %s", strerror(-ret));
	CHECK(ret < 0);
	CHECK(upm_call_range(UPM_IOC_QUERY, fd, 0, addr, PAGE, NULL) < 0);
	close(fd);
}

static long job_exec_true(long a __unused, long b __unused, long c __unused)
{
	char * const args[] = { "selftest", "--list", "no-such-test", NULL };

	execv("/proc/self/exe", args);
	return -errno;
}

/* The target execs again and again while it is advised. */
static void exec_meanwhile(void)
{
	double end = now() + test_seconds();
	struct peer *peer;
	struct area a;
	int fd, rounds = 0;

	need_pidfd();
	while (now() < end) {
		peer = peer_new();
		a = area_new(peer, 64, seed_new());
		fd = pidfd_of(peer->pid);
		peer_start(peer, job_exec_true, 0, 0, 0);
		while (waitpid(peer->pid, NULL, WNOHANG) != peer->pid) {
			int ret = upm_call_range(UPM_IOC_MERGE, fd, 0, a.addr,
						 64 * PAGE, NULL);

			if (ret && ret != -ESRCH)
				FAIL("%s", strerror(-ret));
		}
		close(fd);
		peer_forget(peer);
		rounds++;
	}
	note("%d processes", rounds);
}

static const struct test tests[] = {
	{ "self", self },
	{ "others", others },
	{ "same_user", same_user },
	{ "other_user", other_user },
	{ "not_dumpable", not_dumpable },
	{ "by_capability", by_capability },
	{ "dead_process", dead_process },
	{ "not_a_pidfd", not_a_pidfd },
	{ "kernel_thread", kernel_thread },
	{ "exec_meanwhile", exec_meanwhile },
	{ }
};

const struct suite pidfd_suite = { "pidfd", tests };
