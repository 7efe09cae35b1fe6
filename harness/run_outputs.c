#include "run_outputs.h"

#include "command.h"
#include "document.h"
#include "exit_code.h"
#include "file.h"
#include "page.h"
#include "pdf.h"
#include "run.h"
#include "settings.h"
#include "shell.h"
#include "text.h"
#include "verdict.h"
#include "view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void run_outputs_warn(const struct run_outputs *outputs, const struct problem *problem)
{
	const struct terminal *status = &outputs->status;

	if (outputs->progress)
		terminal_status_clear(status);
	terminal_write(status, TONE_PLAIN, "seatrial run: ");
	terminal_write(status, TONE_PLAIN, problem->text);
	fputc('\n', status->out);
}

int run_outputs_prepare(
	struct run_outputs *outputs, const struct store *store, struct problem *problem)
{
	struct problem why;

	if (outputs->document && file_check(outputs->document, problem) < 0)
		return EXIT_CODE_FAILURE;
	if (outputs->report && file_check(outputs->report, problem) < 0)
		return EXIT_CODE_FAILURE;
	if (outputs->report && page_is_pdf(outputs->report) && !pdf_program()) {
		pdf_missing(problem);
		return EXIT_CODE_SKIPPED;
	}
	outputs->stored = outputs->keeps;
	if (!outputs->stored || store_prepare(store, &why) == 0)
		return EXIT_CODE_OK;
	if (!outputs->document) {
		problem_set(problem, -EIO,
			"%.500s, so that the run could not be kept. Nothing was measured. Name "
			"another directory with --store, or use --out FILE or --no-store",
			why.text);
		return EXIT_CODE_FAILURE;
	}
	outputs->stored = false;
	struct problem longer;
	problem_set(&longer, -EIO, "%.500s; the run will only be in %.200s", why.text,
		outputs->document);
	run_outputs_warn(outputs, &longer);
	return EXIT_CODE_OK;
}

/* Writes the document to --out and, when it is kept nowhere, to standard output, which text for
 * people then leaves to it. Forgets --out when that fails. Returns an exit code. */
static int keep_document(struct run_outputs *outputs, const json_t *run)
{
	bool to_stdout = file_is_stdout(outputs->document);
	struct problem problem;
	bool written = outputs->document && store_write_file(outputs->document, run, &problem) == 0;

	if (outputs->document && !written)
		run_outputs_warn(outputs, &problem);
	bool asked = outputs->document || outputs->keeps;
	if (asked && !outputs->stored && !written && !to_stdout) {
		problem_set(&problem, 0,
			"the run could be kept nowhere; its document is on standard output");
		run_outputs_warn(outputs, &problem);
		to_stdout = store_write_file("-", run, &problem) == 0;
	}
	if (to_stdout)
		outputs->found = outputs->status;
	bool failed = (!outputs->stored && outputs->keeps && !outputs->document) ||
		      (outputs->document && !written);
	if (!written)
		outputs->document = NULL;
	return failed ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

static void print_verdict(const struct run_outputs *outputs, const json_t *run,
	const json_t *verdict, const struct store *store)
{
	char path[PATH_MAX];
	const char *id = document_text(run, "id");

	view_verdict(&outputs->found, run, verdict);
	if (outputs->report && !file_is_stdout(outputs->report))
		terminal_say(&outputs->found, 0, "The report is in %s.", outputs->report);
	if (outputs->document && !file_is_stdout(outputs->document))
		terminal_say(&outputs->found, 0, "The document is in %s.", outputs->document);
	if (!outputs->stored)
		return;
	terminal_say(&outputs->found, 0, "Kept in %s", store_file(store, id, path, sizeof(path)));
	if (outputs->report)
		return;
	/* Not wrapped: it is to be pasted. */
	fprintf(outputs->found.out, "A page of it: seatrial report %s", id);
	if (settings.store) {
		fputs(" --store ", outputs->found.out);
		shell_word(outputs->found.out, text_printable(settings.store, path, sizeof(path)));
	}
	fputs(" -o report.html\n", outputs->found.out);
}

/* The source is what the run's file holds, byte by byte. */
static int write_report(
	const char *report, const json_t *run, const json_t *verdict, struct problem *problem)
{
	char name[STORE_ID_LENGTH + 8], *text = json_dumps(run, JSON_COMPACT);
	bool missing;

	if (!text)
		return problem_set(problem, -ENOMEM, "not enough memory for the report");
	snprintf(name, sizeof(name), "%.*s.json", STORE_ID_LENGTH, document_text(run, "id"));
	size_t length = strlen(text);
	text[length++] = '\n'; /* in place of the NUL */
	const struct page_request request = {.path = report,
		.pdf = page_is_pdf(report),
		.document = run,
		.verdict = verdict,
		.source_path = name,
		.source = text,
		.source_length = length};
	int failure = page_write(&request, &missing, problem);
	free(text);
	return failure;
}

int run_outputs_conclude(struct run_outputs *outputs, const json_t *run, const struct store *store,
	struct problem *problem)
{
	int kept = keep_document(outputs, run);
	json_t *verdict = verdict_of_run(run, problem);

	if (!verdict)
		return EXIT_CODE_FAILURE;
	int code = kept == EXIT_CODE_OK ? run_exit_code(run, verdict) : kept;
	if (file_is_stdout(outputs->report))
		outputs->found = outputs->status;
	if (outputs->report && write_report(outputs->report, run, verdict, problem) < 0) {
		code = EXIT_CODE_FAILURE;
		outputs->report = NULL;
	}
	if (!settings.json && !settings.quiet)
		print_verdict(outputs, run, verdict, store);
	else if (settings.json && outputs->found.out == stdout &&
		 command_print_json(verdict, problem) != EXIT_CODE_OK)
		code = EXIT_CODE_FAILURE;
	json_decref(verdict);
	return code;
}
