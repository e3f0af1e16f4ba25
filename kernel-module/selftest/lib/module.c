// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files.h"
#include "module.h"

const char *module_path(void)
{
	const char *path = getenv("UPM_KO");

	return path ? path : "/lib/upm/upm.ko";
}

bool module_loaded(void)
{
	char state[16];

	return file_read("/sys/module/upm/initstate", state,
			 sizeof(state)) > 0 &&
	       !strncmp(state, "live", 4);
}

int module_load(const char *params)
{
	int ret = 0;
	int fd;

	if (module_loaded())
		return -EALREADY;
	fd = open(module_path(), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, params, 0))
		ret = -errno;
	close(fd);
	return ret;
}

int module_unload_once(void)
{
	return syscall(SYS_delete_module, "upm", O_NONBLOCK) ? -errno : 0;
}

int module_unload(unsigned int seconds)
{
	double end = now() + seconds;
	int ret;

	for (;;) {
		ret = module_unload_once();
		if ((ret != -EAGAIN && ret != -EBUSY) || now() > end)
			return ret;
		sleep_ms(10);
	}
}
