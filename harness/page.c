#include "page.h"

#include "file.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int page_write(const char *path, const json_t *run, const json_t *verdict, const json_t *signatures,
	struct problem *problem)
{
	const struct report_options options = {.signatures = signatures};
	char *text = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&text, &length);

	if (!memory)
		return problem_errno(problem, "cannot make the report");
	int failure = report_html(run, verdict, &options, memory, problem);
	if (fclose(memory) == EOF && !failure)
		failure = problem_errno(problem, "cannot make the report");
	if (!failure)
		failure = strcmp(path, "-") == 0
				  ? file_print(text, length, problem)
				  : file_write(path, text, length, FILE_REPLACE, problem);
	free(text);
	return failure;
}
