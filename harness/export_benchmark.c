/* What services that follow benchmarks read: github-action-benchmark, Bencher, Go's benchstat. */
#include "allocate.h"
#include "document.h"
#include "escape.h"
#include "export.h"
#include "exposition_points.h"
#include "text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 1024 /* what Bencher takes */
#define UNIT_MAX_BYTES 64
#define DIGITS         15 /* 17 would show people 0.0024023030000000002 */

/* A text that is safe where these services show it, which is in Markdown and HTML of their own:
 * they trust it. A new reference. */
static json_t *plain(const char *text, size_t size)
{
	char *printable = allocate_zero(1, size);

	text_printable(text, printable, size);
	for (char *at = printable; (at = strpbrk(at, "`|<>@&\\"));)
		*at = '_';
	json_t *string = json_string(printable);
	free(printable);
	return string;
}

/* "fsync/wal.p99 payload=2300": '/' groups. A new reference. */
static json_t *full_name(const struct sample *sample)
{
	char *labels = export_labels(sample->key), *text = NULL;
	size_t length;
	FILE *out = allocate_need(open_memstream(&text, &length));

	fprintf(out, "%s/%s%s%s", sample->key->bench, sample->key->name, *labels ? " " : "",
		labels);
	fclose(out);
	json_t *name = plain(allocate_need(text), NAME_MAX_BYTES);
	free(text);
	free(labels);
	return name;
}

static int write_json(json_t *document, FILE *out, struct problem *problem)
{
	int failure = json_dumpf(document, out, JSON_INDENT(2) | JSON_REAL_PRECISION(DIGITS));

	json_decref(document);
	fputc('\n', out);
	return failure ? problem_set(problem, -EIO, "the readings cannot be written as JSON") : 0;
}

/* "[1.2 ms, 1.4 ms]" as numbers of the unit; NULL where a side is open. */
static json_t *range_of(const struct sample *sample)
{
	char text[80];

	if (!isfinite(sample->low) || !isfinite(sample->high))
		return NULL;
	snprintf(text, sizeof(text), "%.4g to %.4g", sample->low, sample->high);
	return json_string(text);
}

static json_t *entry_of(const struct sample *sample)
{
	json_t *entry = json_object(), *range = range_of(sample);
	json_t *title = plain(sample->meaning->title, NAME_MAX_BYTES);

	json_object_set_new(entry, "name", full_name(sample));
	json_object_set_new(entry, "value", json_real(sample->value));
	json_object_set_new(entry, "unit", plain(sample->meaning->unit, UNIT_MAX_BYTES));
	if (range)
		json_object_set_new(entry, "range", range);
	json_object_set_new(entry, "extra",
		json_sprintf("%s\nrepetitions: %zu", json_string_value(title), sample->count));
	json_decref(title);
	return entry;
}

/* The action takes the direction for a whole file, so that there are two. */
static int write_custom(
	const struct export_source *source, const char *better, FILE *out, struct problem *problem)
{
	json_t *entries = json_array();

	for (size_t i = 0; i < source->flat->count; i++)
		if (strcmp(source->flat->samples[i].meaning->better, better) == 0)
			json_array_append_new(entries, entry_of(&source->flat->samples[i]));
	return write_json(entries, out, problem);
}

int export_smaller(const struct export_source *source, FILE *out, struct problem *problem)
{
	return write_custom(source, "lower", out, problem);
}

int export_bigger(const struct export_source *source, FILE *out, struct problem *problem)
{
	return write_custom(source, "higher", out, problem);
}

/* "seconds-lower": Bencher's thresholds are by measure and know a direction, so that one of each is
 * all that it takes. In base units, as the name says. */
static json_t *measure_of(const struct sample *sample, char *name, size_t size)
{
	json_t *measure = json_object();
	char unit[40];
	double divisor;

	points_unit(sample->meaning->unit, &divisor, unit, sizeof(unit));
	snprintf(name, size, "%s-%s", *unit ? unit : "number", sample->meaning->better);
	json_object_set_new(measure, "value", json_real(sample->value / divisor));
	if (isfinite(sample->low))
		json_object_set_new(measure, "lower_value", json_real(sample->low / divisor));
	if (isfinite(sample->high))
		json_object_set_new(measure, "upper_value", json_real(sample->high / divisor));
	return measure;
}

int export_bencher(const struct export_source *source, FILE *out, struct problem *problem)
{
	json_t *document = json_object();

	for (size_t i = 0; i < source->flat->count; i++) {
		const struct sample *sample = &source->flat->samples[i];
		json_t *name = full_name(sample), *benchmark = json_object();
		char measure[UNIT_MAX_BYTES];
		json_t *value = measure_of(sample, measure, sizeof(measure));
		json_object_set_new(benchmark, measure, value);
		json_object_set_new(document, json_string_value(name), benchmark);
		json_decref(name);
	}
	return write_json(document, out, problem);
}

/* A name has no space and its first letter is not a small one; '/' begins a part "key=value". */
static void write_go_name(const struct sample *sample, FILE *out)
{
	json_t *labels = sample_labels(sample->key), *value;
	const char *name;

	fputs("BenchmarkSeatrial/", out);
	escape_word(out, sample->key->bench, ".");
	json_object_foreach(labels, name, value) {
		fputc('/', out);
		escape_word(out, name, "");
		fputc('=', out);
		escape_word(out, json_string_value(value), ".:+");
	}
	json_decref(labels);
}

/* The unit says which metric it is: a direction belongs to a unit, and one unit serves metrics of
 * both. */
static void write_go_unit(const struct sample *sample, FILE *out)
{
	escape_word(out, sample->key->name, ".-");
	fputc(':', out);
	escape_word(out, sample->meaning->unit, "/");
}

static void write_go_key(FILE *out, const char *key, const char *text)
{
	fprintf(out, "%s: ", key);
	text_print(out, text);
	fputc('\n', out);
}

int export_go(const struct export_source *source, FILE *out, struct problem *problem)
{
	(void)problem;
	write_go_key(
		out, "seatrial", document_text(json_object_get(source->run, "suite"), "version"));
	write_go_key(out, "host", source->host);
	write_go_key(out, "preset", document_text(source->run, "preset"));
	for (size_t i = 0; i < source->flat->count; i++) {
		const struct sample *sample = &source->flat->samples[i];
		fputs("Unit ", out);
		write_go_unit(sample, out);
		fprintf(out, " better=%s\n", sample->meaning->better);
		for (size_t j = 0; j < sample->count; j++) {
			write_go_name(sample, out);
			fputs(" 1 ", out);
			export_number(out, sample->values[j]);
			fputc(' ', out);
			write_go_unit(sample, out);
			fputc('\n', out);
		}
	}
	return 0;
}
