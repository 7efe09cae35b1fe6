/*
 * Whatever runs hold, they are refused or can be compared and judged: in every form the comparison
 * is one text, a page and a document, and the decision has an answer. The input is a byte of
 * settings and of the form that is looked at, then edits to good runs.
 */
#include "candidate.h"
#include "comparison.h"
#include "comparison_view.h"
#include "decision.h"
#include "runs.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
char *gnuplot_run(const char *program, const char *script, struct problem *problem);

#define RUNS 4
enum settings { MIXED = 1, INDEPENDENT = 2, ALL = 4, BASELINE = 8, UTF8 = 16, PRICED = 32 };

/* One of them at a time, so that there are many times. */
enum form { DOCUMENT, PAGE, DECISION, TEXTS };
#define FORM(settings) ((enum form)((settings) >> 6))

/* Draws nothing: what gnuplot makes of a script is not looked at here. */
char *gnuplot_run(const char *program, const char *script, struct problem *problem)
{
	(void)program;
	check_text(script, strlen(script));
	problem_set(problem, -1, "no plot");
	return NULL;
}

static void print(const json_t *comparison, void (*write)(const json_t *, FILE *),
	void (*check)(const char *, size_t))
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	write(comparison, out);
	fclose(out);
	check(text, length);
	free(text);
}

static void view(const json_t *document, unsigned settings, bool decision)
{
	char *text = NULL;
	size_t length;
	struct terminal terminal = {.out = open_memstream(&text, &length),
		.utf8 = settings & UTF8,
		.width = settings & ALL ? 80 : 24};

	(decision ? decision_view : comparison_view)(&terminal, document, settings & ALL);
	fclose(terminal.out);
	check_text(text, length);
	free(text);
}

static void check_document(const json_t *comparison)
{
	struct problem problem = {""};
	char *text = json_dumps(comparison, 0);
	json_t *again = document_parse(text, strlen(text), "seatrial.comparison/1", &problem);

	require(again);
	json_decref(again);
	free(text);
}

static void check_comparison(
	struct sample_set *set, const struct comparison_request *request, unsigned settings)
{
	json_t *comparison = comparison_make(set, request);

	if (FORM(settings) == PAGE) {
		check_page_of(comparison, report_comparison);
	} else if (FORM(settings) == DOCUMENT) {
		check_document(comparison);
	} else {
		print(comparison, comparison_print_markdown, check_text);
		print(comparison, comparison_print_csv, check_text);
		view(comparison, settings, false);
	}
	json_decref(comparison);
}

static void check_decision(
	struct sample_set *set, const struct decision_request *request, unsigned settings)
{
	struct problem problem = {""};
	json_t *decision = decision_make(set, request, &problem);

	require(decision || *problem.text);
	if (decision) {
		require(*document_text(decision, "verdict"));
		view(decision, settings, true);
	}
	json_decref(decision);
}

static struct candidate candidate_of(char *name, const struct sample_run **runs, size_t count)
{
	struct candidate candidate = {.name = name,
		.source = (char *)"s",
		.provider = (char *)"",
		.region = (char *)"",
		.link = (char *)"",
		.runs = runs,
		.count = count,
		.unusable = json_array()};

	candidate_settle_runs(&candidate);
	return candidate;
}

static void compare(
	struct sample_set *set, const struct sample_run **runs, size_t count, unsigned settings)
{
	struct candidate sides[] = {candidate_of((char *)"one", runs, count / 2),
		candidate_of((char *)"two", runs + count / 2, count - count / 2)};
	const struct comparison_request request = {.candidates = sides,
		.count = 2,
		.baseline = (settings & BASELINE) != 0,
		.threshold = 0.05,
		.mixed = settings & MIXED};
	const struct decision_request gate = {.sides = {sides[0], sides[1]},
		.alpha = 0.01,
		.threshold = 0.05,
		.mixed = settings & MIXED,
		.independent = settings & INDEPENDENT};

	if (settings & PRICED)
		sides[1].price = (struct price){4.99, (char *)"EUR", (char *)"month"};
	if (FORM(settings) == DECISION)
		check_decision(set, &gate, settings);
	else
		check_comparison(set, &request, settings);
	json_decref(sides[0].unusable);
	json_decref(sides[1].unusable);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static json_t *good;
	const struct sample_run *runs[RUNS];
	size_t count = 0, i;
	json_t *run;

	if (!good) {
		good = json_array();
		for (unsigned n = 0; n < RUNS; n++)
			json_array_append_new(good, good_run(n, n < 2 ? 1 : 1.5));
	}
	if (size < 1)
		return 0;
	struct sample_set *set = sample_set_new();
	json_t *edited_runs = edited(good, data + 1, size - 1);
	json_array_foreach(edited_runs, i, run)
		if (count < RUNS && (runs[count] = add_edited(set, run, json_array_get(good, i))))
			count++;
	if (count >= 2)
		compare(set, runs, count, data[0]);
	json_decref(edited_runs);
	sample_set_free(set);
	return 0;
}
