/*
 * HdrHistogram's log, version 1.3: every latency histogram, one line a repetition, tagged with its
 * name and labels. When a repetition began is not recorded: the time of a benchmark is shared out
 * evenly among them, and a line at the top says so.
 */
#include "document.h"
#include "escape.h"
#include "export.h"
#include "histogram.h"

#include <errno.h>
#include <string.h>

/* A tag has neither comma, space nor line break. */
static void write_tag(FILE *out, const json_t *result, const json_t *distribution)
{
	const char *name;
	json_t *value;

	escape_word(out, document_text(json_object_get(result, "bench"), "name"), "._-");
	fputc('/', out);
	escape_word(out, document_text(distribution, "name"), "._-");
	json_object_foreach(json_object_get(distribution, "labels"), name, value) {
		fputc('/', out);
		escape_word(out, name, "._-");
		fputc('=', out);
		escape_word(out, json_is_string(value) ? json_string_value(value) : "", "._:+-");
	}
}

/* One repetition, unless it does not decode: whoever reads the log would stop there. Returns
 * whether it was written. */
static bool write_repetition(FILE *out, const json_t *result, const json_t *distribution,
	const json_t *encoded, double start_s, double length_s)
{
	struct histogram *histogram;

	if (!json_is_string(encoded) ||
		histogram_decode(json_string_value(encoded), &histogram, NULL) < 0)
		return false;
	fputs("Tag=", out);
	write_tag(out, result, distribution);
	fprintf(out, ",%.3f,%.3f,%.3f,%s\n", start_s, length_s, (double)histogram->max_ns * 1e-6,
		json_string_value(encoded));
	histogram_free(histogram);
	return true;
}

/* Returns how many histograms could not be written. */
static size_t write_result(FILE *out, const json_t *result, int64_t begin_ms)
{
	double duration_s = json_number_value(json_object_get(result, "duration_s"));
	const json_t *distribution, *encoded;
	size_t i, j, bad = 0;
	int64_t started_ms = begin_ms;
	double start_s;

	export_time(result, &started_ms, NULL);
	start_s = started_ms > begin_ms ? (double)(started_ms - begin_ms) / 1000 : 0;
	if (!(duration_s >= 0 && duration_s < 1e9))
		duration_s = 0;
	json_array_foreach(json_object_get(result, "distributions"), i, distribution) {
		const json_t *repetitions = json_object_get(distribution, "repetitions");
		double length_s = duration_s / (double)json_array_size(repetitions);
		json_array_foreach(repetitions, j, encoded)
			bad += !write_repetition(out, result, distribution, encoded,
				start_s + (double)j * length_s, length_s);
	}
	return bad;
}

int export_hlog(const struct export_source *source, FILE *out, struct problem *problem)
{
	const json_t *result;
	int64_t begin_ms;
	size_t i, bad = 0;
	int failure = export_time(source->run, &begin_ms, problem);

	if (failure)
		return failure;
	fprintf(out,
		"#[Logged by seatrial; the time of a benchmark is shared out evenly among its "
		"repetitions]\n"
		"#[Histogram log format version 1.3]\n"
		"#[StartTime: %.3f (seconds since epoch), %s]\n"
		"\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_"
		"Histogram\"\n",
		(double)begin_ms / 1000, document_text(source->run, "started"));
	json_array_foreach(json_object_get(source->run, "results"), i, result)
		bad += write_result(out, result, begin_ms);
	if (bad)
		return problem_set(problem, -EINVAL,
			"%zu of the run's latency histograms cannot be read, so that the log would "
			"lack them",
			bad);
	return 0;
}
