// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages taken out of service: softly, which must lose nothing, and as broken,
 * after which nobody may be given them.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files.h"
#include "suite.h"

#define PAGES	4

#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE	101
#endif

static struct area a, b;
static struct peer *late[2];

static void setup(void)
{
	__u64 seed = seed_new();
	struct peer *one = peer_new(), *two = peer_new();

	late[0] = peer_new();
	late[1] = peer_new();
	a = area_new(one, PAGES, seed);
	b = area_new(two, PAGES, seed);
	area_merge(&a);
	area_settle(&b);
	expect_shared(&a, &b, 2);
}

static sigjmp_buf bus_error;

static void on_bus_error(int sig __unused)
{
	siglongjmp(bus_error, 1);
}

static void catch_bus_errors(void)
{
	struct sigaction action = { .sa_handler = on_bus_error };

	sigaction(SIGBUS, &action, NULL);
}

/* Some kernels tell at once whose page has been taken. */
static long job_take_out(long addr, long advice, long c __unused)
{
	catch_bus_errors();
	if (sigsetjmp(bus_error, 1))
		return -EHWPOISON;
	return madvise((void *)addr, PAGE, advice) ? -errno : 0;
}

/* Of the first page, by the first process. */
static int take_out(int advice)
{
	int ret = peer_run(a.peer, job_take_out, (long)a.addr, advice, 0);

	if (ret == -EINVAL || ret == -EPERM)
		SKIP("the kernel has no memory failure handling");
	note("madvise(%d) on the first page: %s", advice,
	     ret ? strerror(-ret) : "done");
	return ret;
}

/* 1 if the page has its content, 0 if reading it is an error, -1 if neither. */
static long job_look(long addr, long number, long c __unused)
{
	catch_bus_errors();
	if (sigsetjmp(bus_error, 1))
		return 0;
	return page_holds((char *)addr, number) ? 1 : -1;
}

static void look(const struct area *area, const char *who)
{
	long seen = peer_run(area->peer, job_look, (long)area->addr, area->seed,
			     0);

	CHECK(seen >= 0);
	note("%s: %s", who, seen ? "content is there" : "SIGBUS");
}

/* Two more processes with the content of the page that was taken out. */
static void merge_again(__u64 bad)
{
	struct area c = area_new(late[0], PAGES, a.seed);
	struct area d = area_new(late[1], PAGES, a.seed);

	area_merge(&c);
	area_settle(&d);
	area_settle(&c);
	expect_shared(&c, &d, 0);
	CHECK(pfn_of(c.peer->pid, c.addr) != bad);
	area_check(&c);
	area_check(&d);
	area_write(&c, 0, 1);
	area_check(&d);
}

static void soft_offline(void)
{
	__u64 frame;

	setup();
	frame = pfn_of(a.peer->pid, a.addr);
	take_out(MADV_SOFT_OFFLINE);
	area_check(&a);
	area_check(&b);
	area_write(&a, 1, 1);
	area_check(&b);
	if (pfn_flags(frame) & KPF_HWPOISON)
		merge_again(frame);
}

static void soft_offline_candidate(void)
{
	struct area c;
	__u64 frame;

	setup();
	area_unmerge(&a);
	area_fill(&a, seed_new());
	area_merge(&a);
	frame = pfn_of(a.peer->pid, a.addr);
	take_out(MADV_SOFT_OFFLINE);
	area_check(&a);
	c = area_new(late[0], PAGES, a.seed);
	area_merge(&a);
	area_settle(&c);
	CHECK(pfn_of(c.peer->pid, c.addr) != frame ||
	      !(pfn_flags(frame) & KPF_HWPOISON));
	area_check(&c);
}

static void take_back(__u64 pfn)
{
	char text[32];
	int ret;

	snprintf(text, sizeof(text), "0x%llx", pfn);
	ret = file_write("/sys/kernel/debug/hwpoison/unpoison-pfn", text);
	note("page taken back into service: %s", ret ? strerror(-ret) : "yes");
}

static void broken(void)
{
	struct area rest;
	__u64 frame;

	setup();
	frame = pfn_of(a.peer->pid, a.addr);
	take_out(MADV_HWPOISON);
	look(&a, "who found it");
	look(&b, "the other sharer");
	rest = area_part(&b, 1, PAGES - 1);
	area_check(&rest);
	if (!(pfn_flags(frame) & KPF_HWPOISON))
		SKIP("the kernel did not mark the page");
	merge_again(frame);
	peer_kill(a.peer);
	peer_kill(b.peer);
	sleep_ms(500);
	merge_again(frame);
	take_back(frame);
}

/* By the file an operator uses, with the address of a frame. */
static void offline_by(const char *name)
{
	__u64 frame;
	char text[32];
	int ret;

	setup();
	frame = pfn_of(a.peer->pid, a.addr);
	snprintf(text, sizeof(text), "0x%llx", frame * PAGE);
	ret = file_write(name, text);
	if (ret == -ENOENT)
		SKIP("no %s", name);
	note("%s: %s", name, strerror(-ret));
	look(&a, "one");
	look(&b, "the other");
	if (pfn_flags(frame) & KPF_HWPOISON) {
		merge_again(frame);
		peer_kill(a.peer);
		peer_kill(b.peer);
		take_back(frame);
	}
}

static void soft_offline_by_address(void)
{
	offline_by("/sys/devices/system/memory/soft_offline_page");
}

static void hard_offline_by_address(void)
{
	offline_by("/sys/devices/system/memory/hard_offline_page");
}

/* Of a private page that is a candidate. */
static void broken_candidate(void)
{
	struct upm_counts counts;
	struct area c;
	__u64 frame;

	setup();
	area_unmerge(&a);
	area_fill(&a, seed_new());
	area_merge(&a);
	frame = pfn_of(a.peer->pid, a.addr);
	take_out(MADV_HWPOISON);
	c = area_new(late[0], PAGES, a.seed);
	counts = area_merge(&c);
	counts_note("an equal page has broken", &counts);
	area_check(&c);
	CHECK(pfn_of(c.peer->pid, c.addr) != frame);
	counts = area_merge(&a);
	counts_note("the process with the broken page", &counts);
	area_check(&c);
	look(&a, "the process with the broken page");
	peer_kill(a.peer);
	take_back(frame);
}

static const struct test tests[] = {
	{ "soft_offline", soft_offline },
	{ "soft_offline_candidate", soft_offline_candidate },
	{ "broken", broken },
	{ "broken_candidate", broken_candidate },
	{ "soft_offline_by_address", soft_offline_by_address },
	{ "hard_offline_by_address", hard_offline_by_address },
	{ }
};

const struct suite poison_suite = { "poison", tests };
