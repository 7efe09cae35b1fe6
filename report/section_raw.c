#include "section.h"

#include "field.h"
#include "html.h"
#include "shell.h"

#include <stdlib.h>
#include <string.h>

static void write_values(struct page *page, const json_t *metric)
{
	const char *unit = field_text(metric, "unit", "1");
	char labels[512];
	size_t i;
	json_t *value;

	field_labels(json_object_get(metric, "labels"), NULL, labels, sizeof(labels));
	html(page->out,
		"<tr><th scope=\"row\">%s <span class=\"labels\">%s</span></th><td>%s</td><td>",
		field_text(metric, "name", "unnamed"), labels, unit);
	json_array_foreach(json_object_get(metric, "values"), i, value) {
		char text[32] = "none";

		if (json_is_number(value))
			snprintf(text, sizeof(text), "%.9g", json_number_value(value));
		html(page->out, "%s%s", i ? ", " : "", text);
	}
	html(page->out, "</td></tr>\n");
}

static void write_result(struct page *page, const json_t *result)
{
	const json_t *metrics = json_object_get(result, "metrics");
	size_t i;
	json_t *metric;

	if (!json_array_size(metrics))
		return;
	html(page->out,
		"<h3>%s</h3>\n<table class=\"raw\"><thead><tr><th scope=\"col\">Metric</th>"
		"<th scope=\"col\">Unit</th><th scope=\"col\">Each repetition, exactly</th></tr></thead>"
		"<tbody>\n",
		field_text(json_object_get(result, "bench"), "name", "unnamed benchmark"));
	json_array_foreach(metrics, i, metric)
		write_values(page, metric);
	html(page->out, "</tbody></table>\n");
}

/* The line of a list of digests, as one word of a shell. For the caller to free; NULL when memory
 * is short. */
static char *quote_digest(const struct report_source *source)
{
	char *line = NULL, *word = NULL;
	size_t size;
	FILE *out;

	if (asprintf(&line, "%s  %s", source->sha256, source->name) < 0)
		return NULL;
	out = open_memstream(&word, &size);
	if (out) {
		shell_word(out, line);
		fclose(out);
	}
	free(line);
	return word;
}

/* How to see that this report and a file belong together. */
static void write_source(struct page *page, const struct report_source *source)
{
	char bytes[32], *word;

	if (!source)
		return;
	html(page->out, "<dl class=\"list\">\n");
	section_item(page, "File", source->name);
	section_item(page, "Bytes", field_thousands(source->bytes, bytes, sizeof(bytes)));
	html(page->out, "<div class=\"wide\"><dt>SHA-256</dt><dd>%s</dd></div>\n", source->sha256);
	/* Of a run, it is told where it is told how to repeat it. */
	if (!page->run)
		section_signatures(page);
	html(page->out, "</dl>\n");
	word = quote_digest(source);
	if (word)
		html(page->out,
			"<h3>To check a copy of the file</h3>\n"
			"<pre>printf &#39;%%s\\n&#39; %s | sha256sum --check</pre>\n",
			word);
	free(word);
}

void section_raw(struct page *page)
{
	const json_t *results = json_object_get(page->run, "results");
	size_t i;
	json_t *result;

	if (!page->options->source && !(page->options->paper && page->run))
		return;
	html(page->out,
		"<section class=\"appendix\">\n<h2>Raw data</h2>\n<p>Everything here was computed from "
		"one file, which holds every reading that is shown.%s</p>\n",
		page->options->paper && page->options->source
			? " It is attached to this PDF; save it under the name given below to check it."
			: "");
	write_source(page, page->options->source);
	if (page->options->paper)
		json_array_foreach(results, i, result)
			write_result(page, result);
	html(page->out, "</section>\n");
}
