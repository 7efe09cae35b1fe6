#include "section.h"

#include "field.h"
#include "html.h"
#include "shell.h"

#include <stdlib.h>
#include <string.h>

#define PROGRAMS_MAX 64 /* listed */

/* The command line that repeats the run, for the caller to free; NULL when memory is short. */
static char *command_line(const json_t *run)
{
	const char *preset = field_text(run, "preset", "standard"), *between = " --profile ";
	char *text = NULL;
	size_t size, i;
	json_t *profile;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("seatrial run", out);
	json_array_foreach(json_object_get(run, "profiles"), i, profile) {
		fputs(between, out);
		shell_word(out, field_text(profile, "name", "?"));
		between = ",";
	}
	if (strcmp(preset, "standard") != 0) {
		fputs(" --", out);
		shell_word(out, preset);
	}
	if (field_count(run, "repeat") > 1)
		fprintf(out, " --repeat %zu", field_count(run, "repeat"));
	if (field_count(run, "seed"))
		fprintf(out, " --seed %zu", field_count(run, "seed"));
	fclose(out);
	return text;
}

void section_signatures(struct page *page)
{
	const json_t *signature;
	char text[1024];
	size_t i;

	if (page->options->signatures && !json_array_size(page->options->signatures))
		section_item(page, "Signed by", "nobody: there is no signature beside it");
	json_array_foreach(page->options->signatures, i, signature) {
		const char *state = field_text(signature, "state", "");
		if (strcmp(state, "good") == 0)
			snprintf(text, sizeof(text), "%s (%s, %s)",
				field_text(signature, "by", "?"),
				field_text(signature, "kind", "?"),
				field_text(signature, "key", "?"));
		else if (strcmp(state, "not checked") == 0)
			snprintf(text, sizeof(text),
				"a signature is there and was not checked (%s)",
				field_text(signature, "kind", "?"));
		else
			snprintf(text, sizeof(text),
				"not shown: a signature is there (%s), but: %s",
				field_text(signature, "kind", "?"),
				field_text(signature, "why", "?"));
		section_item(page, "Signed by", text);
	}
}

static void write_program(struct page *page, const json_t *program)
{
	char text[512];

	if (!json_is_object(program))
		return;
	snprintf(text, sizeof(text), "%s (SHA-256)", field_text(program, "name", "?"));
	section_item(page, text, field_text(program, "sha256", "?"));
}

/* The file of each program that took part, once where it is the same. */
static void write_programs(struct page *page)
{
	const json_t *results = json_object_get(page->run, "results"), *result;
	const json_t *seen[PROGRAMS_MAX];
	size_t i, k, count = 0;

	write_program(page, json_object_get(page->run, "program"));
	json_array_foreach(results, i, result) {
		const json_t *program = json_object_get(result, "program");
		for (k = 0; k < count && !json_equal(program, seen[k]); k++)
			continue;
		if (!json_is_object(program) || k < count || count == PROGRAMS_MAX)
			continue;
		seen[count++] = program;
		write_program(page, program);
	}
}

void section_provenance(struct page *page)
{
	const json_t *suite = json_object_get(page->run, "suite");
	const json_t *host = json_object_get(page->run, "host");
	char text[512], *command = command_line(page->run);

	html(page->out, "<section class=\"provenance\">\n<h2>How to repeat it</h2>\n");
	if (command)
		html(page->out, "<pre>%s</pre>\n", command);
	free(command);
	html(page->out, "<dl class=\"list\">\n");
	section_item(page, "Run", field_text(page->run, "id", "unknown"));
	section_item(page, "Host identity", field_text(host, "id", "unknown"));
	section_item(page, "Clock source", field_text(host, "clocksource", "unknown"));
	if (json_is_boolean(json_object_get(host, "root")))
		section_item(page, "Ran as root",
			field_value(json_object_get(host, "root"), NULL, text, sizeof(text)));
	section_item(page, "Started", field_text(page->run, "started", "unknown"));
	section_item(page, "Finished", field_text(page->run, "finished", "did not finish"));
	snprintf(text, sizeof(text), "%s, commit %s", field_text(suite, "version", "unknown"),
		field_text(suite, "commit", "unknown"));
	section_item(page, "seatrial", text);
	write_programs(page);
	section_signatures(page);
	html(page->out,
		"</dl>\n"
		"<h3>How to read it</h3>\n"
		"<p>A reading stands with the interval that its repetitions leave open, at the confidence "
		"named with it. “At least” or “at most” in its place, or “open”, say that too little "
		"was measured to bound the other side, or either. A limit inside "
		"the interval is never called met.</p>\n</section>\n");
}
