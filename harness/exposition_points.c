#include "exposition_points.h"

#include "allocate.h"
#include "document.h"
#include "escape.h"
#include "text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One reading, wherever it comes from. */
struct row {
	const char *bench, *name, *title, *unit, *preset;
	const json_t *labels;
	double quantile; /* 0 for none */
	double value, low, high;
};

/* A text in memory, made by writing to a stream. */
struct writing {
	FILE *out;
	char *text;
	size_t length;
};

static FILE *writing_begin(struct writing *writing)
{
	writing->out = allocate_need(open_memstream(&writing->text, &writing->length));
	return writing->out;
}

static char *writing_end(struct writing *writing)
{
	fclose(writing->out);
	return allocate_need(writing->text);
}

static void write_lower(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(isascii(*text) && isalnum(*text) ? tolower(*text) : '_', out);
}

static struct point *add_point(struct points *points)
{
	if (points->count == points->room) {
		points->room = points->room ? 2 * points->room : 64;
		points->at = allocate_grow(points->at, points->room, sizeof(*points->at));
	}
	points->at[points->count] = (struct point){.value = 0};
	return &points->at[points->count++];
}

/* "wal" of the name "wal.p99" of a quantile: one family has them all. */
static char *base_name(const struct row *row)
{
	char *name = allocate_text(row->name), *dot = strrchr(name, '.');

	if (row->quantile > 0 && dot && dot[1] == 'p' && dot[2] &&
		strspn(dot + 2, "0123456789") == strlen(dot + 2))
		*dot = '\0';
	return name;
}

/* Suffixes that say of a metric that it is of a kind that ours are not. */
static bool ends_like_another_kind(const char *name)
{
	static const char *const suffixes[] = {
		"_total", "_count", "_sum", "_bucket", "_info", "_created"};
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (length > strlen(suffixes[i]) &&
			strcmp(name + length - strlen(suffixes[i]), suffixes[i]) == 0)
			return true;
	return false;
}

/* "seatrial_fsync_wal_low_seconds". */
static char *family_name(const char *bench, const char *name, const char *end, const char *unit)
{
	struct writing writing;
	FILE *out = writing_begin(&writing);

	fputs("seatrial_", out);
	write_lower(out, bench);
	fputs(*bench && *name ? "_" : "", out);
	write_lower(out, name);
	fprintf(out, "%s%s%s", end, *unit ? "_" : "", unit);
	char *text = writing_end(&writing);
	if (!ends_like_another_kind(text))
		return text;
	size_t length = strlen(text);
	text = allocate_grow(text, length + sizeof("_value"), 1);
	memcpy(text + length, "_value", sizeof("_value"));
	return text;
}

/* Writes a label that is there; an empty one is the same as none. */
static void write_label(FILE *out, const char *name, const char *value)
{
	if (!*value)
		return;
	if (ftell(out) > 0)
		fputc(',', out);
	fprintf(out, "%s=\"", name);
	escape_label(out, value);
	fputc('"', out);
}

/* Whether a label of this name stands in what was written before. */
static bool is_taken(const char *labels, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = labels; (at = strstr(at, name)); at++)
		if ((at == labels || at[-1] == ',') && at[length] == '=' && at[length + 1] == '"')
			return true;
	return false;
}

/* A benchmark's own label. A name that is taken, or that no label may have, gets "label_" before.
 */
static void write_own_label(struct writing *writing, const char *name, const char *value)
{
	struct writing spelled;
	FILE *out = writing_begin(&spelled);

	write_lower(out, name);
	char *text = writing_end(&spelled);
	fflush(writing->out);
	while (!*text || isdigit(*text) || *text == '_' || strcmp(text, "quantile") == 0 ||
		strcmp(text, "le") == 0 || is_taken(writing->text, text)) {
		size_t length = strlen(text);
		text = allocate_grow(text, length + sizeof("label_"), 1);
		memmove(text + sizeof("label_") - 1, text, length + 1);
		memcpy(text, "label_", sizeof("label_") - 1);
	}
	write_label(writing->out, text, value);
	free(text);
}

static char *row_labels(const struct row *row, const char *name, const char *host)
{
	struct writing writing;
	FILE *out = writing_begin(&writing);
	const char *own;
	json_t *value;

	write_label(out, "host", host);
	write_label(out, "preset", row->preset);
	write_label(out, "bench", row->bench);
	write_label(out, "metric", name);
	json_object_foreach((json_t *)row->labels, own, value)
		write_own_label(
			&writing, own, json_is_string(value) ? json_string_value(value) : "");
	if (row->quantile > 0)
		fprintf(out, ",quantile=\"%.10g\"", row->quantile);
	return writing_end(&writing);
}

static char *row_help(const struct row *row, const char *before)
{
	struct writing writing;
	FILE *out = writing_begin(&writing);

	fputs(before, out);
	text_print(out, row->title);
	if (row->quantile > 0)
		fputs(" and other quantiles", out);
	return writing_end(&writing);
}

/* Adds one number of a row; nothing for a side that is open. */
static void add_value(struct points *points, const struct row *row, const char *end,
	const char *help, const char *host, double value)
{
	char unit[100];
	double divisor;

	points_unit(row->unit, &divisor, unit, sizeof(unit));
	if (!isfinite(value) || !isfinite(value / divisor))
		return;
	char *name = base_name(row);
	*add_point(points) = (struct point){
		.family = family_name(row->bench, name, end, unit),
		.help = row_help(row, help),
		.unit = allocate_text(unit),
		.labels = row_labels(row, name, host),
		.quantile = row->quantile > 0,
		.value = value / divisor,
	};
	free(name);
}

static void add_row(struct points *points, const struct row *row, const char *host)
{
	add_value(points, row, "", "", host, row->value);
	if (!points->intervals)
		return;
	add_value(points, row, "_low", "Lower end of the interval of: ", host, row->low);
	add_value(points, row, "_high", "Upper end of the interval of: ", host, row->high);
}

static void add_named(struct points *points, const char *family, const char *help, const char *unit,
	char *labels, double value)
{
	*add_point(points) = (struct point){.family = allocate_text(family),
		.help = allocate_text(help),
		.unit = allocate_text(unit),
		.labels = labels,
		.value = value};
}

static char *labels_of(const struct export_source *source, const char *const *pairs)
{
	struct writing writing;
	FILE *out = writing_begin(&writing);

	write_label(out, "host", source->host);
	write_label(out, "preset", document_text(source->run, "preset"));
	for (; pairs[0]; pairs += 2)
		write_label(out, pairs[0], pairs[1]);
	return writing_end(&writing);
}

static void add_profile(
	struct points *points, const struct export_source *source, const json_t *profile)
{
	static const char *const verdicts[] = {
		"suitable", "marginal", "unsuitable", "not enough evidence"};
	const char *name = document_text(profile, "name"), *status;
	const json_t *line;
	size_t i;

	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		add_named(points, "seatrial_verdict", "Whether this is the verdict by the profile.",
			"",
			labels_of(source,
				(const char *[]){"profile", name, "overall", verdicts[i], NULL}),
			strcmp(document_text(profile, "overall"), verdicts[i]) == 0);
	json_array_foreach(json_object_get(profile, "lines"), i, line) {
		status = document_text(line, "status");
		bool met = strcmp(status, "met") == 0 || strcmp(status, "presumed") == 0;
		if (!met && strcmp(status, "not met") != 0)
			continue;
		add_named(points, "seatrial_requirement_met",
			"Whether a requirement is met; absent when that is not clear.", "",
			labels_of(source, (const char *[]){"profile", name, "requirement",
						  document_text(line, "id"), "severity",
						  document_text(line, "severity"), NULL}),
			met);
	}
}

void points_of_run(struct points *points, const struct export_source *source, int64_t time_ms)
{
	const json_t *profile;
	size_t i;

	for (i = 0; i < source->flat->count; i++) {
		const struct sample *sample = &source->flat->samples[i];
		json_t *labels = sample_labels(sample->key);
		add_row(points,
			&(struct row){.bench = sample->key->bench,
				.name = sample->key->name,
				.title = sample->meaning->title,
				.unit = sample->meaning->unit,
				.preset = sample->setting->preset,
				.labels = labels,
				.quantile = sample->meaning->quantile,
				.value = sample->value,
				.low = sample->low,
				.high = sample->high},
			source->host);
		json_decref(labels);
	}
	json_array_foreach(json_object_get(source->verdict, "profiles"), i, profile)
		add_profile(points, source, profile);
	add_named(points, "seatrial_run_start_time_seconds", "When the run began (Unix time).",
		"seconds", labels_of(source, (const char *[]){NULL}), (double)time_ms / 1000);
}

static double number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

void points_of_gate(struct points *points, const struct export_source *source)
{
	const json_t *metric;
	double regressed = 0;
	size_t i;

	json_array_foreach(json_object_get(source->gate, "metrics"), i, metric) {
		struct row row = {.bench = document_text(metric, "bench"),
			.name = document_text(metric, "name"),
			.title = document_text(metric, "title"),
			.unit = document_text(metric, "unit"),
			.preset = "",
			.labels = json_object_get(metric, "labels"),
			.quantile = json_number_value(json_object_get(metric, "quantile"))};
		row.value = number(json_object_get(metric, "candidate"), "value");
		add_row(points, &row, source->host);
		row.unit = "1";
		row.value = number(metric, "ratio");
		add_value(points, &row, "_to_baseline_ratio",
			"Ratio to the baseline: ", source->host, row.value);
		regressed += strcmp(document_text(metric, "verdict"), "regressed") == 0;
	}
	add_named(points, "seatrial_gate_regressed", "Metrics that regressed.", "",
		labels_of(source, (const char *[]){NULL}), regressed);
}

static int compare_points(const void *left, const void *right)
{
	const struct point *one = left, *other = right;
	int order = strcmp(one->family, other->family);

	return order ? order : strcmp(one->labels, other->labels);
}

void points_sort(struct points *points)
{
	if (points->count)
		qsort(points->at, points->count, sizeof(*points->at), compare_points);
}

void points_release(struct points *points)
{
	for (size_t i = 0; i < points->count; i++) {
		free(points->at[i].family);
		free(points->at[i].help);
		free(points->at[i].unit);
		free(points->at[i].labels);
	}
	free(points->at);
	*points = (struct points){.at = NULL};
}
