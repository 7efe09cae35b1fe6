/*
 * seatrial verify: can a run be trusted?
 */
#include "clock.h"
#include "command.h"
#include "document.h"
#include "exit_code.h"
#include "file.h"
#include "settings.h"
#include "signature.h"
#include "store.h"
#include "text.h"
#include "verify.h"
#include "version.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static struct {
	bool require;
} options;

static const struct option_row rows[] = {
	{.name = "require-signature",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(options), require),
		.help = "Accept no file without a good signature by one of those keys"},
	{.name = NULL},
};

/* A run's file need not bear the run's name, but one that bears another run's is not what it seems.
 */
static void check_name(const char *path, const json_t *run, json_t *findings)
{
	const char *name = file_name(path), *id = document_text(run, "id");
	size_t length = strlen(id);

	if (store_is_run_file(name) && strncmp(name, id, length) != 0)
		json_array_append_new(
			findings, json_pack("{s:s,s:s,s:s}", "kind", "inconsistent", "where", "id",
					  "what", "is not the one that the file is named after"));
}

/* Whether the signatures are as good as was asked for. */
static bool are_good(const json_t *signatures)
{
	return !signature_any(signatures, "bad") && !signature_any(signatures, "unknown signer") &&
	       (!options.require || signature_any(signatures, "good"));
}

static const char *state_of(const json_t *findings, const json_t *signatures)
{
	if (verify_inconsistencies(findings))
		return "inconsistent";
	return are_good(signatures) ? "consistent" : "not trusted";
}

/* What is not computed again is as good as who signed it. */
static const char *state_of_signatures(const json_t *signatures)
{
	if (!are_good(signatures))
		return "not trusted";
	if (signature_any(signatures, "good"))
		return "signed";
	return json_array_size(signatures) ? "not checked" : "unsigned";
}

/* What there is to say of a run, or of what was made of runs. */
static json_t *describe(const struct store_text *text, const json_t *document)
{
	const struct signed_file file = signature_file(text, document);
	json_t *signatures = signature_check(&file, &settings.keys);
	char path[PATH_MAX];

	text_printable(text->path, path, sizeof(path));
	if (!signature_is_of_run(document))
		return json_pack("{s:s,s:O,s:s,s:s,s:o}", "file", path, "schema",
			json_object_get(document, "schema"), "created",
			document_text(document, "created"), "state",
			state_of_signatures(signatures), "signatures", signatures);
	json_t *findings = verify_run(document);
	check_name(text->path, document, findings);
	return json_pack("{s:s,s:O,s:s,s:o,s:o}", "file", path, "id",
		json_object_get(document, "id"), "state", state_of(findings, signatures),
		"findings", findings, "signatures", signatures);
}

/* What there is to say of one file; NULL with a sentence. */
static json_t *verify_file(
	const struct store *store, const char *reference, struct problem *problem)
{
	struct store_text text;
	json_t *said = NULL;

	if (store_read(store, reference, &text, problem) < 0)
		return NULL;
	json_t *document = signature_parse(&text, problem);
	if (document)
		said = describe(&text, document);
	json_decref(document);
	free(text.text);
	return said;
}

static void show_signature(const char *path, const json_t *signature)
{
	const char *state = document_text(signature, "state");
	const char *kind = document_text(signature, "kind");

	if (strcmp(state, "good") == 0)
		printf("%s: signed by %s (%s, %s)\n", path, document_text(signature, "by"), kind,
			document_text(signature, "key"));
	else
		printf("%s: %s signature: %s: %s\n", path, kind, state,
			document_text(signature, "why"));
}

/* One line a finding; everything in it is printable already. */
static void show(const json_t *said)
{
	const char *path = document_text(said, "file");
	const json_t *signatures = json_object_get(said, "signatures"), *item;
	size_t i;

	json_array_foreach(json_object_get(said, "findings"), i, item) {
		const char *where = document_text(item, "where");
		printf("%s: %s: %s%s%s\n", path, document_text(item, "kind"), where,
			*where ? " " : "", document_text(item, "what"));
	}
	json_array_foreach(signatures, i, item)
		show_signature(path, item);
	if (json_array_size(signatures) == 0)
		printf("%s: unsigned\n", path);
	if (json_object_get(said, "findings"))
		printf("%s: %s\n", path, document_text(said, "state"));
	else
		printf("%s: %s; it is no run, and nothing in it was computed again\n", path,
			document_text(said, "state"));
}

static int code_of(const json_t *said)
{
	const char *state = document_text(said, "state");

	if (strcmp(state, "inconsistent") == 0 || strcmp(state, "not trusted") == 0)
		return EXIT_CODE_INCONSISTENT;
	return signature_any(json_object_get(said, "signatures"), "failed") ? EXIT_CODE_FAILURE
									    : EXIT_CODE_OK;
}

/* The worse of two: what is known to be wrong, then what could not be looked at. */
static int worse(int left, int right)
{
	if (left == EXIT_CODE_INCONSISTENT || right == EXIT_CODE_INCONSISTENT)
		return EXIT_CODE_INCONSISTENT;
	return left != EXIT_CODE_OK ? left : right;
}

/* A key file that is not there would make every signer unknown. */
static int check_keys(struct problem *problem)
{
	const char *const files[] = {settings.keys.allowed_signers, settings.keys.public_key};
	char *text = NULL;
	size_t length;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i] &&
			document_read_file(files[i], (size_t)1 << 20, &text, &length, problem) < 0)
			return -1;
		free(text);
		text = NULL;
	}
	if (options.require && !files[0] && !files[1])
		return problem_set(problem, -1,
			"--require-signature: say whose, with --allowed-signers or --public-key");
	return 0;
}

static json_t *new_document(void)
{
	char now[CLOCK_UTC_SIZE];

	return json_pack("{s:s,s:{s:s,s:s},s:s,s:[],s:[]}", "schema", "seatrial.verification/1",
		"suite", "version", SEATRIAL_VERSION, "commit", SEATRIAL_COMMIT, "created",
		clock_utc(now), "runs", "documents");
}

/* Says what could not be read, each file on a line, and goes on with the others. */
static int verify_all(const struct store *store, int count, char **references, json_t *document)
{
	int code = EXIT_CODE_OK;

	for (int i = 0; i < count; i++) {
		struct problem problem = {.text = ""};
		json_t *said = verify_file(store, references[i], &problem);
		code = worse(code, said ? code_of(said) : EXIT_CODE_FAILURE);
		if (!said) {
			fputs("seatrial verify: ", stderr);
			text_print(stderr, problem.text);
			fputc('\n', stderr);
			continue;
		}
		if (!settings.json && !settings.quiet)
			show(said);
		if (settings.json)
			json_array_append(
				json_object_get(document,
					json_object_get(said, "findings") ? "runs" : "documents"),
				said);
		json_decref(said);
	}
	return code;
}

static int command_verify_main(int count, char **operands, struct problem *problem)
{
	char *latest[] = {(char *)"latest"};
	struct store store;

	if (check_keys(problem) < 0)
		return EXIT_CODE_USAGE;
	if (settings_open_store(&store, problem) < 0)
		return EXIT_CODE_FAILURE;
	json_t *document = new_document();
	int code = verify_all(&store, count ? count : 1, count ? operands : latest, document);
	if ((json_array_size(json_object_get(document, "runs")) > 0 ||
		    json_array_size(json_object_get(document, "documents")) > 0) &&
		command_print_json(document, problem) != EXIT_CODE_OK)
		code = EXIT_CODE_FAILURE;
	json_decref(document);
	return code;
}

static const struct option_row *const tables[] = {
	rows, settings_signers, settings_store, settings_output, settings_help, NULL};
static void *const configs[] = {&options, &settings, &settings, &settings, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial verify",
	.summary = "Check that runs agree with themselves, and who signed them",
	.operands = "[RUN|FILE]...",
	.description =
		"Computes again what can be computed from something else in a run: summaries from "
		"values, quantiles from histograms, pooled histograms from those of the repetitions. "
		"Compares what must be equal: host, seed, preset, and the parameters and programs of a "
		"benchmark that was repeated. Looks whether times are in order, and the file bears the "
		"run's name. Prints one line a finding, one a signature, and whether the run is "
		"consistent.\n\n"
		"A consistent run can still be invented as a whole. A signature says who vouches for "
		"it; it is looked for beside the file (FILE.sig of ssh-keygen, FILE.minisig of "
		"minisign) and checked with the keys that you name.\n\n"
		"FILE may also hold what `seatrial compare`, `seatrial gate` or `seatrial history` wrote "
		"with -o. Nothing in it is computed again: what it is worth is who signed it.\n\n"
		"  seatrial verify --allowed-signers signers --require-signature *.json\n\n"
		"The exit status is 0 when all runs are consistent and no signature is wrong, 3 when "
		"one is not, 1 when one could not be looked at, and 2 for a wrong command line. RUN is as "
		"for `seatrial show`.",
	.tables = tables,
};

const struct command command_verify = {
	.program = &program,
	.configs = configs,
	.operands = INT_MAX,
	.function = command_verify_main,
};
