#include "export.h"

#include "allocate.h"
#include "document.h"
#include "findings.h"
#include "verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct export_format export_formats[] = {
	{"csv", "every reading of every repetition", false, export_csv},
	{"openmetrics", "OpenMetrics with timestamps, to backfill a store with", false,
		export_openmetrics},
	{"prometheus", "for the textfile collector of node_exporter; no timestamps", false,
		export_prometheus},
	{"benchmark-smaller",
		"github-action-benchmark's customSmallerIsBetter: what is better when lower", false,
		export_smaller},
	{"benchmark-bigger", "its customBiggerIsBetter: what is better when higher", false,
		export_bigger},
	{"bencher", "Bencher Metric Format, with the intervals", false, export_bencher},
	{"benchfmt", "Go's benchmark format, for benchstat: one line a repetition", false,
		export_go},
	{"hlog", "HdrHistogram log: every latency histogram", false, export_hlog},
	{"gitlab", "GitLab's metrics report, three digits", true, export_gitlab},
	{"junit", "JUnit XML: a case a requirement, or a metric of a gate", true, export_junit},
	{"markdown", "for a job's summary, $GITHUB_STEP_SUMMARY", true, export_markdown},
	{"annotations", "GitHub workflow commands, at most 10", true, export_annotations},
	{NULL},
};

const struct export_format *export_find(const char *name, struct problem *problem)
{
	char names[400] = "";

	for (const struct export_format *format = export_formats; format->name; format++) {
		if (strcmp(format->name, name) == 0)
			return format;
		size_t used = strlen(names);
		snprintf(
			names + used, sizeof(names) - used, "%s%s", used ? ", " : "", format->name);
	}
	problem_set(problem, -EINVAL, "there is no format \"%.64s\"; there are: %s", name, names);
	return NULL;
}

int export_time(const json_t *document, int64_t *time_ms, struct problem *problem)
{
	const char *text = document_text(document, "started");
	struct tm utc = {.tm_isdst = 0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);
	double fraction = 0;

	if (rest && *rest == '.')
		fraction = strtod(rest, (char **)&rest);
	if (!rest || strcmp(rest, "Z") != 0 || !(fraction >= 0 && fraction < 1))
		return problem_set(problem, -EINVAL,
			"the run does not say when it began: \"%.32s\" is no time", text);
	*time_ms = (int64_t)timegm(&utc) * 1000 + (int64_t)(fraction * 1000);
	return 0;
}

/* Writes the source, whose `run` or `gate` is set, in the format. */
static int write_source(const struct export_format *format, struct export_source *source, FILE *out,
	struct problem *problem)
{
	json_t *verdict = NULL, *findings = NULL;
	struct sample_set *set = NULL;
	int failure = 0;

	if (source->run) {
		verdict = verdict_of_run(source->run, problem);
		if (!verdict)
			return -EINVAL;
		set = sample_set_new();
		source->flat = sample_set_add(set, source->run, NULL);
		source->verdict = verdict;
		findings = findings_of_run(source->run, verdict);
	} else {
		findings = findings_of_gate(source->gate);
	}
	if (!source->host)
		source->host = document_text(findings, "host");
	source->findings = findings;
	failure = format->write(source, out, problem);
	json_decref(findings);
	json_decref(verdict);
	if (set)
		sample_set_free(set);
	return failure;
}

char *export_document(const struct export_format *format, const json_t *document, const char *host,
	size_t *length, struct problem *problem)
{
	bool gate = strcmp(document_text(document, "schema"), EXPORT_GATE_SCHEMA) == 0;
	struct export_source source = {.host = host};
	char *text = NULL;

	if (gate && !format->of_gate) {
		problem_set(problem, -EINVAL,
			"what a gate decided has no readings of its own to export as %s; name a run",
			format->name);
		return NULL;
	}
	*(gate ? &source.gate : &source.run) = document;
	FILE *out = allocate_need(open_memstream(&text, length));
	int failure = write_source(format, &source, out, problem);
	if (fclose(out) == EOF && !failure)
		failure = problem_errno(problem, "cannot make the %s", format->name);
	if (!failure)
		return text;
	free(text);
	return NULL;
}

char *export_labels(const struct sample_key *key)
{
	json_t *labels = sample_labels(key), *value;
	const char *name;
	size_t length;
	char *text = NULL;
	FILE *out = allocate_need(open_memstream(&text, &length));

	json_object_foreach(labels, name, value)
		fprintf(out, "%s%s=%s", ftell(out) ? " " : "", name, json_string_value(value));
	fclose(out);
	json_decref(labels);
	return allocate_need(text);
}

void export_number(FILE *out, double value)
{
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	fputs(text, out);
}
