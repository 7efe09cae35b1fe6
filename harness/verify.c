#include "verify.h"

#include "document.h"
#include "document_shapes.h"
#include "profile.h"
#include "text.h"
#include "verify_private.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN_MAX 20 /* told by name */

static const char *const kinds[] = {
	[FINDING_INCONSISTENT] = "inconsistent",
	[FINDING_NOTE] = "note",
};

static void append(struct verify *verify, enum finding kind, const char *where, const char *what)
{
	char place[2 * VERIFY_WHERE_MAX], words[640];

	json_array_append_new(
		verify->findings, json_pack("{s:s,s:s,s:s}", "kind", kinds[kind], "where",
					  text_printable(where, place, sizeof(place)), "what",
					  text_printable(what, words, sizeof(words))));
}

void verify_say(
	struct verify *verify, enum finding kind, const char *where, const char *format, ...)
{
	char what[640];
	va_list arguments;

	/* Notes give way: an inconsistency must not hide behind two hundred of them. */
	if (json_array_size(verify->findings) >=
		(kind == FINDING_NOTE ? VERIFY_FINDINGS_MAX / 2 : VERIFY_FINDINGS_MAX)) {
		verify->left_out += kind == FINDING_INCONSISTENT;
		return;
	}
	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	append(verify, kind, where, what);
}

bool verify_close(double left, double right, double tolerance)
{
	return left == right || fabs(left - right) <= tolerance * fmax(fabs(left), fabs(right));
}

const char *verify_where(const char *result, const char *list, size_t index, const json_t *item,
	char *buffer, size_t size)
{
	snprintf(buffer, size, "%s.%s[%zu] (%s)", result, list, index, document_text(item, "name"));
	return buffer;
}

char *verify_key(const char *name, const json_t *labels)
{
	char *text = json_dumps(labels, JSON_COMPACT | JSON_SORT_KEYS), *key = NULL;

	if (asprintf(&key, "%s %s", name, text ? text : "") < 0)
		key = NULL;
	free(text);
	return key;
}

/* Where unknown fields are told of. */
struct unknown {
	struct verify *verify;
	const char *result; /* place of the result they are in; NULL: the run itself */
	size_t count;
};

static void tell_unknown(void *data, const char *where)
{
	struct unknown *unknown = data;
	char place[VERIFY_WHERE_MAX + 256];

	if (unknown->count++ >= UNKNOWN_MAX)
		return;
	snprintf(place, sizeof(place), "%s%s%s", unknown->result ? unknown->result : "",
		unknown->result ? "." : "", where);
	verify_say(unknown->verify, FINDING_NOTE, place,
		"is a field that this version does not know, and did not check");
}

static void list_unknown(
	struct verify *verify, const json_t *object, const struct shape *fields, const char *result)
{
	struct unknown unknown = {.verify = verify, .result = result};

	shape_unknown(object, fields, tell_unknown, &unknown);
	if (unknown.count > UNKNOWN_MAX)
		verify_say(verify, FINDING_NOTE, result ? result : "",
			"has %zu more fields that this version does not know",
			unknown.count - UNKNOWN_MAX);
}

/* Whether the result fits its shape; then its parts are checked. */
static bool check_result(struct verify *verify, const json_t *result, size_t index)
{
	const char *schema = document_text(result, "schema");
	struct problem problem;
	char where[64];

	snprintf(where, sizeof(where), "results[%zu]", index);
	if (strcmp(schema, "seatrial.result/1") != 0) {
		verify_say(verify, FINDING_INCONSISTENT, where,
			"follows \"%.64s\" where \"seatrial.result/1\" is needed", schema);
		return false;
	}
	if (document_check_result(result, NULL, &problem) < 0) {
		verify_say(verify, FINDING_INCONSISTENT, where, "does not fit its schema: %.500s",
			problem.text);
		return false;
	}
	list_unknown(verify, result, shape_of_result, where);
	verify_metrics(verify, result, where);
	verify_latencies(verify, result, where);
	verify_series(verify, result, where);
	return true;
}

static void check_results(struct verify *verify, const json_t *run)
{
	const json_t *results = json_object_get(run, "results"), *result;
	bool *fit = calloc(json_array_size(results) + 1, sizeof(*fit));
	size_t i;

	if (!fit) {
		verify_say(verify, FINDING_INCONSISTENT, "results", "are too many to be checked");
		return;
	}
	json_array_foreach(results, i, result)
		fit[i] = check_result(verify, result, i);
	verify_common(verify, run, fit);
	free(fit);
}

static void check_profiles(struct verify *verify, const json_t *run)
{
	const json_t *profile;
	struct problem problem;
	char where[64];
	size_t i;

	json_array_foreach(json_object_get(run, "profiles"), i, profile) {
		snprintf(where, sizeof(where), "profiles[%zu]", i);
		if (profile_check(profile, &problem) < 0)
			verify_say(verify, FINDING_INCONSISTENT, where,
				"is not usable as a profile: %.500s", problem.text);
	}
}

json_t *verify_run(const json_t *run)
{
	struct verify verify = {.findings = json_array()};
	struct problem problem;
	char more[64];

	if (document_check_run(run, &problem) < 0) {
		verify_say(&verify, FINDING_INCONSISTENT, "", "does not fit its schema: %.500s",
			problem.text);
		return verify.findings;
	}
	list_unknown(&verify, run, shape_of_run, NULL);
	check_profiles(&verify, run);
	check_results(&verify, run);
	if (verify.left_out) {
		snprintf(more, sizeof(more), "%zu more inconsistencies are not listed",
			verify.left_out);
		append(&verify, FINDING_INCONSISTENT, "", more);
	}
	return verify.findings;
}

size_t verify_inconsistencies(const json_t *findings)
{
	const json_t *finding;
	size_t i, count = 0;

	json_array_foreach(findings, i, finding)
		count += strcmp(document_text(finding, "kind"), kinds[FINDING_INCONSISTENT]) == 0;
	return count;
}
