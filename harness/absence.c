#include "absence.h"

#include "document.h"

#include <stdio.h>
#include <string.h>

static bool is_of_bench(const json_t *document, const char *bench)
{
	return strcmp(document_text(json_object_get(document, "bench"), "name"), bench) == 0;
}

static bool has_status(const json_t *document, const char *bench, const char *const *statuses)
{
	bool has = false;

	if (!is_of_bench(document, bench) ||
		strcmp(document_text(document, "schema"), "seatrial.result/1") != 0)
		return false;
	for (; *statuses; statuses++)
		has |= strcmp(document_text(document, "status"), *statuses) == 0;
	return has;
}

bool absence_is_usable(const json_t *document, const char *bench)
{
	static const char *const statuses[] = {"complete", "interrupted", NULL};

	return has_status(document, bench, statuses);
}

bool absence_has_facts(const json_t *document, const char *bench)
{
	static const char *const statuses[] = {"complete", "interrupted", "failed", NULL};

	return has_status(document, bench, statuses);
}

/* Whether what was skipped covers `name`: "etcd" covers "etcd.append.p99". */
static bool covers(const char *what, const char *name)
{
	size_t length = strlen(what);

	return length && strncmp(what, name, length) == 0 && (!name[length] || name[length] == '.');
}

/* The entry under "skipped" that covers `name` or, with a NULL name, the first. */
static const json_t *find_skipped(const json_t *document, const char *name)
{
	size_t index;
	json_t *entry;

	json_array_foreach(json_object_get(document, "skipped"), index, entry)
		if (!name || covers(document_text(entry, "what"), name))
			return entry;
	return NULL;
}

static void explain_skipped(const json_t *entry, char *buffer, size_t size)
{
	const char *enable = document_text(entry, "enable");

	snprintf(buffer, size, "%.200s%s%.200s", document_text(entry, "why"),
		*enable ? "; to enable it: " : "", enable);
}

static bool explain_document(
	const json_t *document, const char *bench, const char *name, char *buffer, size_t size)
{
	bool usable = absence_is_usable(document, bench);
	const json_t *entry = find_skipped(document, usable ? name : NULL);
	const char *reason = document_text(document, "reason");

	if (!is_of_bench(document, bench))
		return false;
	if (entry && *document_text(entry, "why"))
		explain_skipped(entry, buffer, size);
	else if (*reason)
		snprintf(buffer, size, "the benchmark \"%s\" did not get that far: %.300s", bench,
			reason);
	else
		snprintf(buffer, size, "the benchmark \"%s\" ran, but its result does not have it",
			bench);
	return true;
}

void absence_explain(
	const json_t *run, const char *bench, const char *name, char *buffer, size_t size)
{
	size_t index;
	json_t *item;

	json_array_foreach(json_object_get(run, "results"), index, item)
		if (explain_document(item, bench, name, buffer, size))
			return;
	json_array_foreach(json_object_get(run, "notes"), index, item) {
		if (strcmp(document_text(item, "bench"), bench) != 0 ||
			!*document_text(item, "what"))
			continue;
		snprintf(buffer, size, "the benchmark \"%s\" gave no result: %.300s", bench,
			document_text(item, "what"));
		return;
	}
	snprintf(buffer, size, "the benchmark \"%s\" was not part of this run", bench);
}
