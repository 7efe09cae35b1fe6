/*
 * Whatever a document for a page holds, it is refused or becomes a page that holds none of its
 * markup, and scripts for gnuplot that hold none of its texts. The input is a byte for the kind of
 * document, then edits to a good one.
 */
#include "candidate.h"
#include "comparison.h"
#include "report.h"
#include "runs.h"
#include "trend.h"
#include "verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
char *gnuplot_run(const char *program, const char *script, struct problem *problem);

enum kind { RUN, LONG_RUN, COMPARISON, HISTORY, KINDS };
#define PAPER 0x80

char *gnuplot_run(const char *program, const char *script, struct problem *problem)
{
	(void)program;
	check_text(script, strlen(script));
	require(!strchr(script, '`') && !strstr(script, "=1+1"));
	problem_set(problem, -1, "no plot");
	return NULL;
}

static json_t *good_comparison(void)
{
	struct sample_set *set = sample_set_new();
	struct candidate sides[2];

	for (unsigned i = 0; i < 2; i++) {
		json_t *run = good_run(i, 1 + i);
		sides[i] = (struct candidate){.name = (char *)(i ? "two" : "one"),
			.source = (char *)"s",
			.provider = (char *)"p",
			.region = (char *)"r",
			.link = (char *)"https://example.com/",
			.price = {1 + i, (char *)"EUR", (char *)"month"},
			.runs = calloc(1, sizeof(void *)),
			.count = 1,
			.unusable = json_array()};
		sides[i].runs[0] = add_run(set, run);
		json_decref(run);
	}
	json_t *comparison = comparison_make(set,
		&(struct comparison_request){.candidates = sides, .count = 2, .threshold = 0.05});
	for (unsigned i = 0; i < 2; i++) {
		free(sides[i].runs);
		json_decref(sides[i].unusable);
	}
	sample_set_free(set);
	return comparison;
}

static json_t *good_history(void)
{
	struct sample_set *set = sample_set_new();
	struct trends trends = {0};
	struct problem problem;
	char *text = NULL;
	size_t length;
	json_t *notes = json_array();

	for (unsigned i = 0; i < 16; i++) {
		json_t *run = good_run(i, i < 8 ? 1 : 2);
		trends_add(&trends, add_run(set, run));
		json_decref(run);
	}
	require(trends_settle(&trends, 0.01, 0.05, &problem) == 0);
	FILE *out = open_memstream(&text, &length);
	trends_print_json(&trends, notes, out);
	fclose(out);
	json_t *history = json_loads(text, 0, NULL);
	free(text);
	trends_clear(&trends);
	sample_set_free(set);
	json_decref(notes);
	return history;
}

static json_t *good_of(enum kind kind)
{
	json_t *good = kind == RUN          ? good_run(1, 1)
		       : kind == LONG_RUN   ? json_load_file(FUZZ_CORPUS "/good-run.json", 0, NULL)
		       : kind == COMPARISON ? good_comparison()
					    : good_history();

	require(good);
	return good;
}

/* Whether there is a page. */
static bool write_page(const json_t *document, enum kind kind, bool paper, FILE *out)
{
	const struct report_options options = {.gnuplot = "gnuplot", .paper = paper};
	struct problem problem = {""};
	int failure = 0;

	if (kind == COMPARISON || kind == HISTORY) {
		failure = (kind == HISTORY ? report_history : report_comparison)(
			document, &options, out, &problem);
		require(!failure || *problem.text);
		return !failure;
	}
	if (document_check_run(document, &problem) < 0)
		return false;
	json_t *verdict = verdict_of_run(document, &problem);
	if (verdict)
		failure = report_html(document, verdict, &options, out, &problem);
	require((verdict && !failure) || *problem.text);
	json_decref(verdict);
	return verdict && !failure;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static json_t *good[KINDS];
	char *text = NULL;
	size_t length;

	if (size < 1)
		return 0;
	enum kind kind = (data[0] & 0x7f) % KINDS;
	if (!good[kind])
		good[kind] = good_of(kind);
	json_t *document = edited(good[kind], data + 1, size - 1);
	FILE *out = open_memstream(&text, &length);
	bool written = write_page(document, kind, data[0] & PAPER, out);
	fclose(out);
	if (written)
		check_page(text, length);
	free(text);
	json_decref(document);
	return 0;
}
