#include "grid.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static json_t *metric(const char *name, const char *hint, const char *value, const char *labels)
{
	json_t *object =
		json_pack("{s:s, s:o}", "name", name, "labels", json_loads(labels, 0, NULL));

	if (hint)
		json_object_set_new(object, hint, json_string(value));
	return object;
}

static json_t *result_of(json_t *const *metrics, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, metrics[i]);
	return json_pack("{s:o}", "metrics", list);
}
#define RESULT(...)                                                                                \
	result_of((json_t *[]){__VA_ARGS__}, sizeof((json_t *[]){__VA_ARGS__}) / sizeof(json_t *))

#define SHARE(labels) metric("share", "relative_to", "native", labels)
#define SWEPT(labels) metric("swept", "against", "size", labels)

Test(grid, the_candidate_is_the_label_that_the_reference_stands_under)
{
	json_t *result =
		RESULT(metric("rate", NULL, NULL,
			       "{\"mode\": \"a\", \"encap\": \"native\", \"flows\": \"1\"}"),
			SHARE("{\"mode\": \"a\", \"encap\": \"vxlan\", \"flows\": \"1\"}"),
			SHARE("{\"mode\": \"a\", \"encap\": \"ipip\", \"flows\": \"1\"}"),
			SHARE("{\"mode\": \"a\", \"encap\": \"vxlan\", \"flows\": \"4\"}"));
	struct grid *grid = grid_new(result, 1, GRID_SHARES);
	char text[64];

	cr_assert(grid);
	cr_expect_null(grid_new(result, 0, GRID_SHARES), "it is no share");
	cr_expect_null(grid_new(result, 2, GRID_SHARES), "it is in the first one's grid");
	cr_expect_null(grid_new(result, 9, GRID_SHARES));
	cr_expect_str_eq(grid->across, "encap");
	cr_expect_eq(grid->count, 3);
	cr_expect_eq(grid->panels, 2);
	cr_expect_eq(grid->panel[0], 0, "what came first is first");
	cr_expect_eq(grid->panel[2], 1);
	cr_expect_str_eq(grid_line(grid, grid->metric[1]), "ipip");
	cr_expect_str_eq(grid_panel(grid, 1, text, sizeof(text)), "flows 4");
	cr_expect_eq(json_object_size(grid->common), 1, "mode is alike");
	grid_free(grid);
	json_decref(result);
}

Test(grid, a_sweep_has_lines_for_the_label_that_fills_a_plot)
{
	json_t *list = json_array();

	for (int i = 0; i < 8 * 3 * 2; i++) {
		char labels[128];

		snprintf(labels, sizeof(labels),
			"{\"size\": \"%d\", \"many\": \"%d\", \"three\": \"%d\", \"two\": \"%d\"}",
			64 << i % 2, i / 6, i / 2 % 3, i % 2);
		json_array_append_new(list, SWEPT(labels));
	}
	json_t *result = json_pack("{s:o}", "metrics", list);
	struct grid *grid = grid_new(result, 0, GRID_SWEEP);

	cr_assert(grid);
	cr_expect_str_eq(grid->against, "size");
	cr_expect_str_eq(grid->across, "three", "eight are too many, two are fewer");
	grid_free(grid);
	json_decref(result);
}

Test(grid, the_usual_case_is_first_though_it_is_not_there_at_the_smallest_number)
{
	json_t *result = RESULT(SWEPT("{\"size\": \"1\", \"mode\": \"a\", \"to\": \"tcp\"}"),
		SWEPT("{\"size\": \"1\", \"mode\": \"b\", \"to\": \"tcp\"}"),
		SWEPT("{\"size\": \"9\", \"mode\": \"a\", \"to\": \"udp\"}"),
		SWEPT("{\"size\": \"9\", \"mode\": \"a\", \"to\": \"tcp\"}"),
		SWEPT("{\"size\": \"5\", \"mode\": \"c\", \"to\": \"udp\"}"),
		SWEPT("{\"size\": \"5\", \"mode\": \"d\", \"to\": \"sctp\"}"));
	static const char *const panels[] = {"to udp", "to tcp", "to sctp"};
	static const size_t panel[] = {1, 1, 0, 1, 0, 2};
	struct grid *grid = grid_new(result, 0, GRID_SWEEP);
	char text[64];

	cr_assert(grid);
	cr_assert_str_eq(grid->across, "mode");
	cr_assert_eq(grid->panels, 3);
	for (size_t i = 0; i < 3; i++)
		cr_expect_str_eq(grid_panel(grid, i, text, sizeof(text)), panels[i]);
	for (size_t i = 0; i < grid->count; i++)
		cr_expect_eq(grid->panel[i], panel[i], "metric %zu", i);
	grid_free(grid);
	json_decref(result);
}

Test(grid, only_numbers_make_a_sweep)
{
	static const char *const none[] = {
		"", "x", " 1", "1 ", "1; exit", "0x10x", "1e999", "nan", "inf", "-1"};
	double number = 7;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		json_t *odd = json_pack("{s:s, s:{s:s}}", "against", "n", "labels", "n", none[i]);

		cr_expect_eq(grid_kind(odd), GRID_NONE, "'%s'", none[i]);
		cr_expect_not(grid_number(odd, "n", &number));
		json_decref(odd);
	}
	json_t *good = SWEPT("{\"size\": \"1450\"}");
	cr_expect_eq(grid_kind(good), GRID_SWEEP);
	cr_expect(grid_number(good, "size", &number));
	cr_expect_eq(number, 1450);
	json_object_set_new(good, "quantile", json_real(0.999));
	cr_expect_eq(grid_kind(good), GRID_NONE, "the table of latencies has it");
	json_decref(good);
}

Test(grid, survives_labels_that_are_none)
{
	static const char *const odd[] = {
		"[]", "[1]", "{}", "{\"a\": 1}", "{\"a\": null}", "{\"a\": {\"b\": []}}"};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		json_t *result = RESULT(SHARE(odd[i]), SHARE("{\"a\": \"x\"}"), SHARE(odd[i]));
		struct grid *grid = grid_new(result, 0, GRID_SHARES);
		char text[64];

		cr_assert(grid);
		cr_expect_geq(grid->panels, 1);
		for (size_t m = 0; m < grid->count; m++)
			cr_expect_lt(grid->panel[m], grid->panels);
		grid_panel(grid, 0, text, sizeof(text));
		grid_line(grid, grid->metric[0]);
		grid_free(grid);
		json_decref(result);
	}
	cr_expect_null(grid_new(NULL, 0, GRID_SHARES));
}
