/*
 * Whatever a document of the suite holds, it is refused with a sentence or it has what its readers
 * rely on; and whatever a run holds, it can be verified. The input is a document or, where its
 * first byte is a small one, edits to a good document of the kind that this byte chooses.
 */
#include "document.h"

#include "edit.h"
#include "profile.h"
#include "text.h"
#include "verify.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum kind { RUN, BENCH, PROFILE, RESULT, KINDS };
#define EDITS 8 /* first bytes below it mean edits */

static const char *const schemas[KINDS] = {
	"seatrial.run/1", "seatrial.bench/1", "seatrial.profile/1", "seatrial.result/1"};

static const char bench[] =
	"{\"schema\":\"seatrial.bench/1\",\"name\":\"b\",\"question\":\"Q\",\"method\":\"M\",\"suite\":"
	"{\"version\":\"0.1.0\",\"commit\":\"\"},\"options\":[{\"name\":\"o\",\"type\":\"count\","
	"\"help\":\"H\",\"default\":{\"quick\":\"1\"},\"choices\":[\"a\"]}],\"metrics\":[{\"name\":\"m\","
	"\"title\":\"M\",\"unit\":\"s\",\"against\":\"n\"}],\"distributions\":[{\"name\":\"d\",\"title\":"
	"\"D\",\"unit\":\"s\"}],\"available\":false,\"obstacle\":{\"why\":\"W\",\"enable\":\"E\"},"
	"\"estimate_s\":1}";

static void require(bool holds)
{
	if (!holds)
		abort();
}

static json_t *load_good(enum kind kind)
{
	json_t *run = json_load_file(FUZZ_CORPUS "/good-run.json", 0, NULL);
	const char *list = kind == PROFILE ? "profiles" : "results";
	json_t *good = kind == RUN     ? json_incref(run)
		       : kind == BENCH ? json_loads(bench, 0, NULL)
				       : json_incref(json_array_get(json_object_get(run, list), 0));

	require(good);
	json_decref(run);
	return good;
}

static bool is_printable(const json_t *object, const char *key)
{
	static char printable[4096];
	const char *text = json_string_value(json_object_get(object, key));

	return text && strcmp(text, text_printable(text, printable, sizeof(printable))) == 0;
}

static void check_run(const json_t *run)
{
	json_t *findings = verify_run(run), *finding;
	size_t i;

	require(json_array_size(findings) <= VERIFY_FINDINGS_MAX + 1);
	require(verify_inconsistencies(findings) <= json_array_size(findings));
	json_array_foreach(findings, i, finding)
		require(is_printable(finding, "where") && is_printable(finding, "what") &&
			*json_string_value(json_object_get(finding, "what")));
	json_decref(findings);
}

static void check(const json_t *document, enum kind kind)
{
	struct problem problem = {""};
	int failure = 0;

	if (kind == RUN)
		check_run(document);
	else if (kind == BENCH)
		failure = document_check_bench(document, "b", &problem);
	else if (kind == PROFILE)
		failure = profile_check(document, &problem);
	else
		failure = document_check_result(document, NULL, &problem);
	require(!failure || *problem.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static json_t *good[KINDS];
	struct problem problem = {""};
	json_t *document = NULL;

	for (enum kind kind = 0; kind < KINDS && !good[kind]; kind++)
		good[kind] = load_good(kind);
	if (size && data[0] < EDITS) {
		document = edited(good[data[0] % KINDS], data + 1, size - 1);
		check(document, data[0] % KINDS);
		json_decref(document);
		return 0;
	}
	for (enum kind kind = 0; kind < KINDS; kind++) {
		if (kind && !memmem(data, size, schemas[kind], strlen(schemas[kind])))
			continue;
		document = document_parse((const char *)data, size, schemas[kind], &problem);
		require(document || *problem.text);
		if (document)
			check(document, kind);
		json_decref(document);
	}
	return 0;
}
