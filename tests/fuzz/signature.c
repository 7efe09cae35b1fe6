/*
 * Whatever is in a signature, in a public key and in what the programs that check them say, every
 * signature has one of the known states, and all texts are printable. The input is a byte for what
 * the programs return, then, after NULs, what is in the files and what they say.
 */
#include "signature.h"

#include "folder.h"
#include "text.h"
#include "tool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum part { SSH, MINISIGN, PUBLIC_KEY, OUTPUT, ERRORS, PARTS };

static const char *said[PARTS];
static unsigned outcomes;

static const char *const states[] = {"good", "bad", "unknown signer", "not checked", "failed"};

__attribute__((noinline)) static void require(bool holds)
{
	if (!holds)
		abort();
}

/* No program is run: what it would say is the input's. */
int tool_run(const struct tool_call *call, struct tool_result *result, struct problem *problem)
{
	unsigned outcome = outcomes & 3;

	for (const char *const *word = call->argv; *word; word++)
		require(!strchr(*word, '\n'));
	outcomes >>= 2;
	if (outcome == 3)
		return problem_set(problem, -1, "no program");
	result->succeeded = outcome & 1;
	snprintf(result->output, sizeof(result->output), "%s", said[OUTPUT]);
	snprintf(result->errors, sizeof(result->errors), "%s", said[ERRORS]);
	return 0;
}

int tool_memory(const void *data, size_t length, struct problem *problem)
{
	(void)data;
	(void)length;
	(void)problem;
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void check_one(const json_t *signature)
{
	char printable[4096];
	const char *key;
	json_t *value;
	bool known = false;

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		known = known ||
			strcmp(states[i], json_string_value(json_object_get(signature, "state"))) ==
				0;
	require(known);
	json_object_foreach((json_t *)signature, key, value) {
		const char *text = json_string_value(value);
		require(text &&
			strcmp(text, text_printable(text, printable, sizeof(printable))) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + PARTS + 1), *at = text, path[PATH_MAX], key[PATH_MAX],
	     signers[PATH_MAX];
	size_t i;
	json_t *signature;

	folder_open();
	outcomes = size ? data[0] * 0x101U : 0;
	memset(text, 0, size + PARTS + 1);
	memcpy(text, data + (size > 0), size - (size > 0));
	for (size_t part = 0; part < PARTS; part++) {
		said[part] = at;
		at = at < text + size ? at + strlen(at) + 1 : at;
	}
	folder_write("run.json.sig", said[SSH], strlen(said[SSH]));
	folder_write("run.json.minisig", said[MINISIGN], strlen(said[MINISIGN]));
	folder_write("key.pub", said[PUBLIC_KEY], strlen(said[PUBLIC_KEY]));
	snprintf(path, sizeof(path), "%s/run.json", folder);
	snprintf(key, sizeof(key), "%s/key.pub", folder);
	snprintf(signers, sizeof(signers), "%s/signers", folder);
	json_t *list = signature_check(&(struct signed_file){path, "{}", 2, "run", "id"},
		&(struct signature_keys){signers, key});
	require(json_array_size(list) == 2);
	json_array_foreach(list, i, signature)
		check_one(signature);
	json_decref(list);
	free(text);
	return 0;
}
