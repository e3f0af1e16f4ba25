// SPDX-License-Identifier: GPL-2.0-only
/* Who merges with whom when nobody has said anything: user and pid namespace. */
#include <unistd.h>

#include "domain.h"
#include "suite.h"

#define PAGES	16
#define ALICE	1000
#define BOB	1001

static struct area a, b;

static void setup(struct peer *one, struct peer *two)
{
	__u64 seed = seed_new();

	a = area_new(one, PAGES, seed);
	b = area_new(two, PAGES, seed);
}

static void expect_apart(void)
{
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	CHECK_EQ(area_merge(&b).recorded, PAGES);
	expect_own(&a);
	expect_own(&b);
}

static void expect_together(void)
{
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	CHECK_EQ(area_merge(&b).merged, PAGES);
	expect_shared(&a, &b, 2);
	area_check(&a);
	area_check(&b);
}

static void same_user(void)
{
	struct peer *one = peer_new_user(ALICE);

	setup(one, peer_new_user(ALICE));
	expect_together();
}

static void two_users(void)
{
	struct peer *one = peer_new_user(ALICE);

	setup(one, peer_new_user(BOB));
	expect_apart();
	CHECK_EQ(domain_count(UPM_DOMAIN_DEFAULT), 2);
}

static void user_and_root(void)
{
	struct peer *one = peer_new();

	setup(one, peer_new_user(ALICE));
	expect_apart();
}

static void two_namespaces(void)
{
	struct peer *one = peer_new_namespace();

	setup(one, peer_new_namespace());
	expect_apart();
	CHECK_EQ(domain_count(UPM_DOMAIN_DEFAULT), 2);
}

static void inside_and_outside(void)
{
	struct peer *one = peer_new();

	setup(one, peer_new_namespace());
	expect_apart();
}

static void namespace_and_user(void)
{
	struct peer *one = peer_new_namespace();

	setup(one, peer_new_namespace());
	peer_set_uid(a.peer, ALICE);
	peer_set_uid(b.peer, ALICE);
	expect_apart();
}

/* Two processes in one namespace: the second is a child of the first there. */
static long job_two_inside(long pages, long seed, long c __unused)
{
	struct peer *inner = peer_new();
	struct area mine = area_new(NULL, pages, seed);
	struct area other = area_new(inner, pages, seed);

	CHECK_EQ(area_merge(&mine).recorded, pages);
	CHECK_EQ(area_merge(&other).merged, pages);
	area_check(&mine);
	area_check(&other);
	CHECK(page_is_merged(0, mine.addr));
	CHECK_EQ(pfn_mapcount(pfn_of(0, mine.addr)), 2);
	peer_exit(inner);
	return 0;
}

static void same_namespace(void)
{
	struct peer *peer = peer_new_namespace();

	peer_run(peer, job_two_inside, PAGES, seed_new(), 0);
}

/* What the operator sees of it. */
static void listed(void)
{
	struct peer *one = peer_new_user(ALICE);
	const struct upm_domain_entry *entry;
	struct upm_domain_entry entries[2] = { };
	unsigned int nr;

	setup(one, peer_new_user(ALICE));
	expect_together();
	CHECK_EQ(area_merge(&a).shared, PAGES);
	entry = domain_entry(UPM_DOMAIN_DEFAULT, 0);
	CHECK(entry);
	CHECK_EQ(entry->uid, ALICE);
	CHECK_EQ(entry->pid_ns, namespace_inode(one->pid));
	CHECK_EQ(entry->stable_pages, PAGES);
	CHECK_EQ(entry->candidates, 0);
	CHECK(entry->domain >> 63);
	CHECK_EQ(entry->reserved, 0);

	/* How many there are can be asked without room for them. */
	nr = 0;
	CHECK_EQ(upm_domains(NULL, &nr), 0);
	CHECK_EQ(nr, 1);
	nr = 2;
	CHECK_EQ(upm_domains(entries, &nr), 0);
	CHECK_EQ(nr, 1);
	CHECK_EQ(entries[0].uid, ALICE);
	CHECK_EQ(entries[1].kind, 0);
}

/* They go with the last page in them. */
static void gone(void)
{
	struct peer *one = peer_new_user(ALICE);
	double end = now() + 20 * test_slow();

	setup(one, peer_new_user(BOB));
	expect_apart();
	peer_exit(a.peer);
	peer_exit(b.peer);
	while (domain_count(UPM_DOMAIN_DEFAULT) && now() < end)
		sleep_ms(20);
	CHECK_EQ(domain_count(UPM_DOMAIN_DEFAULT), 0);
	CHECK_EQ(upm_stat("domains"), 0);
}

/* A process that takes another user's ids leaves what it has, takes nothing. */
static void user_changes(void)
{
	struct peer *one = peer_new(), *two = peer_new();
	struct area c;

	setup(one, two);
	expect_together();
	c = area_new(one, PAGES, seed_new());
	CHECK_EQ(area_merge(&c).recorded, PAGES);
	peer_set_uid(one, ALICE);
	CHECK_EQ(area_merge(&a).shared, PAGES);
	CHECK_EQ(area_merge(&c).recorded, PAGES);
	/* It is not found by those it has left any more. */
	b = area_new(two, PAGES, c.seed);
	CHECK_EQ(area_merge(&b).recorded, PAGES);
	expect_own(&c);
	area_check(&a);
}

static long job_set_euid(long uid, long b __unused, long c __unused)
{
	return setresuid(-1, uid, -1) ? -errno : 0;
}

static long job_set_suid(long uid, long b __unused, long c __unused)
{
	return setresuid(-1, -1, uid) ? -errno : 0;
}

/* Halfway between two users it belongs to neither. */
static void two_ids_at_once(void)
{
	struct peer *one = peer_new(), *two = peer_new();

	setup(one, two);
	CHECK_EQ(peer_run(one, job_set_euid, ALICE, 0, 0), 0);
	CHECK_EQ(area_call(&a, UPM_IOC_MERGE, 0, 0, NULL), -EPERM);
	CHECK_EQ(peer_run(two, job_set_suid, ALICE, 0, 0), 0);
	CHECK_EQ(area_call(&b, UPM_IOC_MERGE, 0, 0, NULL), -EPERM);
	if (upm_has(UPM_FEATURE_MADVISE))
		CHECK_EQ(area_advise(&b, MADV_UPM_MERGE), -EPERM);
	expect_own(&a);
	expect_own(&b);
}

static const struct test tests[] = {
	{ "same_user", same_user },
	{ "two_users", two_users },
	{ "user_and_root", user_and_root },
	{ "two_namespaces", two_namespaces },
	{ "inside_and_outside", inside_and_outside },
	{ "namespace_and_user", namespace_and_user },
	{ "same_namespace", same_namespace },
	{ "listed", listed },
	{ "gone", gone },
	{ "user_changes", user_changes },
	{ "two_ids_at_once", two_ids_at_once },
	{ }
};

const struct suite domains_suite = { "domain", tests };
