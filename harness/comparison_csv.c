#include "comparison.h"

#include "comparison_wording.h"
#include "document.h"
#include "escape.h"

#include <string.h>

static void print_number(FILE *out, const json_t *value)
{
	char text[40];

	fputc(',', out);
	if (!json_is_number(value))
		return;
	snprintf(text, sizeof(text), "%.10g", json_number_value(value));
	/* The decimal point of the locale is nobody's business. */
	for (char *comma = text; (comma = strchr(comma, ','));)
		*comma = '.';
	fputs(text, out);
}

static void print_cell(
	FILE *out, const json_t *comparison, const json_t *metric, const json_t *value)
{
	static const char *const texts[] = {"bench", "name", "title", "unit", "better"};
	static const char *const numbers[] = {"n", "value", "low", "high"};
	static const char *const ratios[] = {"ratio", "low", "high", "effect", "p", "p_adjusted"};
	size_t which = (size_t)json_integer_value(json_object_get(value, "candidate"));
	const json_t *difference = comparison_entry(json_object_get(metric, "differences"), which);
	char labels[1024];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		escape_csv(out, document_text(metric, texts[i]));
		fputc(',', out);
	}
	escape_csv(
		out, comparison_labels(json_object_get(metric, "labels"), labels, sizeof(labels)));
	fputc(',', out);
	escape_csv(out, comparison_name(comparison, which));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		print_number(out, json_object_get(value, numbers[i]));
	for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++)
		print_number(out, json_object_get(difference, ratios[i]));
	fputc(',', out);
	escape_csv(out, document_text(difference, "class"));
	fputc(',', out);
	escape_csv(out, document_text(difference, "direction"));
	fputs("\r\n", out);
}

void comparison_print_csv(const json_t *comparison, FILE *out)
{
	const json_t *metric, *value;
	size_t i, k;

	fputs("bench,metric,title,unit,better,labels,candidate,n,value,low,high,ratio,ratio_low,"
	      "ratio_high,effect,p,p_adjusted,class,direction\r\n",
		out);
	json_array_foreach(json_object_get(comparison, "metrics"), i, metric)
		json_array_foreach(json_object_get(metric, "values"), k, value)
			print_cell(out, comparison, metric, value);
}
