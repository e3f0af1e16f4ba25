// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "int80.h"

static sigjmp_buf missing;

int int80(int nr, unsigned int a, unsigned int b, unsigned int c)
{
	int ret;

	asm volatile("int $0x80"
		     : "=a" (ret)
		     : "a" (nr), "b" (a), "c" (b), "d" (c)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static void on_fault(int sig __unused)
{
	siglongjmp(missing, 1);
}

void int80_need(void)
{
	struct sigaction action = { .sa_handler = on_fault };

	CHECK_SYS(sigaction(SIGSEGV, &action, NULL) == 0);
	if (sigsetjmp(missing, 1) || int80(INT80_GETPID, 0, 0, 0) != getpid())
		SKIP("the kernel has no 32-bit system calls");
	signal(SIGSEGV, SIG_DFL);
}

char *int80_map(size_t pages)
{
	char *addr = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	CHECK_SYS(addr != MAP_FAILED);
	madvise(addr, pages * PAGE, MADV_NOHUGEPAGE);
	return addr;
}
