/* Which document is to be exported. */
#include "document.h"
#include "export.h"
#include "settings.h"
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RUN_SCHEMA "seatrial.run/1"

static json_t *read_input(struct problem *problem)
{
	struct problem why;
	size_t length;
	char *text;

	if (document_read_input(STORE_FILE_MAX, &text, &length, problem) < 0)
		return NULL;
	json_t *document = document_parse(text, length, NULL, &why);
	if (!document)
		problem_set(problem, -EINVAL, "standard input cannot be used: %.400s", why.text);
	free(text);
	return document;
}

/* Whether it is of a kind that can be exported, and whole as far as the formats rely on that. */
static int check_kind(const json_t *document, const char *reference, struct problem *problem)
{
	const char *schema = document_text(document, "schema");
	struct problem why = {.text = ""};

	if (strcmp(schema, RUN_SCHEMA) == 0)
		document_check_run(document, &why);
	else if (strcmp(schema, EXPORT_GATE_SCHEMA) != 0)
		problem_set(&why, 0,
			"it follows \"%.64s\", and what can be exported is \"%s\" and \"%s\"",
			schema, RUN_SCHEMA, EXPORT_GATE_SCHEMA);
	else if (!json_is_array(json_object_get(document, "metrics")) ||
		 !*document_text(document, "verdict"))
		problem_set(&why, 0, "it says nothing of what the gate decided");
	if (!*why.text)
		return 0;
	return problem_set(
		problem, -EINVAL, "%.300s cannot be exported: %.400s", reference, why.text);
}

json_t *export_load(const char *reference, struct problem *problem)
{
	struct store store;
	json_t *document = NULL;

	if (strcmp(reference, "-") == 0) {
		document = read_input(problem);
		reference = "standard input";
	} else if (store_is_path(reference)) {
		document = document_read(reference, STORE_FILE_MAX, NULL, problem);
	} else if (settings_open_store(&store, problem) == 0) {
		document = store_load(&store, reference, problem);
	}
	if (document && check_kind(document, reference, problem) < 0) {
		json_decref(document);
		return NULL;
	}
	return document;
}
