#include "sample_private.h"

#include "allocate.h"
#include "document.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As text: a line for each requirement, "STATUS EXCESS JSON", and an empty one after each profile.
 */

static enum status status_of(const json_t *line)
{
	enum status status = STATUS_MET;

	while (status < STATUS_NOT_MET &&
		strcmp(document_text(line, "status"), status_names[status]) != 0)
		status++;
	return status;
}

/* 0 for what is no number, or has no limit that is one. */
static double excess_of(const json_t *line, const json_t *requirement)
{
	const json_t *value = json_object_get(line, "value");
	double min = judge_min(requirement), max = judge_max(requirement);

	return json_is_number(value) && (isfinite(min) || isfinite(max))
		       ? judge_excess(json_number_value(value), min, max)
		       : 0;
}

static void write_line(FILE *out, const json_t *line, const json_t *requirement)
{
	static const char *const own[] = {"status", "value", "low", "high", "confidence", "n",
		"samples", "events", "exposure", "labels", "reading"};
	json_t *brief = json_object();

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (json_object_get(line, own[i]))
			json_object_set(brief, own[i], json_object_get(line, own[i]));
	if (json_object_get(line, "fact") && json_object_get(line, "unit"))
		json_object_set(brief, "unit", json_object_get(line, "unit"));
	/* Of what is met, reading and limit say all. */
	if (status_of(line) != STATUS_MET)
		json_object_set(brief, "text", json_object_get(line, "text"));
	char *text = allocate_need(json_dumps(brief, JSON_COMPACT));
	fprintf(out, "%d %.17g %s\n", (int)status_of(line), excess_of(line, requirement), text);
	free(text);
	json_decref(brief);
}

char *sample_lines_text(const json_t *verdict, const json_t *profiles)
{
	const json_t *profile, *line;
	char *text = NULL;
	size_t size, i, k;
	FILE *out = allocate_need(open_memstream(&text, &size));

	json_array_foreach(json_object_get(verdict, "profiles"), i, profile) {
		const json_t *requirements =
			json_object_get(json_array_get(profiles, i), "requirements");
		json_array_foreach(json_object_get(profile, "lines"), k, line)
			write_line(out, line, json_array_get(requirements, k));
		fputc('\n', out);
	}
	fclose(out);
	return allocate_need(text);
}

enum sample_lines sample_next_line(const char **at, struct sample_line *line)
{
	char *end;

	if (!*at || !**at)
		return SAMPLE_LINES_END;
	size_t length = strcspn(*at, "\n");
	const char *next = *at + length + ((*at)[length] == '\n');
	if (length == 0) {
		*at = next;
		return SAMPLE_LINES_NEXT_PROFILE;
	}
	long status = strtol(*at, &end, 10);
	line->status = status >= STATUS_MET && status <= STATUS_NOT_MET ? (enum status)status
									: STATUS_NOT_MET;
	line->excess = strtod(end, &end);
	line->text = end + (*end == ' ');
	line->length = end < *at + length ? (size_t)(*at + length - line->text) : 0;
	*at = next;
	return SAMPLE_LINES_LINE;
}
