/*
 * Whatever runs hold, they are refused or can be followed over time: their trends are a document, a
 * text and a page. The input is a byte for the form that is looked at, then edits to good runs.
 */
#include "runs.h"
#include "trend.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
char *gnuplot_run(const char *program, const char *script, struct problem *problem);

#define RUNS 12

/* One of them at a time, so that there are many times. */
enum form { TEXT, PAGE, DOCUMENT, FORMS };

char *gnuplot_run(const char *program, const char *script, struct problem *problem)
{
	(void)program;
	check_text(script, strlen(script));
	problem_set(problem, -1, "no plot");
	return NULL;
}

static void check_view(const struct trends *trends, const json_t *notes)
{
	char *text = NULL;
	size_t length;
	struct terminal terminal = {
		.out = open_memstream(&text, &length), .utf8 = true, .width = 60};

	trends_view(&terminal, trends, notes, true);
	fclose(terminal.out);
	check_text(text, length);
	free(text);
}

static void check_document(const struct trends *trends, const json_t *notes, bool page)
{
	struct problem problem = {""};
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	trends_print_json(trends, notes, out);
	fclose(out);
	json_t *history = document_parse(text, length, "seatrial.history/1", &problem);
	require(history);
	free(text);
	if (page)
		check_page_of(history, report_history);
	json_decref(history);
}

static json_t *good_runs(void)
{
	json_t *good = json_array();

	for (unsigned n = 0; n < RUNS; n++) {
		json_t *run = good_run(n, n < RUNS / 2 ? 1 : 2);
		/* Nobody is judged here. */
		json_object_set_new(run, "profiles", json_array());
		json_array_append_new(good, run);
	}
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct known known;
	struct trends trends = {0};
	struct problem problem = {""};
	enum form form = size ? data[0] % FORMS : TEXT;
	json_t *run, *notes = json_array();
	size_t i;

	if (!known.good)
		known.good = good_runs();
	known_renew(&known);
	json_t *edited_runs = edited(known.good, data + (size > 0), size - (size > 0));
	json_array_foreach(edited_runs, i, run) {
		const struct sample_run *added = known_add(&known, i, run);
		if (!added)
			continue;
		trends_add(&trends, added);
		known_forget(&known, added);
	}
	if (trends_settle(&trends, 0.01, 0.05, &problem) < 0)
		require(*problem.text);
	else if (form == TEXT)
		check_view(&trends, notes);
	else
		check_document(&trends, notes, form == PAGE);
	trends_clear(&trends);
	json_decref(edited_runs);
	json_decref(notes);
	return 0;
}
