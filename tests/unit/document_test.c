#include "document.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

static struct problem problem;

static json_t *parse(const char *text)
{
	problem.text[0] = '\0';
	return document_parse(text, strlen(text), "seatrial.result/1", &problem);
}

Test(document, keeps_unknown_fields)
{
	json_t *document =
		parse("{\"schema\": \"seatrial.result/1\", \"later\": [1, {\"x\": null}]}");

	cr_assert(document, "%s", problem.text);
	cr_expect_eq(json_array_size(json_object_get(document, "later")), 2);
	cr_expect_str_eq(document_text(document, "schema"), "seatrial.result/1");
	cr_expect_str_eq(document_text(document, "later"), "");
	cr_expect_str_eq(document_text(NULL, "later"), "");
	json_decref(document);
}

Test(document, tells_what_is_wrong)
{
	static const struct {
		const char *text, *sentence;
	} bad[] = {
		{"", "it is empty"},
		{"nonsense", "not one JSON document"},
		{"{\"schema\": \"seatrial.result/1\"} {}", "not one JSON document"},
		{"{\"schema\": \"seatrial.result/1\", \"schema\": \"seatrial.result/1\"}",
			"not one JSON document"},
		{"{\"schema\": \"seatrial.result/1\", \"x\": NaN}", "not one JSON document"},
		{"{\"schema\": \"seatrial.result/1\", \"x\": 1e999}", "not one JSON document"},
		{"{\"schema\": \"seatrial.result/1\", \"x\": \"\xff\"}", "not one JSON document"},
		{"[1, 2]", "does not say which schema"},
		{"{\"schema\": 1}", "does not say which schema"},
		{"{\"schema\": \"seatrial.result/2\"}", "newer"},
		{"{\"schema\": \"seatrial.result/10\"}", "newer"},
		{"{\"schema\": \"seatrial.run/1\"}", "where \"seatrial.result/1\" is needed"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect_null(parse(bad[i].text), "%s", bad[i].text);
		cr_expect(
			strstr(problem.text, bad[i].sentence), "%s: %s", bad[i].text, problem.text);
	}
}

Test(document, refuses_what_follows_a_nul)
{
	static const char text[] = "{\"schema\": \"seatrial.result/1\"}\0x";

	cr_expect_null(document_parse(text, sizeof(text) - 1, "seatrial.result/1", &problem));
}

/* depth - 2 lists in an object's list. */
static json_t *parse_nested(size_t depth)
{
	char text[200];
	size_t at = (size_t)sprintf(text, "{\"schema\": \"seatrial.result/1\", \"x\": ");

	memset(text + at, '[', depth - 1);
	memset(text + at + depth - 1, ']', depth - 1);
	strcpy(text + at + 2 * (depth - 1), "}");
	return parse(text);
}

Test(document, bounds_depth)
{
	json_t *document = parse_nested(DOCUMENT_DEPTH_MAX);

	cr_expect(document, "%s", problem.text);
	json_decref(document);
	cr_expect_null(parse_nested(DOCUMENT_DEPTH_MAX + 1));
	cr_expect(strstr(problem.text, "nested deeper"), "%s", problem.text);
}

Test(document, does_not_take_brackets_in_strings_for_depth)
{
	char text[400] = "{\"schema\": \"seatrial.result/1\", \"x\": \"\\\"";

	memset(text + strlen(text), '[', 100);
	strcat(text, "\\\\\"}");
	json_t *document = parse(text);
	cr_expect(document, "%s", problem.text);
	json_decref(document);
}

Test(document, bounds_the_number_of_values)
{
	size_t size = 3 * DOCUMENT_VALUES_MAX;
	char *text = malloc(size);

	for (size_t i = 0; i < size; i += 2)
		memcpy(text + i, "0,", 2);
	text[0] = '[';
	text[size - 1] = ']';
	cr_expect_null(document_parse(text, size, "seatrial.result/1", &problem));
	cr_expect(strstr(problem.text, "values"), "%s", problem.text);
	free(text);
}

static json_t *good_result(void)
{
	return json_pack("{s:s, s:{s:s,s:s,s:s}, s:{s:s,s:s}, s:s, s:s, s:f,"
			 " s:{s:s,s:s,s:s,s:s,s:s,s:i,s:i,s:s}, s:{}, s:{}, s:s, s:i,"
			 " s:{s:f,s:f,s:f}, s:{}, s:[], s:[], s:[], s:[], s:[], s:[], s:[]}",
		"schema", "seatrial.result/1", "bench", "name", "a", "question", "q", "method", "m",
		"suite", "version", "0.1.0", "commit", "", "status", "complete", "started",
		"2026-11-23T02:56:07.5Z", "duration_s", 1.0, "host", "id", "0123456789abcdef",
		"kernel", "", "machine", "", "os", "", "cpu", "", "cpus", 1, "memory_bytes", 1,
		"clocksource", "", "target", "parameters", "preset", "quick", "seed", 1,
		"instrument", "clock_read_s", 1e-8, "clock_resolution_s", 1e-9, "loop_s", 1e-8,
		"conditions", "metrics", "distributions", "series", "facts", "skipped", "warnings",
		"errors");
}

Test(document, accepts_a_good_result)
{
	json_t *result = good_result();

	cr_expect_eq(document_check_result(result, "a", &problem), 0, "%s", problem.text);
	cr_expect_neq(document_check_result(result, "b", &problem), 0);
	json_decref(result);
}

/* One change to a good result, as JSON text under a key, that must be refused with the place named.
 */
static const struct {
	const char *key, *value, *place;
} spoilt[] = {
	{"status", "\"done\"", "\"status\""},
	{"status", "\"failed\"", "no reason"},
	{"started", "\"yesterday\"", "\"started\""},
	{"started", "\"2026-11-23T02:56:07+01:00\"", "\"started\""},
	{"duration_s", "-1", "\"duration_s\""},
	{"duration_s", "\"1\"", "\"duration_s\""},
	{"seed", "1.5", "\"seed\""},
	{"host", "{}", "\"host.id\""},
	{"conditions", "{\"steal_ratio\": 1.5}", "\"conditions.steal_ratio\""},
	{"target", "{\"x\": []}", "\"target\""},
	{"metrics", "[{}]", "\"metrics[0].name\""},
	{"metrics", "[7]", "\"metrics[0]\""},
	{"metrics", "{}", "\"metrics\""},
	{"warnings", "[\"\"]", "\"warnings[0]\""},
	{"marks", "[{\"against\":\"Size\",\"at\":1,\"text\":\"t\",\"labels\":{}}]",
		"\"marks[0].against\""},
	{"marks", "[{\"against\":\"size\",\"at\":\"1\",\"text\":\"t\",\"labels\":{}}]",
		"\"marks[0].at\""},
	{"marks", "[{\"against\":\"size\",\"at\":1,\"text\":\"t\"}]", "\"marks[0].labels\""},
	{"facts",
		"[{\"id\":\"a\",\"topic\":\"t\",\"title\":\"t\",\"status\":\"fail\",\"value\":1}]",
		"facts[0]"},
	{"series",
		"[{\"name\":\"a\",\"title\":\"t\",\"labels\":{},\"unit\":\"s\",\"interval_s\":1,"
		"\"columns\":[\"time\",\"count\",\"p50\",\"p99\",\"max\"],\"rows\":[[1,2,3,4]]}]",
		"\"series[0].rows[0]\""},
};

Test(document, names_the_place)
{
	for (size_t i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		json_t *result = good_result();

		json_object_set_new(
			result, spoilt[i].key, json_loads(spoilt[i].value, JSON_DECODE_ANY, NULL));
		cr_expect_lt(document_check_result(result, "a", &problem), 0, "%s: %s",
			spoilt[i].key, spoilt[i].value);
		cr_expect(strstr(problem.text, spoilt[i].place), "%s: %s", spoilt[i].value,
			problem.text);
		json_decref(result);
	}
}

Test(document, needs_every_field)
{
	json_t *good = good_result(), *value;
	const char *key;

	json_object_foreach(good, key, value) {
		if (strcmp(key, "schema") == 0) /* document_parse() has looked at it */
			continue;
		json_t *result = json_copy(good);
		json_object_del(result, key);
		cr_expect_lt(document_check_result(result, "a", &problem), 0, "%s", key);
		cr_expect(strstr(problem.text, key), "%s: %s", key, problem.text);
		json_decref(result);
	}
	json_decref(good);
}

/* A metric of this unit in a good result. */
static int check_unit(const char *unit)
{
	json_t *result = good_result();

	json_object_set_new(result, "metrics",
		json_pack("[{s:s,s:s,s:s,s:s,s:{},s:s,s:s,s:[i],s:{s:i,s:i,s:n,s:n,s:i,s:s}}]",
			"name", "a", "title", "t", "unit", unit, "better", "lower", "labels",
			"relative_to", "native", "against", "size", "values", 1, "summary", "n", 1,
			"value", 1, "low", "high", "confidence", 0, "method",
			"median-order-statistics"));
	int code = document_check_result(result, "a", &problem);
	json_decref(result);
	return code;
}

Test(document, units_may_be_for_each_of_anything)
{
	static const char *const good[] = {"s", "B", "B/s", "bit/s", "ratio", "1", "writes/s",
		"changes/day", "s/GB", "segments/GB", "s/Mpacket", "connections/s", "entries"};
	static const char *const bad[] = {"", "/", "s/", "/s", "S", "2", "s/G", "s/GB/s", "s/GGB",
		"s /GB", "µs", "B/day", "<b>"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		cr_expect_eq(check_unit(good[i]), 0, "%s: %s", good[i], problem.text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect_lt(check_unit(bad[i]), 0, "%s", bad[i]);
}
