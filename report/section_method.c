#include "section.h"

#include "field.h"
#include "html.h"
#include "shell.h"
#include "units.h"

#include <stdlib.h>

/* A parameter's value as an option takes it: lists with commas, times in seconds. */
static void write_value(FILE *out, const json_t *value)
{
	size_t i;
	json_t *item;

	if (json_is_string(value))
		fputs(json_string_value(value), out);
	else if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		fprintf(out, "%.9g", json_real_value(value));
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "yes" : "no", out);
	json_array_foreach(value, i, item) {
		fputs(i ? "," : "", out);
		if (!json_is_array(item))
			write_value(out, item);
	}
}

/* As a string, for the caller to free; NULL when memory is short. */
static char *value_text(const json_t *value)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	write_value(out, value);
	fclose(out);
	return text;
}

static void write_parameters(struct page *page, const json_t *parameters)
{
	const char *name;
	json_t *value;

	if (!json_object_size(parameters))
		return;
	html(page->out, "<h4>Parameters</h4>\n<dl class=\"list\">\n");
	json_object_foreach((json_t *)parameters, name, value) {
		char *text = value_text(value);

		section_item(page, name, text && *text ? text : "not set");
		free(text);
	}
	html(page->out, "</dl>\n");
}

/* " --name=value" as one word. A flag stands alone; what is not set is left out. */
static void write_option(FILE *out, const char *name, const json_t *value)
{
	char *text = NULL, *word = NULL;
	size_t size;
	FILE *memory;

	if (json_is_false(value) || json_is_null(value) || json_is_object(value))
		return;
	text = json_is_true(value) ? NULL : value_text(value);
	memory = open_memstream(&word, &size);
	if (memory) {
		fprintf(memory, "--%s%s%s", name, text ? "=" : "", text ? text : "");
		fclose(memory);
		putc(' ', out);
		shell_word(out, word);
	}
	free(word);
	free(text);
}

/* The command that repeats this measurement alone. */
static void write_command(struct page *page, const json_t *result)
{
	char *text = NULL;
	const char *name;
	size_t size;
	json_t *value;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	fputs("seatrial-", out);
	shell_word(out, field_text(json_object_get(result, "bench"), "name", "?"));
	write_option(out, "preset", json_object_get(result, "preset"));
	write_option(out, "seed", json_object_get(result, "seed"));
	json_object_foreach(json_object_get(result, "parameters"), name, value)
		write_option(out, name, value);
	fclose(out);
	html(page->out, "<h4>To repeat this part alone</h4>\n<pre>%s</pre>\n", text);
	free(text);
}

static void write_instrument(struct page *page, const json_t *instrument)
{
	static const char *const rows[][2] = {
		{"clock_read_s", "Reading the clock"},
		{"clock_resolution_s", "Smallest step of the clock"},
		{"loop_s", "Measuring an empty operation"},
	};
	char text[64];
	double value;

	if (!json_object_size(instrument))
		return;
	html(page->out,
		"<h4>Cost of the instrument</h4>\n<p>A difference smaller than this is not a "
		"difference.</p>\n<dl class=\"list\">\n");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (field_number(instrument, rows[i][0], &value))
			section_item(
				page, rows[i][1], units_format(value, "s", text, sizeof(text)));
	html(page->out, "</dl>\n");
}

void section_method(struct page *page, const json_t *result)
{
	const json_t *suite = json_object_get(result, "suite");
	char text[256], started[64];
	double value;

	html(page->out, "<details class=\"method\"><summary>Method and parameters</summary>\n");
	html_paragraphs(page->out, field_text(json_object_get(result, "bench"), "method", NULL));
	write_parameters(page, json_object_get(result, "parameters"));
	write_command(page, result);
	write_instrument(page, json_object_get(result, "instrument"));
	html(page->out, "<h4>This result</h4>\n<dl class=\"list\">\n");
	section_item(page, "Started", field_time(result, "started", started, sizeof(started)));
	if (field_number(result, "duration_s", &value))
		section_item(page, "Took", units_format(value, "s", text, sizeof(text)));
	section_item(page, "Preset", field_text(result, "preset", NULL));
	snprintf(text, sizeof(text), "%s, commit %s", field_text(suite, "version", "unknown"),
		field_text(suite, "commit", "unknown"));
	section_item(page, "Version", text);
	html(page->out, "</dl>\n</details>\n");
}
