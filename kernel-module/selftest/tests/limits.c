// SPDX-License-Identifier: GPL-2.0-only
/* Limits: what is beyond them is counted, and left as it was. */
#include <stdio.h>

#include "domain.h"
#include "files.h"
#include "suite.h"

#define PAGES	64
#define LIMIT	10

static struct area a, b;

static void setup(void)
{
	equal_pair(&a, &b, PAGES);
}

static void set(const char *name, unsigned int value)
{
	char text[16];
	int ret;

	snprintf(text, sizeof(text), "%u", value);
	ret = upm_param_set(name, text);
	if (ret)
		FAIL("%s: %s", name, strerror(-ret));
}

/* By themselves, domains may have half of what there is. */
static void set_only(const char *name)
{
	set("max_stable_pages_per_domain", 1000000);
	set("max_candidates_per_domain", 1000000);
	set(name, LIMIT);
}

static void stable_limit(const char *name)
{
	struct upm_counts counts;

	setup();
	set_only(name);
	CHECK_EQ(area_merge(&a).recorded, PAGES);
	counts = area_merge(&b);
	counts_note("limited", &counts);
	CHECK_EQ(counts.merged, LIMIT);
	CHECK_EQ(counts.skipped[UPM_SKIP_LIMIT], PAGES - LIMIT);
	CHECK_EQ(upm_stat("stable_pages"), LIMIT);
	CHECK(upm_stat("skipped/limit") >= PAGES - LIMIT);
	area_check(&a);
	area_check(&b);
	/* The candidates are remembered still. */
	CHECK_EQ(area_query(&a).recorded, PAGES - LIMIT);

	set(name, 0);
	area_settle(&b);
	expect_shared(&a, &b, 2);
	area_check(&b);

	/* Below what there is: nothing new, and nothing undone. */
	set(name, 1);
	CHECK_EQ(area_merge(&a).shared, PAGES);
	expect_shared(&a, &b, 2);
}

static void stable_pages(void)
{
	stable_limit("max_stable_pages");
}

static void stable_pages_of_domain(void)
{
	stable_limit("max_stable_pages_per_domain");
}

static void candidate_limit(const char *name)
{
	struct upm_counts counts;

	setup();
	set_only(name);
	counts = area_merge(&a);
	counts_note("limited", &counts);
	CHECK_EQ(counts.recorded, LIMIT);
	CHECK_EQ(counts.skipped[UPM_SKIP_LIMIT], PAGES - LIMIT);
	CHECK_EQ(upm_stat("candidates"), LIMIT);
	expect_own(&a);
	counts = area_merge(&b);
	counts_note("the other", &counts);
	area_check(&a);
	area_check(&b);
	set(name, 0);
	area_merge(&a);
	area_settle(&b);
	area_settle(&a);
	expect_shared(&a, &b, 2);
}

static void candidates(void)
{
	candidate_limit("max_candidates");
}

static void candidates_of_domain(void)
{
	candidate_limit("max_candidates_per_domain");
}

static void half_for_a_domain(void)
{
	setup();
	set("max_stable_pages", 2 * LIMIT);
	set("max_candidates", PAGES);
	CHECK_EQ(area_merge(&a).recorded, PAGES / 2);
	CHECK_EQ(area_merge(&b).merged, LIMIT);
	CHECK_EQ(upm_stat("stable_pages"), LIMIT);
	area_check(&a);
	area_check(&b);
}

/* One domain at its limit does not touch another. */
static void domains_are_apart(void)
{
	struct peer *peers[4];
	struct area c, d;
	int i;

	for (i = 0; i < 4; i++)
		peers[i] = peer_new_user(1000 + i / 2);
	a = area_new(peers[0], PAGES, seed_new());
	b = area_new(peers[1], PAGES, a.seed);
	c = area_new(peers[2], PAGES, a.seed);
	d = area_new(peers[3], PAGES, a.seed);
	set("max_stable_pages_per_domain", LIMIT);
	area_merge(&a);
	CHECK_EQ(area_merge(&b).skipped[UPM_SKIP_LIMIT], PAGES - LIMIT);
	area_merge(&c);
	CHECK_EQ(area_merge(&d).merged, LIMIT);
	CHECK_EQ(upm_stat("stable_pages"), 2 * LIMIT);
	set("max_candidates_per_domain", 1);
	set("max_stable_pages_per_domain", 0);
	area_settle(&b);
	area_settle(&d);
	expect_shared(&a, &b, 2);
	expect_shared(&c, &d, 2);
}

/* Zero pages cost nothing. */
static void zeros_are_free(void)
{
	char *addr = pages_map(PAGES);

	memset(addr, 1, PAGES * PAGE);
	memset(addr, 0, PAGES * PAGE);
	set("max_stable_pages", 1);
	set("max_candidates", 1);
	CHECK_EQ(upm_merge(addr, PAGES).zero, PAGES);
}

static void nonsense_is_refused(void)
{
	CHECK(upm_param_set("max_stable_pages", "-1x") < 0);
	CHECK(upm_param_set("max_candidates", "many") < 0);
	/* What is chosen when the module is loaded stays. */
	CHECK(upm_param_set("hash_bits", "4") < 0);
	CHECK(upm_param_set("madvise", "0") < 0);
	CHECK_EQ(file_number(PARAM_DIR "hash_bits"), 64);
}

static const struct test tests[] = {
	{ "stable_pages", stable_pages },
	{ "stable_pages_of_domain", stable_pages_of_domain },
	{ "candidates", candidates },
	{ "candidates_of_domain", candidates_of_domain },
	{ "half_for_a_domain", half_for_a_domain },
	{ "domains_are_apart", domains_are_apart },
	{ "zeros_are_free", zeros_are_free },
	{ "nonsense_is_refused", nonsense_is_refused },
	{ }
};

const struct suite limits_suite = { "limit", tests };
