// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the tests and reports in TAP. Each test is a process: when it ends, or
 * takes too long, everything it started is killed, the module must become empty,
 * and the kernel must not have complained.
 */
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "klog.h"
#include "module.h"
#include "processes.h"
#include "runner.h"

#define EMPTY_SECONDS	20
#define MODULE_SECONDS	60

static const char *loaded_params;

/* In a child: loading or unloading may hang where the module is at fault. */
static int in_child(int (*run)(const char *arg), const char *arg)
{
	struct pollfd poll_fd = { .events = POLLIN };
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(-run(arg));
	poll_fd.fd = syscall(SYS_pidfd_open, pid, 0);
	if (poll(&poll_fd, 1, MODULE_SECONDS * 1000 * test_slow()) != 1) {
		processes_note();
		kill(pid, SIGKILL);
		close(poll_fd.fd);
		return -ETIMEDOUT;
	}
	close(poll_fd.fd);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

static int do_unload(const char *arg __unused)
{
	return module_unload(MODULE_SECONDS / 2);
}

int runner_module(const char *params)
{
	int ret;

	if (module_loaded() && loaded_params && !strcmp(params, loaded_params))
		return 0;
	if (module_loaded()) {
		ret = in_child(do_unload, NULL);
		if (ret) {
			note("the module does not unload: %s", strerror(-ret));
			return ret;
		}
	}
	ret = in_child(module_load, params);
	loaded_params = ret ? NULL : params;
	return ret;
}

int runner_unload(void)
{
	loaded_params = NULL;
	return module_loaded() ? in_child(do_unload, NULL) : 0;
}

static void reset_limits(void)
{
	static const char * const names[] = {
		"max_stable_pages", "max_candidates",
		"max_stable_pages_per_domain", "max_candidates_per_domain",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		upm_param_set(names[i], "0");
}

/* Nobody is left who was advised, so nothing may be left of it. */
static bool module_is_empty(void)
{
	static const char * const names[] = {
		"stable_pages", "candidates", "processes"
	};
	double end = now() + EMPTY_SECONDS * test_slow();
	double half = now() + EMPTY_SECONDS * test_slow() / 2;
	bool drained = false;
	char path[64];
	long long left;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/upm/%s", names[i]);
		while ((left = file_number(path)) > 0 && now() < end) {
			if (now() > half && !drained) {
				drained = true;
				note("%s is %lld still: draining what CPUs hold",
				     names[i], left);
				lru_drain();
			}
			sleep_ms(20);
		}
		if (left) {
			note("leaked: %s is %lld", names[i], left);
			return false;
		}
	}
	return true;
}

static void child(const struct test *test)
{
	struct rlimit none = { 0, 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &none);
	test->run();
	exit(0);
}

static bool status_is_good(int status)
{
	if (WIFSIGNALED(status)) {
		note("ended by signal %d (%s)", WTERMSIG(status),
		     strsignal(WTERMSIG(status)));
		return false;
	}
	return WEXITSTATUS(status) == 0 && !report_get()->failed;
}

static bool run_process(const struct test *test)
{
	unsigned int seconds = (test->seconds ?: 120) * test_slow();
	struct pollfd poll_fd = { .events = POLLIN };
	bool good = true;
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0) {
		note("fork: %s", strerror(errno));
		return false;
	}
	if (!pid)
		child(test);
	poll_fd.fd = syscall(SYS_pidfd_open, pid, 0);
	if (poll(&poll_fd, 1, seconds * 1000) != 1) {
		note("took longer than %u s", seconds);
		processes_note();
		kill(pid, SIGKILL);
		good = false;
		poll(&poll_fd, 1, 10000);
	}
	close(poll_fd.fd);
	if (waitpid(pid, &status, WNOHANG) == pid)
		good = status_is_good(status) && good;
	return processes_end() && good;
}

enum outcome runner_test(const struct test *test)
{
	bool good, skipped;
	int ret;

	klog_begin();
	report_clear();
	ret = runner_module(test->params ?: "");
	if (ret) {
		note("%s with parameters \"%s\": %s", module_path(),
		     test->params ?: "", strerror(-ret));
		return TEST_FAILED;
	}
	good = run_process(test);
	skipped = good && report_get()->skipped;
	ret = runner_module(test->params ?: "");
	if (ret) {
		note("the module is not there any more: %s", strerror(-ret));
		good = false;
	}
	reset_limits();
	if (!test->keeps && !ret && !module_is_empty()) {
		good = false;
		/* The next test is not to be blamed for it. */
		runner_unload();
	}
	if (klog_complained())
		good = false;
	if (!good)
		return TEST_FAILED;
	return skipped ? TEST_SKIPPED : TEST_PASSED;
}

bool runner_wants(const char *name, char **patterns, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		if (strstr(name, patterns[i]) || !fnmatch(patterns[i], name, 0))
			return true;
	return !nr;
}
