#include "exposition.h"

#include "exposition_points.h"

#include <inttypes.h>
#include <string.h>

/* Whether all points of a family, the first `count`, are of one kind. */
static bool of_one_kind(const struct point *points, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (points[i].quantile != points[0].quantile)
			return false;
	return true;
}

static void write_head(
	FILE *out, const struct point *points, size_t count, enum exposition_style style)
{
	const char *type = !of_one_kind(points, count)
				   ? style == EXPOSITION_OPENMETRICS ? "unknown" : "untyped"
			   : points->quantile ? "summary"
					      : "gauge";

	fprintf(out, "# HELP %s ", points->family);
	/* Both formats take a backslash for an escape here, but only one of them '\"'. */
	for (const char *at = points->help; *at; at++)
		fputs(*at == '\\' ? "/" : *at == '"' ? "'" : (char[]){*at, '\0'}, out);
	fprintf(out, "\n# TYPE %s %s\n", points->family, type);
	if (*points->unit)
		fprintf(out, "# UNIT %s %s\n", points->family, points->unit);
}

static void write_point(
	FILE *out, const struct point *point, enum exposition_style style, int64_t time_ms)
{
	fprintf(out, "%s{%s} ", point->family, point->labels);
	export_number(out, point->value);
	if (style == EXPOSITION_OPENMETRICS)
		fprintf(out, " %" PRId64 ".%03d", time_ms / 1000, (int)(time_ms % 1000));
	else if (style == EXPOSITION_PUSH)
		fprintf(out, " %" PRId64, time_ms);
	fputc('\n', out);
}

/* GitLab cuts a line at a '#', splits what is left as a shell does, and compares texts: with every
 * digit, everything would always have changed. */
static void write_gitlab(FILE *out, const struct point *point)
{
	fprintf(out, "%s{", point->family);
	for (const char *at = point->labels; *at; at++)
		fputc(*at == '#' ? '_' : *at, out);
	fprintf(out, "} %.3g\n", point->value);
}

/* How many of the points, which are sorted, are of the first one's family. */
static size_t family_size(const struct point *points, size_t count)
{
	size_t size = 1;

	while (size < count && strcmp(points[size].family, points->family) == 0)
		size++;
	return size;
}

static void write_points(
	FILE *out, const struct points *points, enum exposition_style style, int64_t time_ms)
{
	for (size_t i = 0, size; i < points->count; i += size) {
		size = family_size(points->at + i, points->count - i);
		if (style != EXPOSITION_GITLAB)
			write_head(out, points->at + i, size, style);
		for (size_t j = i; j < i + size; j++) {
			if (j > i && strcmp(points->at[j].labels, points->at[j - 1].labels) == 0)
				continue; /* what differs in nothing but odd characters */
			if (style == EXPOSITION_GITLAB)
				write_gitlab(out, &points->at[j]);
			else
				write_point(out, &points->at[j], style, time_ms);
		}
	}
	if (style == EXPOSITION_OPENMETRICS)
		fputs("# EOF\n", out);
}

int exposition_write(const struct export_source *source, enum exposition_style style, FILE *out,
	struct problem *problem)
{
	struct points points = {.intervals = style != EXPOSITION_GITLAB};
	int64_t time_ms = 0;

	if (source->run) {
		int failure = export_time(source->run, &time_ms, problem);
		if (failure)
			return failure;
		points_of_run(&points, source, time_ms);
	} else {
		points_of_gate(&points, source);
	}
	points_sort(&points);
	write_points(out, &points, style, time_ms);
	points_release(&points);
	return 0;
}

int export_openmetrics(const struct export_source *source, FILE *out, struct problem *problem)
{
	return exposition_write(source, EXPOSITION_OPENMETRICS, out, problem);
}

int export_prometheus(const struct export_source *source, FILE *out, struct problem *problem)
{
	return exposition_write(source, EXPOSITION_TEXTFILE, out, problem);
}

int export_gitlab(const struct export_source *source, FILE *out, struct problem *problem)
{
	return exposition_write(source, EXPOSITION_GITLAB, out, problem);
}
