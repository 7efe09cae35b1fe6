#include "sample_private.h"

#include "document.h"
#include "store.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define RUN_SCHEMA "seatrial.run/1"

json_t *sample_header(struct sample_set *set, const json_t *run, const char *sha256)
{
	static const char *const copied[] = {"id", "started", "state", "label", "preset"};
	static const char *const shared[] = {"host", "suite"};
	json_t *header = json_object();

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]); i++)
		if (json_object_get(run, copied[i]))
			json_object_set(header, copied[i], json_object_get(run, copied[i]));
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		const json_t *value = json_object_get(run, shared[i]);
		json_object_set(header, shared[i], sample_set_share(set, value));
	}
	if (sha256)
		json_object_set_new(header, "sha256", json_string(sha256));
	return header;
}

json_t *sample_profiles(struct sample_set *set, const json_t *run)
{
	json_t *profiles = json_array();
	const json_t *profile;
	size_t i;

	json_array_foreach(json_object_get(run, "profiles"), i, profile)
		json_array_append(profiles, sample_set_share(set, profile));
	return profiles;
}

json_t *sample_verdicts(struct sample_set *set, const json_t *run, char **lines)
{
	struct problem problem;
	json_t *verdict = verdict_of_another_run(run, sample_set_verdicts(set), &problem);
	json_t *brief = json_array();
	const json_t *profile;
	size_t i;

	json_array_foreach(json_object_get(verdict, "profiles"), i, profile)
		json_array_append_new(brief,
			json_pack("{s:O,s:O,s:O,s:O}", "profile", json_object_get(profile, "name"),
				"title", json_object_get(profile, "title"), "overall",
				json_object_get(profile, "overall"), "why",
				json_object_get(profile, "summary")));
	*lines = sample_lines_text(verdict, json_object_get(run, "profiles"));
	json_decref(verdict);
	return brief;
}

const struct sample_run *sample_run_parse(struct sample_set *set, const char *text, size_t length,
	const char *what, struct problem *problem)
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	char sum[2 * sizeof(digest) + 1];
	struct problem why;
	json_t *run = document_parse(text, length, RUN_SCHEMA, &why);

	if (!run || document_check_run(run, &why) < 0) {
		problem_set(problem, -EINVAL, "%.300s is not a usable run: %.400s", what, why.text);
		json_decref(run);
		return NULL;
	}
	crypto_hash_sha256(digest, (const unsigned char *)text, length);
	sodium_bin2hex(sum, sizeof(sum), digest, sizeof(digest));
	const struct sample_run *added = sample_set_add(set, run, sum);
	json_decref(run);
	return added;
}

const struct sample_run *sample_run_read(
	struct sample_set *set, const char *path, struct problem *problem)
{
	char *text;
	size_t length;

	if (document_read_file(path, STORE_FILE_MAX, &text, &length, problem) < 0)
		return NULL;
	const struct sample_run *run = sample_run_parse(set, text, length, path, problem);
	free(text);
	return run;
}

const char *sample_run_unfinished(const struct sample_run *run)
{
	const char *state = document_text(run->header, "state");

	if (strcmp(state, "running") == 0)
		return "the run is still under way, or was ended before it was through: readings "
		       "may be missing";
	return strcmp(state, "interrupted") == 0
		       ? "the run was interrupted: readings may be missing"
		       : NULL;
}
