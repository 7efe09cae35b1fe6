#include "command.h"

#include "document.h"
#include "exit_code.h"
#include "settings.h"
#include "store.h"
#include "text.h"
#include "verdict.h"

#include <stdlib.h>

int command_print_json(const json_t *document, struct problem *problem)
{
	/* Without JSON_ENSURE_ASCII, the controls of C1 and those of direction would be as they
	 * are. */
	if (json_dumpf(document, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII) == 0 &&
		fputc('\n', stdout) != EOF && fflush(stdout) == 0)
		return EXIT_CODE_OK;
	problem_errno(problem, "cannot write to standard output");
	return EXIT_CODE_FAILURE;
}

void command_warn(const char *command, const struct problem *warning)
{
	if (!*warning->text || settings.quiet)
		return;
	fprintf(stderr, "seatrial %s: ", command);
	text_print(stderr, warning->text);
	fputc('\n', stderr);
}

int command_load(
	int count, char **operands, json_t **run, json_t **verdict, struct problem *problem)
{
	struct store store;

	*run = *verdict = NULL;
	if (settings_open_store(&store, problem) < 0)
		return -1;
	*run = store_load(&store, count ? operands[0] : "latest", problem);
	if (*run)
		*verdict = verdict_of_run(*run, problem);
	if (*verdict)
		return 0;
	json_decref(*run);
	*run = NULL;
	return -1;
}
