/* report_render KIND DOCUMENT [VERDICT] OUT [GNUPLOT]: writes a report, for the tests. KIND is run,
 * comparison or history, with "-paper" for a PDF's. */
#include "report.h"

#include <stdlib.h>
#include <string.h>

static json_t *load(const char *path)
{
	json_error_t error;
	json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!document)
		fprintf(stderr, "report_render: %s: %s\n", path, error.text);
	return document;
}

int main(int argc, char **argv)
{
	struct problem problem = {""};
	const char *kind = argc > 1 ? argv[1] : "";
	bool is_run = strncmp(kind, "run", 3) == 0;

	if (argc < 4 + is_run) {
		fputs("Usage: report_render KIND DOCUMENT [VERDICT] OUT [GNUPLOT]\n", stderr);
		return 2;
	}
	json_t *document = load(argv[2]), *verdict = is_run ? load(argv[3]) : NULL;
	FILE *out = fopen(argv[3 + is_run], "we");
	if (!document || (is_run && !verdict) || !out)
		return 1;
	const struct report_options options = {
		.gnuplot = argv[4 + is_run], .paper = strstr(kind, "-paper")};
	int code = is_run ? report_html(document, verdict, &options, out, &problem)
		   : strncmp(kind, "comparison", 10) == 0
			   ? report_comparison(document, &options, out, &problem)
			   : report_history(document, &options, out, &problem);
	if (fclose(out) != 0 || code < 0) {
		fprintf(stderr, "report_render: %s\n", problem.text);
		code = -1;
	}
	json_decref(document);
	json_decref(verdict);
	return code < 0;
}
