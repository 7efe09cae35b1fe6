/*
 * seatrial report: a stored run, a comparison or a history as a page.
 */
#include "command.h"
#include "document.h"
#include "exit_code.h"
#include "file.h"
#include "page.h"
#include "settings.h"
#include "signature.h"
#include "verdict.h"

#include <limits.h>
#include <stdio.h>
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
		.help = "What to write: html, pdf, or auto, which is pdf for a FILE that ends in .pdf "
			"and html for one that ends in .html or .htm or has no ending",
		.value = {"auto"},
		.choices = formats},
	{.name = NULL},
};

/* The first is what complaints are about. */
static const char *const schemas[] = {
	"seatrial.run/1", "seatrial.comparison/1", "seatrial.history/1", NULL};

/* What to report, with its signatures; of a run, with its verdict. Owned. */
struct subject {
	json_t *document, *verdict, *signatures;
};

/* No signature lies beside standard input. */
static int load(const struct store_text *text, bool from_input, struct subject *subject,
	struct problem *problem)
{
	subject->document = store_parse_any(text, schemas, problem);
	if (!subject->document)
		return -1;
	if (strcmp(document_text(subject->document, "schema"), schemas[0]) == 0) {
		subject->verdict = verdict_of_run(subject->document, problem);
		if (!subject->verdict)
			return -1;
	}
	if (!from_input) {
		const struct signed_file file = signature_file(text, subject->document);
		subject->signatures = signature_check(&file, &settings.keys);
	}
	return 0;
}

static int write_report(
	const struct store_text *text, const struct subject *subject, struct problem *problem)
{
	const struct page_request request = {
		.path = options.out,
		.pdf = strcmp(options.format, "auto") == 0 ? page_is_pdf(options.out)
							   : strcmp(options.format, "pdf") == 0,
		.document = subject->document,
		.verdict = subject->verdict,
		.signatures = subject->signatures,
		.source_path = text->path,
		.source = text->text,
		.source_length = text->length,
	};
	bool missing;

	if (page_write(&request, &missing, problem) < 0)
		return missing ? EXIT_CODE_SKIPPED : EXIT_CODE_FAILURE;
	if (!file_is_stdout(options.out)) {
		struct terminal terminal;
		terminal_open(&terminal, stdout);
		terminal_say(&terminal, 0, "The report is in %s.", options.out);
	}
	return EXIT_CODE_OK;
}

static int read_text(
	const char *reference, bool from_input, struct store_text *text, struct problem *problem)
{
	struct store store;

	text->text = NULL;
	if (from_input) {
		snprintf(text->path, sizeof(text->path), "standard input");
		return document_read_input(STORE_FILE_MAX, &text->text, &text->length, problem);
	}
	if (settings_open_store(&store, problem) < 0)
		return -1;
	return store_read(&store, reference, text, problem);
}

static int command_report_main(int count, char **operands, struct problem *problem)
{
	const char *reference = count ? operands[0] : "latest";
	bool from_input = strcmp(reference, "-") == 0;
	struct subject subject = {NULL};
	const struct command_output output = {"--out", options.out};
	struct store_text text;

	if (count > 1) {
		problem_set(problem, 0,
			"a page is of one document; for several runs on one: seatrial compare "
			"RUN RUN -o FILE, then seatrial report FILE");
		return EXIT_CODE_USAGE;
	}
	if (strcmp(options.format, "auto") == 0 &&
		page_check_name("--out", options.out, ", or say what it is to be with --format",
			problem) < 0)
		return EXIT_CODE_USAGE;
	int code = command_check_outputs(&output, 1, problem);
	if (code != EXIT_CODE_OK)
		return code;
	if (read_text(reference, from_input, &text, problem) < 0)
		return EXIT_CODE_FAILURE;
	code = EXIT_CODE_FAILURE;
	if (load(&text, from_input, &subject, problem) == 0)
		code = write_report(&text, &subject, problem);
	json_decref(subject.signatures);
	json_decref(subject.verdict);
	json_decref(subject.document);
	free(text.text);
	return code;
}

static const struct option_row *const tables[] = {
	rows, settings_signers, settings_store, settings_help, NULL};
static void *const configs[] = {&options, &settings, &settings, &settings, NULL};

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
		"The page says by whom the file was signed when you name the keys that count.\n\n"
		"RUN is as for `seatrial show`. FILE may also hold what `seatrial compare -o FILE` or "
		"`seatrial history -o FILE` wrote; \"-\" is standard input, where no signature is "
		"looked for.\n\n"
		"  seatrial compare a.json b.json -o c.json && seatrial report c.json -o c.html\n\n"
		"The exit status is 0, 1 when something cannot be read or written, 77 as above, and 2 "
		"for a wrong command line.",
	.tables = tables,
};

const struct command command_report = {
	.program = &program,
	.configs = configs,
	.operands = INT_MAX, /* command_report_main() says what to do instead */
	.function = command_report_main,
};
