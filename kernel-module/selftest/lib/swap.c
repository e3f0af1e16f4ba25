// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <sys/ioctl.h>
#include <linux/fs.h>
#include <sys/swap.h>
#include <unistd.h>

#include "check.h"
#include "files.h"
#include "swap.h"

static const char *device;

/* What mkswap writes: version, last page, no bad pages, and a magic word. */
static bool make_swap(const char *path)
{
	char header[PAGE] = { 0 };
	__u32 *words = (void *)(header + 1024);
	__u64 bytes = 0;
	bool ok;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return false;
	ok = ioctl(fd, BLKGETSIZE64, &bytes) == 0 && bytes > 16 * PAGE;
	words[0] = 1;
	words[1] = bytes / PAGE - 1;
	memcpy(header + PAGE - 10, "SWAPSPACE2", 10);
	ok = ok && pwrite(fd, header, PAGE, 0) == (ssize_t)PAGE &&
	     fsync(fd) == 0;
	close(fd);
	return ok;
}

void swap_begin(void)
{
	static const char * const devices[] = { "/dev/zram0", "/dev/ram0" };
	size_t i;

	/* Off, if a test before has failed with it on. */
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		swapoff(devices[i]);
	file_write("/sys/block/zram0/reset", "1");
	file_write("/sys/block/zram0/disksize", "128M");
	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		if (make_swap(devices[i]) && swapon(devices[i], 0) == 0) {
			device = devices[i];
			return;
		}
	}
	SKIP("no zram and no RAM disk to swap to");
}

void swap_end(void)
{
	CHECK_SYS(swapoff(device) == 0);
	file_write("/sys/block/zram0/reset", "1");
}
