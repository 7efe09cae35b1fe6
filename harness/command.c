#include "command.h"

#include "exit_code.h"

int command_print_json(const json_t *document, struct problem *problem)
{
	if (json_dumpf(document, stdout, JSON_INDENT(2)) == 0 && fputc('\n', stdout) != EOF &&
		fflush(stdout) == 0)
		return EXIT_CODE_OK;
	problem_errno(problem, "cannot write to standard output");
	return EXIT_CODE_FAILURE;
}
