/*
 * seatrial report: a stored run, a comparison or a history as a page.
 */
#include "command.h"
#include "document.h"
#include "exit_code.h"
#include "page.h"
#include "settings.h"
#include "verdict.h"

#include <stdlib.h>
#include <string.h>

static struct {
	const char *out, *format;
} options;

static const char *const formats[] = {"auto", "html", "pdf", NULL};

static const struct option_row rows[] = {
	{.name = "out",
		.letter = 'o',
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), out),
		.argument = "FILE",
		.help = "File to write, \"-\" for standard output; an existing one is replaced",
		.value = {"seatrial.html"}},
	{.name = "format",
		.type = OPTION_CHOICE,
		.offset = offsetof(__typeof__(options), format),
		.argument = "FORMAT",
		.help = "What to write: html, pdf, or auto, which is pdf for a FILE that ends in .pdf",
		.value = {"auto"},
		.choices = formats},
	{.name = NULL},
};

/* The first is what complaints are about. */
static const char *const schemas[] = {
	"seatrial.run/1", "seatrial.comparison/1", "seatrial.history/1", NULL};

/* What to report, and its verdict when it is a run; new references. */
static int load(
	const struct store_text *text, json_t **document, json_t **verdict, struct problem *problem)
{
	struct problem why;

	*verdict = NULL;
	*document = document_parse_any(text->text, text->length, schemas, &why);
	if (!*document)
		return problem_set(
			problem, -1, "%.300s cannot be used: %.400s", text->path, why.text);
	if (strcmp(document_text(*document, "schema"), schemas[0]) != 0)
		return 0;
	json_decref(*document);
	*document = store_parse(text, problem);
	*verdict = *document ? verdict_of_run(*document, problem) : NULL;
	return *verdict ? 0 : -1;
}

static int write_report(const struct store_text *text, const json_t *document,
	const json_t *verdict, struct problem *problem)
{
	const struct page_request request = {
		.path = options.out,
		.pdf = strcmp(options.format, "auto") == 0 ? page_is_pdf(options.out)
							   : strcmp(options.format, "pdf") == 0,
		.document = document,
		.verdict = verdict,
		.source_path = text->path,
		.source = text->text,
		.source_length = text->length,
	};
	bool missing;

	if (page_write(&request, &missing, problem) < 0)
		return missing ? EXIT_CODE_SKIPPED : EXIT_CODE_FAILURE;
	if (strcmp(options.out, "-") != 0) {
		struct terminal terminal;
		terminal_open(&terminal, stdout);
		terminal_say(&terminal, 0, "The report is in %s.", options.out);
	}
	return EXIT_CODE_OK;
}

static int command_report_main(int count, char **operands, struct problem *problem)
{
	json_t *document, *verdict;
	struct store store;
	struct store_text text;
	int code = EXIT_CODE_FAILURE;

	if (settings_open_store(&store, problem) < 0 ||
		store_read(&store, count ? operands[0] : "latest", &text, problem) < 0)
		return EXIT_CODE_FAILURE;
	if (load(&text, &document, &verdict, problem) == 0)
		code = write_report(&text, document, verdict, problem);
	json_decref(verdict);
	json_decref(document);
	free(text.text);
	return code;
}

static const struct option_row *const tables[] = {rows, settings_store, settings_help, NULL};
static void *const configs[] = {&options, &settings, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial report",
	.summary = "Make a page of a run, a comparison or a history, for people who decide",
	.operands = "[RUN|FILE]",
	.description =
		"Writes one self-contained HTML file: the verdict, every reading with its interval and "
		"its plot, and how each was measured. Tables can be sorted and filtered, and print "
		"whole. Plots need gnuplot; without it the page says so.\n\n"
		"  seatrial report -o host.pdf\n\n"
		"A PDF has, before that, a title page, contents and a summary on one page, and at its "
		"end the raw readings; the run's file is attached to it, and its SHA-256 is printed. "
		"It needs WeasyPrint; without it nothing is written and the exit status is 77.\n\n"
		"RUN is as for `seatrial show`. FILE may also hold what `seatrial compare --json` or "
		"`seatrial history --json` printed.",
	.tables = tables,
};

const struct command command_report = {
	.program = &program,
	.configs = configs,
	.operands = 1,
	.function = command_report_main,
};
