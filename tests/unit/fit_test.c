/*
 * What is said of readings whose truth is known: lines, limits, predictions and the recommendation.
 */
#include "service.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#define BLOCKS 8

static const uint32_t sizes[] = {100, 1000, 2000, 5000};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* A run whose readings a test fills; finish() sums it up. */
static struct service_config config;
static struct service_run run;

static void begin(void)
{
	const struct record_identity identity = {"service", "question", "method", "quick", 1};

	config = (struct service_config){.limit_ns = 100000, .blocks = BLOCKS};
	run = (struct service_run){.config = &config, .record = record_new(&identity)};
	run.readings = readings_new(sizes, SIZES, BLOCKS);
	for (size_t s = 0; s < SIZES; s++)
		for (size_t b = 0; b < BLOCKS; b++)
			*readings_base(run.readings, s, b) = 10e-6;
}

/* A little noise of which the median over blocks is none, alike in all modes of a block or not. */
static double noise(size_t block, size_t size, size_t salt)
{
	static const double steps[BLOCKS] = {-3, 2, -1, 3, 1, -2, 2.5, -2.5};

	return 0.02e-6 * steps[(block + 3 * size + salt) % BLOCKS];
}

/* fixed_s + each_s * N, looked up at random half of the way. */
static void fill(enum mode mode, double fixed_s, double each_s, size_t up_to)
{
	run.here |= UINT32_C(1) << mode;
	for (size_t s = 0; s < up_to; s++)
		for (size_t b = 0; b < BLOCKS; b++) {
			double whole_s = each_s * sizes[s], off_s = noise(b, s, mode);

			*readings_cost(run.readings, mode, TARGET_LAST, s, b) =
				fixed_s + whole_s + off_s;
			*readings_cost(run.readings, mode, TARGET_MISS, s, b) =
				fixed_s / 2 + whole_s - off_s;
			*readings_cost(run.readings, mode, TARGET_RANDOM, s, b) =
				fixed_s + whole_s / 2 + off_s;
		}
}

static json_t *finish(void)
{
	service_fit(&run);
	service_predict(&run);
	service_recommend(&run);
	json_t *document = record_finish(run.record, RECORD_COMPLETE, NULL);
	readings_free(run.readings);
	return document;
}

static const json_t *find_metric(const json_t *document, const char *name, enum mode mode)
{
	size_t i;
	json_t *metric;

	json_array_foreach(json_object_get(document, "metrics"), i, metric)
		if (!strcmp(json_string_value(json_object_get(metric, "name")), name) &&
			!strcmp(json_string_value(
					json_object_get(json_object_get(metric, "labels"), "mode")),
				mode_rows[mode].name))
			return metric;
	return NULL;
}

static double summary(const json_t *document, const char *name, enum mode mode, const char *key)
{
	const json_t *metric = find_metric(document, name, mode);

	cr_assert(metric, "no %s of %s", name, mode_rows[mode].name);
	return json_number_value(json_object_get(json_object_get(metric, "summary"), key));
}

static const json_t *find_fact(const json_t *document, const char *id)
{
	size_t i;
	json_t *fact;

	json_array_foreach(json_object_get(document, "facts"), i, fact)
		if (!strcmp(json_string_value(json_object_get(fact, "id")), id))
			return fact;
	return NULL;
}

static void expect_fact(const json_t *document, const char *id, const char *key, const char *part)
{
	const json_t *fact = find_fact(document, id);

	cr_assert(fact, "no fact %s", id);
	const char *text = json_string_value(json_object_get(fact, key));
	cr_expect(text && strstr(text, part), "%s of %s is \"%s\" without \"%s\"", key, id, text,
		part);
}

static void expect_no_words(const json_t *document, const char *id, const char *part)
{
	const char *text = json_string_value(json_object_get(find_fact(document, id), "why"));

	cr_expect_not(strstr(text, part), "\"%s\" is in \"%s\"", part, text);
}

#define ADVICE "service.recommendation"

Test(fit, finds_the_slope_and_where_it_leads)
{
	begin();
	fill(MODE_IPTABLES_LEGACY, 1.5e-6, 7e-9, SIZES);
	json_t *document = finish();
	const enum mode mode = MODE_IPTABLES_LEGACY;

	cr_expect_float_eq(summary(document, "slope.last", mode, "value"), 7e-9, 0.1e-9);
	cr_expect_lt(summary(document, "slope.miss", mode, "low"), 7e-9);
	cr_expect_gt(summary(document, "slope.miss", mode, "high"), 7e-9);
	cr_expect_gt(summary(document, "fit.last", mode, "value"), 0.999);
	/* (100 us - 1.5 us) / 7 ns, beyond what was measured. */
	cr_expect_float_eq(summary(document, "reach.limit", mode, "value"), 14071, 100);
	expect_fact(document, "service.reach.iptables-legacy", "value", "at about 14,1");
	expect_fact(document, "service.reach.iptables-legacy", "why",
		"No more than 5,000 Services were measured: beyond, it holds if");
	/* A tenth of what it takes with few, 10 us + 1.5 us, / 7 ns. */
	cr_expect_float_eq(summary(document, "reach.tenth", mode, "value"), 164, 5);
	json_decref(document);
}

Test(fit, a_level_mode_reaches_nothing_and_the_fact_claims_no_more_than_was_measured)
{
	begin();
	fill(MODE_NFTABLES, 1.2e-6, 0, SIZES - 1);
	json_t *document = finish();

	cr_expect_leq(summary(document, "slope.last", MODE_NFTABLES, "low"), 0);
	cr_expect_null(find_metric(document, "reach.limit", MODE_NFTABLES));
	cr_expect_null(find_metric(document, "slope.last", MODE_IPVS));
	cr_expect_null(find_fact(document, "service.reach.ipvs"));
	expect_fact(
		document, "service.reach.nftables", "value", "not reached up to 2,000 Services");
	json_decref(document);
}

Test(fit, a_line_is_not_followed_further_than_ten_times_what_was_measured)
{
	begin();
	fill(MODE_NFTABLES, 1e-6, 0.5e-9, SIZES);
	json_t *document = finish();

	cr_expect_gt(summary(document, "slope.last", MODE_NFTABLES, "low"), 0);
	cr_expect_null(find_metric(document, "reach.limit", MODE_NFTABLES), "198,000 of 50,000");
	expect_fact(
		document, "service.reach.nftables", "value", "not reached up to 5,000 Services");
	json_decref(document);
}

Test(fit, a_fixed_cost_beyond_the_limit_is_said)
{
	begin();
	fill(MODE_IPVS, 130e-6, 0, SIZES);
	json_t *document = finish();

	expect_fact(document, "service.reach.ipvs", "value", "exceeded at 5,000 Services");
	json_decref(document);
}

Test(fit, two_sizes_make_a_slope_but_prove_no_line)
{
	begin();
	fill(MODE_IPTABLES_NFT, 1e-6, 12e-9, 2);
	json_t *document = finish();

	cr_expect_float_eq(
		summary(document, "slope.last", MODE_IPTABLES_NFT, "value"), 12e-9, 1e-9);
	cr_expect_null(find_metric(document, "fit.last", MODE_IPTABLES_NFT));
	json_decref(document);
}

Test(fit, one_size_makes_nothing)
{
	begin();
	fill(MODE_IPTABLES_NFT, 1e-6, 12e-9, 1);
	json_t *document = finish();

	cr_expect_null(find_metric(document, "slope.last", MODE_IPTABLES_NFT));
	expect_fact(
		document, "service.reach.iptables-nft", "value", "not reached up to 100 Services");
	json_decref(document);
}

Test(predict, needs_the_number_of_services)
{
	begin();
	config.connections_per_s = 1000;
	fill(MODE_NFTABLES, 1e-6, 0, SIZES);
	json_t *document = finish();

	cr_expect_null(find_metric(document, "predicted.delay", MODE_NFTABLES));
	cr_expect_null(json_object_get(document, "marks"));
	const json_t *skipped = json_array_get(json_object_get(document, "skipped"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(skipped, "what")), "predicted.cpu");
	expect_fact(document, ADVICE, "title", "at 5,000 Services");
	json_decref(document);
}

Test(predict, tells_cpu_time_and_delay_at_the_users_own_number)
{
	begin();
	config.services = 2000;
	config.connections_per_s = 10000;
	fill(MODE_IPTABLES_LEGACY, 2e-6, 7e-9, SIZES);
	for (size_t b = 0; b < BLOCKS; b++) {
		*readings_connection(run.readings, MODE_NONE, 2, b) = 20e-6 + noise(b, 2, 0);
		*readings_connection(run.readings, MODE_IPTABLES_LEGACY, 2, b) =
			32e-6 + noise(b, 2, 0);
	}
	json_t *document = finish();

	cr_expect_float_eq(
		summary(document, "predicted.cpu", MODE_IPTABLES_LEGACY, "value"), 0.12, 1e-6);
	cr_expect_float_eq(
		summary(document, "predicted.delay", MODE_IPTABLES_LEGACY, "value"), 9e-6, 0.1e-6);
	const json_t *mark = json_array_get(json_object_get(document, "marks"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(mark, "text")), "your 2,000 Services");
	expect_fact(document, ADVICE, "title", "at 2,000 Services");
	expect_fact(document, ADVICE, "why", "No other mode was measured at so many Services");
	expect_fact(document, ADVICE, "why",
		"For 10,000 connections a second, the share of a CPU that this takes is 12.0 %");
	json_decref(document);
}

Test(recommend, the_mode_that_costs_least)
{
	begin();
	fill(MODE_IPTABLES_LEGACY, 2e-6, 7e-9, SIZES);
	fill(MODE_NFTABLES, 1.2e-6, 0, SIZES);
	json_t *document = finish();

	expect_fact(document, ADVICE, "value", "nftables");
	expect_fact(document, ADVICE, "why", "nftables costs least, and measurably.");
	expect_fact(document, ADVICE, "why", "Each further Service adds 3.");
	expect_fact(document, ADVICE, "why",
		" with iptables (legacy), nothing that could be measured with nftables.");
	expect_fact(
		document, ADVICE, "why", "Not measured at 5,000 Services: iptables (nft), IPVS.");
	json_decref(document);
}

Test(recommend, calls_a_tie_a_tie)
{
	begin();
	fill(MODE_IPVS, 1.2e-6, 0, SIZES);
	fill(MODE_NFTABLES, 1.2e-6, 0, SIZES);
	json_t *document = finish();

	expect_fact(document, ADVICE, "value", "nftables");
	expect_fact(document, ADVICE, "why",
		"Between nftables and IPVS there is no difference that could be measured.");
	expect_no_words(document, ADVICE, "costs least");
	json_decref(document);
}

Test(recommend, a_small_difference_does_not_decide)
{
	begin();
	fill(MODE_IPVS, 1.2e-6, 0, SIZES);
	fill(MODE_NFTABLES, 4.2e-6, 0, SIZES);
	json_t *document = finish();

	expect_fact(document, ADVICE, "value", "nftables");
	expect_fact(document, ADVICE, "why", "IPVS is cheaper by 2.9");
	expect_fact(document, ADVICE, "why", "too little to decide");
	json_decref(document);
}

Test(recommend, says_what_speaks_against_its_choice)
{
	begin();
	fill(MODE_IPTABLES_LEGACY, 2e-6, 14e-9, SIZES);
	fill(MODE_IPVS, 1.2e-6, 0, SIZES);
	run.readings->change_s[MODE_IPTABLES_LEGACY][SIZES - 1] = 0.3;
	run.readings->change_s[MODE_IPVS][SIZES - 1] = 1.5;
	json_t *document = finish();

	expect_fact(document, ADVICE, "value", "IPVS");
	expect_fact(document, ADVICE, "why", "deprecated since Kubernetes 1.35");
	expect_fact(document, ADVICE, "why",
		"To add a Service to 5,000 takes 1.50 s with IPVS, but 300 ms with iptables "
		"(legacy); that is longer than the second");
	json_decref(document);
}

Test(recommend, tells_updates_of_the_largest_number_at_which_they_were_measured)
{
	begin();
	fill(MODE_IPTABLES_LEGACY, 2e-6, 14e-9, SIZES);
	fill(MODE_IPVS, 1.2e-6, 0, SIZES);
	for (size_t s = 0; s < SIZES - 1; s++) {
		run.readings->change_s[MODE_IPTABLES_LEGACY][s] = 0.3;
		run.readings->change_s[MODE_IPVS][s] = 1.5 + (double)s;
	}
	json_t *document = finish();

	expect_fact(document, ADVICE, "why", "To add a Service to 2,000 takes 3.50 s with IPVS");
	json_decref(document);
}

Test(recommend, compares_where_all_modes_were_measured)
{
	begin();
	config.services = 5000;
	fill(MODE_IPTABLES_LEGACY, 2e-6, 7e-9, SIZES);
	fill(MODE_NFTABLES, 1.2e-6, 0, 2);
	json_t *document = finish();

	expect_fact(document, ADVICE, "title", "at 1,000 Services");
	expect_fact(document, ADVICE, "value", "nftables");
	expect_fact(document, ADVICE, "why",
		"With 5,000 Services, not measured: nftables; 1,000 Services are the most that all "
		"modes were measured with.");
	json_decref(document);
}

Test(recommend, falls_back_where_nothing_was_measured_at_the_users_number)
{
	begin();
	config.services = 5000;
	config.tests = UINT64_C(1) << SERVICE_LOOKUP;
	fill(MODE_IPTABLES_LEGACY, 2e-6, 7e-9, 3);
	fill(MODE_NFTABLES, 1.2e-6, 0, 3);
	json_t *document = finish();

	expect_fact(document, ADVICE, "title", "at 2,000 Services");
	expect_fact(document, ADVICE, "value", "nftables");
	const json_t *skipped = json_array_get(json_object_get(document, "skipped"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(skipped, "what")), "predicted.delay");
	json_decref(document);
}

Test(recommend, no_mode_wins_because_another_was_left_out)
{
	begin();
	fill(MODE_IPTABLES_LEGACY, 2e-6, 14e-9, SIZES);
	fill(MODE_NFTABLES, 1.2e-6, 0, 0);
	json_t *document = finish();

	expect_fact(document, ADVICE, "value", "not clear");
	expect_fact(
		document, ADVICE, "why", "With 5,000 Services, nftables had less than 6 blocks");
	expect_fact(document, ADVICE, "why", "with iptables (legacy).");
	json_decref(document);
}

Test(recommend, takes_no_fragment_for_a_comparison)
{
	begin();
	fill(MODE_IPTABLES_LEGACY, 2e-6, 7e-9, SIZES);
	fill(MODE_NFTABLES, 1.2e-6, 0, SIZES);
	for (size_t b = 5; b < BLOCKS; b++)
		*readings_cost(run.readings, MODE_NFTABLES, TARGET_RANDOM, SIZES - 1, b) = NAN;
	json_t *document = finish();

	expect_fact(document, ADVICE, "title", "at 2,000 Services");
	json_decref(document);
}

Test(recommend, nothing_by_few_blocks)
{
	begin();
	readings_free(run.readings);
	run.readings = readings_new(sizes, SIZES, 1);
	for (size_t s = 0; s < SIZES; s++) {
		*readings_cost(run.readings, MODE_IPTABLES_LEGACY, TARGET_RANDOM, s, 0) = 90e-6;
		*readings_cost(run.readings, MODE_NFTABLES, TARGET_RANDOM, s, 0) = 1e-6;
	}
	run.here = UINT32_C(1) << MODE_IPTABLES_LEGACY | UINT32_C(1) << MODE_NFTABLES;
	json_t *document = finish();

	expect_fact(document, ADVICE, "value", "not clear");
	expect_fact(document, ADVICE, "why", "too few to tell");
	json_decref(document);
}

Test(turns, are_there_and_back_and_begin_with_another_mode_in_each_block)
{
	for (size_t block = 0; block < 2 * (size_t)MODES; block++) {
		uint32_t there = 0;

		for (int turn = 0; turn < MODES; turn++) {
			there |= UINT32_C(1) << service_turn(block, turn);
			cr_expect_eq(service_turn(block, turn),
				service_turn(block, 2 * MODES - 1 - turn));
		}
		cr_expect_eq(there, (UINT32_C(1) << MODES) - 1);
		cr_expect_eq(service_turn(block, 0), (enum mode)(block % MODES));
	}
}

Test(recommend, says_nothing_where_nothing_was_measured)
{
	begin();
	json_t *document = finish();

	cr_expect_null(find_fact(document, ADVICE));
	json_decref(document);
}
