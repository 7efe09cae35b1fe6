/*
 * seatrial sign: vouch for a run, or what was made of runs.
 */
#include "command.h"
#include "exit_code.h"
#include "settings.h"
#include "signature.h"
#include "store.h"

#include <limits.h>
#include <stdlib.h>

static struct {
	const char *key;
} options;

static const struct option_row rows[] = {
	{.name = "key",
		.letter = 'k',
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), key),
		.argument = "FILE",
		.help = "Key to sign with: a secret key of minisign, or one of SSH, secret or, when an "
			"agent holds that, public"},
	{.name = NULL},
};

static int command_sign_main(int count, char **operands, struct problem *problem)
{
	struct store store;
	struct store_text text;
	char made[PATH_MAX + 16];
	int code = EXIT_CODE_FAILURE;

	if (!options.key) {
		problem_set(problem, 0, "say with which key: --key FILE");
		return EXIT_CODE_USAGE;
	}
	if (settings_open_store(&store, problem) < 0 ||
		store_read(&store, count ? operands[0] : "latest", &text, problem) < 0)
		return EXIT_CODE_FAILURE;
	json_t *document = signature_parse(&text, problem);
	const struct signed_file file = signature_file(&text, document);
	if (document && signature_make(&file, options.key, made, sizeof(made), problem) == 0) {
		struct terminal terminal;
		terminal_open(&terminal, stdout);
		terminal_say(&terminal, 0, "The signature is in %s.", made);
		code = EXIT_CODE_OK;
	}
	json_decref(document);
	free(text.text);
	return code;
}

static const struct option_row *const tables[] = {rows, settings_store, settings_help, NULL};
static void *const configs[] = {&options, &settings, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial sign",
	.summary = "Sign a stored run, or a comparison, a gate's decision or a history",
	.operands = "[RUN|FILE]",
	.description =
		"Signs the file of a run and puts the signature beside it: FILE.sig, by ssh-keygen -Y "
		"sign with the namespace \"seatrial-run\", or FILE.minisig, by minisign. What kind of "
		"key it is decides. A passphrase is asked for by those programs, at the terminal.\n\n"
		"FILE may also hold what `seatrial compare`, `seatrial gate` or `seatrial history` wrote "
		"with -o. The namespace is then \"seatrial-comparison\", \"seatrial-gate\" or "
		"\"seatrial-history\", so that a signature of one thing is none of another.\n\n"
		"A signature says who vouches for the file. Whoever gets the file and the signature "
		"checks both with `seatrial verify`.\n\n"
		"  seatrial sign --key ~/.ssh/id_ed25519\n"
		"  seatrial sign --key ~/.ssh/id_ed25519 comparison.json\n\n"
		"RUN is as for `seatrial show`.\n\n"
		"The exit status is 0, 1 when something cannot be read, signed or written, and 2 for a "
		"wrong command line.",
	.tables = tables,
};

const struct command command_sign = {
	.program = &program,
	.configs = configs,
	.operands = 1,
	.function = command_sign_main,
};
