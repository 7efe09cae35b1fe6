#include "histogram.h"
#include "price.h"
#include "reading.h"
#include "sample.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The single quotes become double ones. */
static json_t *parse(const char *text)
{
	char buffer[4096];
	size_t length = strlen(text);

	cr_assert(length < sizeof(buffer));
	memcpy(buffer, text, length + 1);
	for (char *c = buffer; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	json_t *json = json_loads(buffer, JSON_DECODE_ANY, NULL);
	cr_assert(json, "%s", text);
	return json;
}

/* A run with `results` of one metric each, with these values. */
static json_t *run_of(const char *const *values)
{
	json_t *run = parse("{'schema':'seatrial.run/1','id':'r','state':'complete','started':'s',"
			    "'host':{'id':'h'},'suite':{},'profiles':[],'results':[]}");

	for (; *values; values++) {
		json_t *result = parse(
			"{'schema':'seatrial.result/1','bench':{'name':'b'},'status':'complete',"
			"'suite':{'version':'1.2.3'},'preset':'quick','parameters':{'n':1,'d':'/x'},"
			"'metrics':[{'name':'m','title':'M','unit':'s','better':'lower','labels':"
			"{'k':'a,b=c\\\\','a':''},'summary':{'value':1,'low':null,'high':2}}]}");
		json_t *metric = json_array_get(json_object_get(result, "metrics"), 0);
		json_object_set_new(metric, "values", parse(*values));
		json_array_append_new(json_object_get(run, "results"), result);
	}
	return run;
}

static const struct sample_run *add(struct sample_set *set, const char *const *values)
{
	json_t *run = run_of(values);
	const struct sample_run *added = sample_set_add(set, run, NULL);

	json_decref(run);
	return added;
}

Test(sample, one_result_keeps_its_summary)
{
	struct sample_set *set = sample_set_new();
	const struct sample_run *run = add(set, (const char *const[]){"[1,2,3]", NULL});

	cr_assert_eq(run->count, 1);
	const struct sample *sample = &run->samples[0];
	cr_assert_eq(sample->count, 3);
	cr_assert_eq(sample->values[2], 3);
	cr_assert_eq(sample->value, 1);
	cr_assert_eq(sample->low, -INFINITY);
	cr_assert_eq(sample->high, 2);
	cr_assert_str_eq(sample->setting->suite, "1.2");
	cr_assert_str_eq(sample->setting->parameters, "{\"n\":1}", "a path is no parameter");
	sample_set_free(set);
}

Test(sample, several_results_are_one_sample_with_the_median_of_all)
{
	struct sample_set *set = sample_set_new();
	const struct sample_run *run =
		add(set, (const char *const[]){"[1,2,3]", "[4,5]", "[6,7]", NULL});

	cr_assert_eq(run->count, 1);
	cr_assert_eq(run->samples[0].count, 7);
	for (size_t i = 0; i < 7; i++)
		cr_assert_eq(run->samples[0].values[i], (double)i + 1);
	cr_assert_eq(run->samples[0].value, 4);
	cr_assert_eq(json_array_size(run->left_out), 0);
	sample_set_free(set);
}

/* Makes the metric of the nth result a 99th percentile of `repetitions` histograms with 100 times
 * this latency each. */
static void add_latencies(json_t *run, size_t nth, int repetitions, int64_t latency_ns)
{
	json_t *result = json_array_get(json_object_get(run, "results"), nth);
	json_t *metric = json_array_get(json_object_get(result, "metrics"), 0);
	json_t *distribution = json_pack("{s:s,s:O,s:[]}", "name", "d", "labels",
		json_object_get(metric, "labels"), "repetitions");
	struct histogram *histogram = histogram_new();

	for (int i = 0; i < 100; i++)
		histogram_record(histogram, latency_ns);
	char *encoded = histogram_encode(histogram);
	for (int i = 0; i < repetitions; i++)
		json_array_append_new(
			json_object_get(distribution, "repetitions"), json_string(encoded));
	free(encoded);
	histogram_free(histogram);
	json_object_set_new(metric, "quantile", json_real(0.99));
	json_object_set_new(metric, "distribution", json_string("d"));
	json_object_set_new(result, "distributions", json_pack("[o]", distribution));
}

Test(sample, a_quantile_of_several_results_is_that_of_all_samples_and_not_the_median)
{
	json_t *run = run_of((const char *const[]){"[1e-3,1e-3]", "[9e-3,9e-3]", NULL});
	json_t *wanted = parse("{'bench':'b','metric':'m','unit':'s'}");
	struct sample_set *set = sample_set_new();
	struct readings *readings = calloc(1, sizeof(*readings));
	struct reading_cache cache = {0};

	add_latencies(run, 0, 2, 1000000);
	add_latencies(run, 1, 2, 9000000);
	readings_of_metric(run, wanted, &cache, readings);
	reading_cache_clear(&cache);
	const struct sample_run *added = sample_set_add(set, run, NULL);
	cr_assert_eq(added->count, 1);
	cr_assert_eq(added->samples[0].count, 4);
	cr_assert_float_eq(added->samples[0].value, 9e-3, 1e-5);
	cr_assert_eq(added->samples[0].value, readings->at[0].interval.value);
	cr_assert_eq(added->samples[0].low, readings->at[0].interval.low);
	cr_assert_eq(added->samples[0].high, readings->at[0].interval.high);
	free(readings);
	sample_set_free(set);
	json_decref(wanted);
	json_decref(run);
}

Test(sample, a_quantile_of_several_results_without_histograms_is_left_out)
{
	json_t *run = run_of((const char *const[]){"[1e-3]", "[9e-3]", "[1e-3]", NULL});
	struct sample_set *set = sample_set_new();

	for (size_t i = 0; i < 3; i++)
		add_latencies(run, i, i != 1, 1000000);
	const struct sample_run *added = sample_set_add(set, run, NULL);
	cr_assert_eq(added->count, 0);
	const json_t *entry = json_array_get(added->left_out, 0);
	cr_assert_str_eq(json_string_value(json_object_get(entry, "what")), "b: m");
	cr_assert_str_eq(json_string_value(json_object_get(entry, "why")),
		"the latency histograms behind it are missing");
	sample_set_free(set);
	json_decref(run);
}

Test(sample, labels_come_back_whatever_is_in_them)
{
	struct sample_set *set = sample_set_new();
	const struct sample_run *run = add(set, (const char *const[]){"[1]", NULL});
	json_t *labels = sample_labels(run->samples[0].key);
	json_t *expected = json_pack("{s:s,s:s}", "k", "a,b=c\\", "a", "");

	cr_assert_str_eq(run->samples[0].key->labels, "a=,k=a\\,b\\=c\\\\");
	cr_assert(json_equal(labels, expected));
	json_decref(labels);
	json_decref(expected);
	sample_set_free(set);
}

/* One value has no interval: nobody can tell which side of a limit of 2 s it is on. */
Test(sample, lines_say_how_each_requirement_is_judged)
{
	json_t *run = run_of((const char *const[]){"[1]", NULL});
	json_t *profile = parse(
		"{'schema':'seatrial.profile/1','name':'p','title':'P','description':'D',"
		"'requirements':[{'id':'a','title':'A','bench':'b','metric':'m','max':2,'unit':'s',"
		"'severity':'required','source':'S','why':'W','do':'X'},{'id':'c','title':'C',"
		"'bench':'other','metric':'m','max':2,'unit':'s','severity':'advised','source':'S',"
		"'why':'W','do':'X'}]}");
	struct sample_set *set = sample_set_new();
	struct sample_line line;

	json_array_append_new(json_object_get(run, "profiles"), json_object());
	json_array_append_new(json_object_get(run, "profiles"), profile);
	const struct sample_run *added = sample_set_add(set, run, NULL);
	const char *at = added->lines;
	cr_assert_eq(sample_next_line(&at, &line), SAMPLE_LINES_NEXT_PROFILE);
	cr_assert_eq(sample_next_line(&at, &line), SAMPLE_LINES_LINE);
	cr_assert_eq(line.status, STATUS_NOT_ENOUGH);
	cr_assert_float_eq(line.excess, -0.5, 1e-9);
	json_t *json = json_loadb(line.text, line.length, 0, NULL);
	cr_assert_eq(json_number_value(json_object_get(json, "value")), 1);
	cr_assert_null(json_object_get(json, "title"));
	json_decref(json);
	cr_assert_eq(sample_next_line(&at, &line), SAMPLE_LINES_LINE);
	cr_assert_eq(line.status, STATUS_NOT_MEASURED);
	cr_assert_eq(sample_next_line(&at, &line), SAMPLE_LINES_NEXT_PROFILE);
	cr_assert_eq(sample_next_line(&at, &line), SAMPLE_LINES_END);
	sample_set_free(set);
	json_decref(run);
}

Test(sample, damaged_lines_are_read_within_their_bounds)
{
	static const char *const rows[] = {"\"", "9", "-1 0 {}", "5 x {}", "5\n5 0 {}", " "};
	struct sample_line line;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = rows[i], *end = at + strlen(at);
		while (sample_next_line(&at, &line) == SAMPLE_LINES_LINE) {
			cr_assert_leq(at, end);
			cr_assert_leq(line.text + line.length, end);
			cr_assert_leq(line.status, STATUS_NOT_MET);
		}
	}
}

Test(sample, runs_share_what_is_equal)
{
	struct sample_set *set = sample_set_new();
	const struct sample_run *one = add(set, (const char *const[]){"[1]", NULL});
	const struct sample_run *other = add(set, (const char *const[]){"[2]", NULL});

	cr_assert_eq(one->samples[0].key, other->samples[0].key);
	cr_assert_eq(one->samples[0].setting, other->samples[0].setting);
	cr_assert_eq(json_object_get(one->header, "host"), json_object_get(other->header, "host"));
	cr_assert_eq(sample_find(other, one->samples[0].key), &other->samples[0]);
	cr_assert_eq(sample_set_keys(set), 1);
	sample_set_forget(set, other);
	sample_set_free(set);
}

Test(price, is_what_a_month_costs)
{
	static const struct {
		const char *text, *currency;
		double monthly;
	} rows[] = {
		{"4.99/month", "", 4.99},
		{"EUR 4.99/month", "EUR", 4.99},
		{"120 USD/year", "USD", 10},
		{"$0.01/hour", "$", 7.3},
		{"\u20ac 7/month", "\u20ac", 7},
	};
	struct problem problem;
	struct price price;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_assert_eq(price_parse(rows[i].text, &price, &problem), 0, "%s", rows[i].text);
		cr_assert_str_eq(price.currency, rows[i].currency);
		cr_assert_float_eq(price_monthly(&price), rows[i].monthly, 1e-9);
		price_clear(&price);
	}
	cr_assert(isnan(price_monthly(&price)));
}
