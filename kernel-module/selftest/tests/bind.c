// SPDX-License-Identifier: GPL-2.0-only
/* Domains by name: pid namespaces bound to one, and calls that say one. */
#include <unistd.h>

#include "domain.h"
#include "suite.h"

#define PAGES	16
#define NAME	4711ULL

static struct area a, b;

static void setup(void)
{
	struct peer *one = peer_new_namespace();
	struct peer *two = peer_new_namespace();
	__u64 seed = seed_new();

	a = area_new(one, PAGES, seed);
	b = area_new(two, PAGES, seed);
}

static void bind_both(void)
{
	CHECK_EQ(peer_bind(a.peer, NAME), 0);
	CHECK_EQ(peer_bind(b.peer, NAME), 0);
}

static void two_namespaces(void)
{
	const struct upm_domain_entry *entry;

	setup();
	CHECK(!peer_is_bound(a.peer));
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	bind_both();
	CHECK(peer_is_bound(a.peer));
	CHECK(peer_is_bound(b.peer));
	CHECK(!upm_info().bound);
	/* What was remembered in the old domain is not found in the new one. */
	CHECK_EQ(area_merge(&b).recorded, PAGES);
	CHECK_EQ(area_merge(&a).merged, PAGES);
	expect_shared(&a, &b, 2);
	area_check(&a);
	area_check(&b);

	entry = domain_entry(UPM_DOMAIN_NAMED, NAME);
	CHECK(entry);
	CHECK_EQ(entry->stable_pages, PAGES);
	CHECK_EQ(entry->uid, ~0U);
	CHECK_EQ(entry->pid_ns, 0);
	CHECK_EQ(domain_count(UPM_DOMAIN_BINDING), 2);
	entry = domain_entry(UPM_DOMAIN_BINDING, NAME);
	CHECK(entry);
	CHECK(entry->pid_ns == namespace_inode(a.peer->pid) ||
	      entry->pid_ns == namespace_inode(b.peer->pid));
}

static void two_users(void)
{
	setup();
	peer_set_uid(a.peer, 1000);
	peer_set_uid(b.peer, 1001);
	bind_both();
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	CHECK_EQ(area_merge(&b).merged, PAGES);
	expect_shared(&a, &b, 2);
}

static void other_names(void)
{
	setup();
	CHECK_EQ(peer_bind(a.peer, NAME), 0);
	CHECK_EQ(peer_bind(b.peer, NAME + 1), 0);
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	CHECK_EQ(area_merge(&b).recorded, PAGES);
	expect_own(&a);
	/* Bound anew, to the same one. */
	CHECK_EQ(peer_bind(b.peer, NAME), 0);
	CHECK_EQ(domain_count(UPM_DOMAIN_BINDING), 2);
	CHECK_EQ(area_merge(&b).merged, PAGES);
	expect_shared(&a, &b, 2);
}

static void unbound_again(void)
{
	struct area c, d;

	setup();
	bind_both();
	area_merge(&a);
	CHECK_EQ(area_merge(&b).merged, PAGES);
	CHECK_EQ(peer_unbind(b.peer), 0);
	CHECK_EQ(peer_unbind(b.peer), -ENOENT);
	CHECK(!peer_is_bound(b.peer));
	CHECK(peer_is_bound(a.peer));
	/* What is merged stays so; what comes after that does not. */
	expect_shared(&a, &b, 2);
	CHECK_EQ(area_merge(&b).shared, PAGES);
	c = area_new(a.peer, PAGES, seed_new());
	d = area_new(b.peer, PAGES, c.seed);
	CHECK_EQ(area_merge(&c).recorded, PAGES);
	CHECK_EQ(area_merge(&d).recorded, PAGES);
	expect_own(&c);
	expect_own(&d);
	CHECK_EQ(peer_unbind(a.peer), 0);
}

static void wait_for_no_bindings(void)
{
	double end = now() + 20 * test_slow();

	while (domain_count(UPM_DOMAIN_BINDING) && now() < end)
		sleep_ms(50);
	CHECK_EQ(domain_count(UPM_DOMAIN_BINDING), 0);
}

static void namespace_ends(void)
{
	setup();
	bind_both();
	area_merge(&a);
	area_settle(&b);
	peer_exit(a.peer);
	peer_kill(b.peer);
	wait_for_no_bindings();
}

/* A namespace that comes later must not be taken for one that is gone. */
static void not_inherited(void)
{
	struct peer *peer;
	int i;

	for (i = 0; i < 100; i++) {
		peer = peer_new_namespace();
		CHECK(!peer_is_bound(peer));
		CHECK_EQ(peer_bind(peer, NAME + i), 0);
		CHECK(peer_is_bound(peer));
		peer_exit(peer);
	}
	peer = peer_new_namespace();
	CHECK(!peer_is_bound(peer));
	peer_exit(peer);
	wait_for_no_bindings();
}

static long job_nested(long a __unused, long b __unused, long c __unused)
{
	struct peer *inner = peer_new_namespace();
	bool bound = peer_is_bound(inner);

	peer_exit(inner);
	return bound;
}

static void not_for_nested(void)
{
	setup();
	CHECK_EQ(peer_bind(a.peer, NAME), 0);
	CHECK_EQ(peer_run(a.peer, job_nested, 0, 0, 0), 0);
}

/* Not only the first process of the namespace. */
static long job_child_bound(long a __unused, long b __unused, long c __unused)
{
	struct peer *inner = peer_new();
	bool bound = peer_is_bound(inner);

	peer_exit(inner);
	return bound;
}

static void for_all_inside(void)
{
	setup();
	CHECK_EQ(peer_bind(a.peer, NAME), 0);
	CHECK_EQ(peer_run(a.peer, job_child_bound, 0, 0, 0), 1);
}

/* Advice from outside counts in the domain of the process, not the adviser. */
static void advised_from_outside(void)
{
	struct area mine;

	setup();
	bind_both();
	mine = area_new(NULL, PAGES, a.seed);
	CHECK_EQ(area_merge(&mine).recorded, PAGES);
	CHECK_EQ(area_call_remote(&a, UPM_IOC_MERGE, 0, NULL), 0);
	CHECK_EQ(area_call_remote(&b, UPM_IOC_MERGE, 0, NULL), 0);
	expect_shared(&a, &b, 2);
	expect_own(&mine);
}

static int call_in(const struct area *area, unsigned long long domain)
{
	return area_call(area, UPM_IOC_MERGE, UPM_CALL_DOMAIN, domain, NULL);
}

static void said_by_the_call(void)
{
	setup();
	CHECK_EQ(call_in(&a, NAME), 0);
	CHECK_EQ(call_in(&b, NAME + 1), 0);
	expect_own(&a);
	expect_own(&b);
	CHECK_EQ(call_in(&b, NAME), 0);
	expect_shared(&a, &b, 2);
	area_check(&a);
	/* Numbers of default domains are not to be named. */
	CHECK_EQ(call_in(&a, 0), -EINVAL);
	CHECK_EQ(call_in(&a, 1ULL << 63), -EINVAL);
	CHECK_EQ(call_in(&a, ~0ULL), -EINVAL);
	CHECK_EQ(call_in(&a, (1ULL << 63) - 1), 0);
	CHECK_EQ(area_call(&a, UPM_IOC_MERGE, 0, NAME, NULL), -EINVAL);
	CHECK_EQ(peer_bind(a.peer, 1ULL << 63), -EINVAL);
	CHECK_EQ(peer_bind(a.peer, 0), -EINVAL);
}

/* The call's domain goes before that of the namespace. */
static void said_and_bound(void)
{
	setup();
	bind_both();
	CHECK_EQ(call_in(&a, NAME + 1), 0);
	CHECK_EQ(area_merge(&b).recorded, PAGES);
	expect_own(&a);
	CHECK_EQ(area_merge(&a).merged, PAGES);
	expect_shared(&a, &b, 2);
}

static const struct test tests[] = {
	{ "two_namespaces", two_namespaces },
	{ "two_users", two_users },
	{ "other_names", other_names },
	{ "unbound_again", unbound_again },
	{ "namespace_ends", namespace_ends },
	{ "not_inherited", not_inherited },
	{ "not_for_nested", not_for_nested },
	{ "for_all_inside", for_all_inside },
	{ "advised_from_outside", advised_from_outside },
	{ "said_by_the_call", said_by_the_call },
	{ "said_and_bound", said_and_bound },
	{ }
};

const struct suite bind_suite = { "bind", tests };
