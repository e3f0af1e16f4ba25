// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "processes.h"

#define DIE_SECONDS	15

static pid_t parent_of(pid_t pid)
{
	char path[64], text[512], *end;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (file_read(path, text, sizeof(text)) <= 0)
		return 0;
	end = strrchr(text, ')');
	return end ? strtol(end + 4, NULL, 10) : 0;
}

static bool is_ours(pid_t pid)
{
	pid_t me = getpid();

	while (pid > 1 && pid != me)
		pid = parent_of(pid);
	return pid == me;
}

static void run_for_children(void (*run)(pid_t pid))
{
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	pid_t pid;

	for (entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
		pid = atoi(entry->d_name);
		if (pid > 1 && pid != getpid() && is_ours(pid))
			run(pid);
	}
	if (dir)
		closedir(dir);
}

static void note_one(pid_t pid)
{
	static const char * const names[] = { "wchan", "syscall", "stack" };
	char path[64], text[2048], *line, *rest;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, names[i]);
		if (file_read(path, text, sizeof(text)) <= 0)
			continue;
		rest = text;
		while ((line = strsep(&rest, "\n")))
			if (*line)
				note("  %d %s: %s", pid, names[i], line);
	}
}

static void kill_one(pid_t pid)
{
	kill(pid, SIGKILL);
}

void processes_note(void)
{
	run_for_children(note_one);
}

bool processes_end(void)
{
	double end = now() + DIE_SECONDS * test_slow();
	pid_t pid;

	for (;;) {
		run_for_children(kill_one);
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0)
			return true;
		if (now() > end)
			break;
		sleep_ms(5);
	}
	note("processes that do not die:");
	processes_note();
	return false;
}
