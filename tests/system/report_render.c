/* report_render RUN VERDICT OUT [GNUPLOT]: writes the report on two documents, for the tests. */
#include "report.h"

#include <stdlib.h>

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

	if (argc < 4) {
		fputs("Usage: report_render RUN VERDICT OUT [GNUPLOT]\n", stderr);
		return 2;
	}
	json_t *run = load(argv[1]), *verdict = load(argv[2]);
	FILE *out = fopen(argv[3], "we");
	if (!run || !verdict || !out)
		return 1;
	int code = report_html(
		run, verdict, &(struct report_options){.gnuplot = argv[4]}, out, &problem);
	if (fclose(out) != 0 || code < 0) {
		fprintf(stderr, "report_render: %s\n", problem.text);
		code = -1;
	}
	json_decref(run);
	json_decref(verdict);
	return code < 0;
}
