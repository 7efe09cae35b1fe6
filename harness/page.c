#include "page.h"

#include "document.h"
#include "file.h"
#include "pdf.h"
#include "report.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* Safe in a file's name everywhere. */
#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"

/* ".html" of "a/host.html", "" of ".html" and of "a.b/host". */
static const char *ending_of(const char *path)
{
	const char *name = file_name(path), *point = strrchr(name, '.');

	return point && point > name ? point : "";
}

bool page_is_pdf(const char *path)
{
	return strcasecmp(ending_of(path), ".pdf") == 0;
}

int page_check_name(
	const char *option, const char *path, const char *advice, struct problem *problem)
{
	static const char *const known[] = {"", ".html", ".htm", ".pdf"};
	const char *ending = ending_of(path);
	struct stat status;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(ending, known[i]) == 0)
			return 0;
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
		return 0;
	return problem_set(problem, -EINVAL,
		"%s: a report is a page or a PDF, which \"%.40s\" is not; name a file that ends in "
		".html or .pdf%s",
		option, ending, advice);
}

static int write_html(const struct page_request *request, const struct report_options *options,
	FILE *out, struct problem *problem)
{
	if (request->verdict)
		return report_html(request->document, request->verdict, options, out, problem);
	if (strncmp(document_text(request->document, "schema"), "seatrial.history/", 17) == 0)
		return report_history(request->document, options, out, problem);
	return report_comparison(request->document, options, out, problem);
}

/* The page as text, for the caller to free. */
static int make_html(
	const struct page_request *request, char **text, size_t *length, struct problem *problem)
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	char sha256[2 * sizeof(digest) + 1];
	struct report_source source = {.sha256 = sha256, .bytes = request->source_length};
	struct report_options options = {.paper = request->pdf, .signatures = request->signatures};
	FILE *memory = open_memstream(text, length);

	if (!memory)
		return problem_errno(problem, "cannot make the report");
	if (request->source) {
		crypto_hash_sha256(
			digest, (const unsigned char *)request->source, request->source_length);
		sodium_bin2hex(sha256, sizeof(sha256), digest, sizeof(digest));
		source.name = file_name(request->source_path);
		options.source = &source;
	}
	int failure = write_html(request, &options, memory, problem);
	if (fclose(memory) == EOF && !failure)
		failure = problem_errno(problem, "cannot make the report");
	return failure;
}

/* "seatrial-20260120T150405Z-0a1b2c3d.json", "seatrial-comparison-2026-02-03T040506Z.json": what is
 * no letter, digit or '-' is left out, as a document may hold anything. */
static void name_attachment(const struct page_request *request, char *name, size_t size)
{
	const char *schema = document_text(request->document, "schema");
	const char *kind = request->verdict                                ? ""
			   : strncmp(schema, "seatrial.history/", 17) == 0 ? "history-"
									   : "comparison-";
	const char *key = request->verdict ? "id" : "created";
	size_t length = (size_t)snprintf(name, size, "seatrial-%s", kind);

	for (const char *at = document_text(request->document, key);
		*at && length + sizeof(".json") < size; at++)
		if (strchr(NAME_CHARACTERS, *at))
			name[length++] = *at;
	while (name[length - 1] == '-')
		length--;
	snprintf(name + length, size - length, ".json");
}

int page_write(const struct page_request *request, bool *missing, struct problem *problem)
{
	char *text = NULL;
	size_t length = 0;

	*missing = false;
	if (request->pdf && !pdf_program()) {
		*missing = true;
		return pdf_missing(problem);
	}
	int failure = make_html(request, &text, &length, problem);
	if (!failure && request->pdf) {
		char name[80], *page = text;
		struct pdf_attachment attachment = {
			.name = name, .data = request->source, .length = request->source_length};

		name_attachment(request, name, sizeof(name));
		failure = pdf_make(page, &attachment, &text, &length, problem);
		free(page);
		if (failure)
			return failure;
	}
	if (!failure)
		failure = file_output(request->path, text, length, problem);
	free(text);
	return failure;
}
