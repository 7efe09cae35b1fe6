#include "view.h"

#include "document.h"
#include "judge.h"
#include "units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX     4096
#define NOT_MEASURED "not measured"

/* Statuses of lines, in the order they are shown: what decides first. */
static const struct {
	const char *status, *symbol;
	enum tone tone;
	bool judged; /* there is a reading that decides */
	bool met;    /* it asks for nothing */
} statuses[] = {
	{"not met", "\u2717", TONE_BAD, true, false},
	{"not enough evidence", "?", TONE_CAREFUL, false, false},
	{NOT_MEASURED, "?", TONE_CAREFUL, false, false},
	{"marginal", "!", TONE_CAREFUL, true, false},
	{"presumed", "~", TONE_PLAIN, true, true},
	{"met", "\u2713", TONE_GOOD, true, true},
};
#define STATUSES (sizeof(statuses) / sizeof(statuses[0]))

enum tone view_tone(const char *status)
{
	for (size_t i = 0; i < STATUSES; i++)
		if (strcmp(status, statuses[i].status) == 0)
			return statuses[i].tone;
	if (strcmp(status, "suitable") == 0)
		return TONE_GOOD;
	return strcmp(status, "unsuitable") == 0 ? TONE_BAD : TONE_CAREFUL;
}

const char *view_duration(double seconds, char *buffer, size_t size)
{
	long total = lround(seconds < 0 || !isfinite(seconds) ? 0 : fmin(seconds, 1e9));

	if (total < 60)
		snprintf(buffer, size, "%ld s", total);
	else if (total < 3600 && total % 60)
		snprintf(buffer, size, "%ld min %ld s", total / 60, total % 60);
	else if (total < 3600)
		snprintf(buffer, size, "%ld min", total / 60);
	else
		snprintf(buffer, size, "%ld h %ld min", total / 3600, total % 3600 / 60);
	return buffer;
}

const char *view_host(const json_t *host, char *buffer, size_t size)
{
	char memory[64];
	const char *hypervisor = document_text(host, "hypervisor");
	double bytes = json_number_value(json_object_get(host, "memory_bytes"));
	json_int_t cpus = json_integer_value(json_object_get(host, "cpus"));

	snprintf(buffer, size, "%.200s, %lld CPU%s, %s, Linux %.100s%s%.60s",
		document_text(host, "cpu"), (long long)cpus, cpus == 1 ? "" : "s",
		units_format(bytes, "B", memory, sizeof(memory)), document_text(host, "kernel"),
		*hypervisor ? ", " : "", hypervisor);
	return buffer;
}

/* "+ met        ": as wide as the longest status shown. */
static int write_status(const struct terminal *terminal, size_t which, int width)
{
	char text[64];

	snprintf(text, sizeof(text), "  %s %s", statuses[which].symbol, statuses[which].status);
	terminal_write(terminal, statuses[which].tone, text);
	int column = terminal_columns(terminal, text);
	fprintf(terminal->out, "%*s", width - column > 0 ? width - column : 0, "");
	return column > width ? column : width;
}

static void write_met(const struct terminal *terminal, const json_t *line, int column, int indent)
{
	char text[TEXT_MAX];
	bool limit = json_object_get(line, "min") || json_object_get(line, "max");

	snprintf(text, sizeof(text), "%s: %s%s%s", document_text(line, "title"),
		document_text(line, "reading"), limit ? "; limit: " : "",
		limit ? document_text(line, "limit") : "");
	terminal_wrap(terminal, column, indent, text);
}

/* What is met needs few words; what is only presumed, and reads otherwise, needs all. */
static bool is_plain(const json_t *line)
{
	const json_t *value = json_object_get(line, "value");

	return strcmp(document_text(line, "status"), "met") == 0 || !json_is_number(value) ||
	       !(judge_excess(json_number_value(value), judge_min(line), judge_max(line)) > 0);
}

static bool is_advised(const json_t *line)
{
	return strcmp(document_text(line, "severity"), "advised") == 0;
}

static void write_line(
	const struct terminal *terminal, const json_t *line, size_t which, int indent)
{
	int column = write_status(terminal, which, indent);
	char text[TEXT_MAX];

	if (statuses[which].met && is_plain(line)) {
		write_met(terminal, line, column, indent);
		return;
	}
	snprintf(text, sizeof(text), "%s%s", is_advised(line) ? "(advice) " : "",
		document_text(line, "text"));
	terminal_wrap(terminal, column, indent, text);
	/* Without a reading there is nothing yet to act on. */
	if (!statuses[which].judged || statuses[which].met)
		return;
	terminal_say(terminal, indent, "Why: %s", document_text(line, "why"));
	terminal_say(terminal, indent, "Do: %s", document_text(line, "do"));
}

static int status_width(const struct terminal *terminal, const json_t *lines)
{
	const json_t *line;
	int width = 0;
	size_t i;

	json_array_foreach(lines, i, line) {
		int columns = terminal_columns(terminal, document_text(line, "status"));
		width = columns > width ? columns : width;
	}
	return width + 6; /* two before, symbol, space, two after */
}

/* Why a line was not measured: its text without the beginning, which names the line. */
static const char *absence(const json_t *line)
{
	const char *text = document_text(line, "text"),
		   *found = strstr(text, ": " NOT_MEASURED ": ");

	return found ? found + strlen(": " NOT_MEASURED ": ") : text;
}

/* True when an earlier line of the same severity was not measured for the same reason. */
static bool is_told(const json_t *lines, size_t index)
{
	const json_t *line = json_array_get(lines, index);

	for (size_t i = 0; i < index; i++) {
		const json_t *other = json_array_get(lines, i);
		if (strcmp(document_text(other, "status"), NOT_MEASURED) == 0 &&
			is_advised(other) == is_advised(line) &&
			strcmp(absence(other), absence(line)) == 0)
			return true;
	}
	return false;
}

/* All lines that share this one's reason, together: one missing benchmark is one piece of news. */
static void write_absent(const struct terminal *terminal, const json_t *lines, size_t index,
	size_t which, int indent)
{
	const json_t *first = json_array_get(lines, index), *line;
	char text[TEXT_MAX];
	size_t used = 0, i;

	if (is_told(lines, index))
		return;
	json_array_foreach(lines, i, line) {
		if (i < index || strcmp(document_text(line, "status"), NOT_MEASURED) != 0 ||
			is_advised(line) != is_advised(first) ||
			strcmp(absence(line), absence(first)) != 0 || used > sizeof(text) / 2)
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%.200s",
			used                ? "; "
			: is_advised(first) ? "(advice) "
					    : "",
			document_text(line, "title"));
	}
	snprintf(text + used, sizeof(text) - used, ": %s", absence(first));
	terminal_wrap(terminal, write_status(terminal, which, indent), indent, text);
}

/* Requirements before advice, and what is met last. */
static void write_lines(const struct terminal *terminal, const json_t *lines)
{
	int indent = status_width(terminal, lines);
	const json_t *line;
	size_t i;

	for (size_t round = 0; round < 4; round++)
		for (size_t which = 0; which < STATUSES; which++)
			json_array_foreach(lines, i, line) {
				bool met = statuses[which].met;

				if (strcmp(document_text(line, "status"), statuses[which].status) !=
						0 ||
					round != 2U * met + is_advised(line))
					continue;
				if (strcmp(statuses[which].status, NOT_MEASURED) == 0)
					write_absent(terminal, lines, i, which, indent);
				else
					write_line(terminal, line, which, indent);
			}
}

/* The summary, with the word that it begins with in the tone of the overall verdict. */
static void write_summary(const struct terminal *terminal, const json_t *profile)
{
	const char *summary = document_text(profile, "summary");
	size_t length = strcspn(summary, ":");
	char word[64];

	if (summary[length] != ':' || length + 1 >= sizeof(word)) {
		terminal_wrap(terminal, 0, 0, summary);
		return;
	}
	snprintf(word, sizeof(word), "%.*s:", (int)length, summary);
	terminal_write(terminal, view_tone(document_text(profile, "overall")), word);
	fputc(' ', terminal->out);
	terminal_wrap(terminal, terminal_columns(terminal, word) + 1, 0, summary + length + 1);
}

static void write_profile(const struct terminal *terminal, const json_t *profile)
{
	write_summary(terminal, profile);
	terminal_say(terminal, 0, "Judged as: %s (profile %s)", document_text(profile, "title"),
		document_text(profile, "name"));
	fputc('\n', terminal->out);
	write_lines(terminal, json_object_get(profile, "lines"));
	fputc('\n', terminal->out);
}

/* True for the first of equal strings: repeats of a bench warn alike. */
static bool is_new(json_t *seen, const char *text)
{
	if (json_object_get(seen, text))
		return false;
	json_object_set_new(seen, text, json_true());
	return true;
}

/* Unless the same `key` was there already. */
static void write_keyed(
	const struct terminal *terminal, json_t *seen, const char *key, const char *line)
{
	if (!is_new(seen, key))
		return;
	if (json_object_size(seen) == 1) {
		terminal_write(terminal, TONE_STRONG, "Worth knowing");
		fputc('\n', terminal->out);
	}
	terminal_write(terminal, TONE_PLAIN, "  - ");
	terminal_wrap(terminal, 4, 4, line);
}

static void write_once(
	const struct terminal *terminal, json_t *seen, const char *bench, const char *text)
{
	char line[TEXT_MAX];

	snprintf(line, sizeof(line), "%.60s: %.3000s", bench, text);
	write_keyed(terminal, seen, line, line);
}

/* What several benchmarks lack for one reason is said of the first. */
static void write_skipped(const struct terminal *terminal, json_t *seen, const json_t *result)
{
	const char *name = document_text(json_object_get(result, "bench"), "name");
	char text[TEXT_MAX], line[TEXT_MAX + 64];
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(result, "skipped"), i, item) {
		const char *enable = document_text(item, "enable");
		snprintf(text, sizeof(text), "not measured: %.400s: %.800s%s%.800s",
			document_text(item, "what"), document_text(item, "why"),
			*enable ? ". To have it: " : "", enable);
		snprintf(line, sizeof(line), "%.60s: %s", name, text);
		write_keyed(terminal, seen, text, line);
	}
}

/* Facts whose id ends in ".recommendation", as a report shows them first. */
static void write_advice(const struct terminal *terminal, json_t *seen, const json_t *result)
{
	static const char ending[] = ".recommendation";
	const char *name = document_text(json_object_get(result, "bench"), "name");
	char text[TEXT_MAX];
	const json_t *fact;
	size_t i;

	json_array_foreach(json_object_get(result, "facts"), i, fact) {
		const char *id = document_text(fact, "id"), *end = strrchr(id, '.');

		if (!end || end == id || strcmp(end, ending) != 0)
			continue;
		snprintf(text, sizeof(text), "%.200s: %.200s. %.2400s",
			document_text(fact, "title"), document_text(fact, "value"),
			document_text(fact, "why"));
		write_once(terminal, seen, name, text);
	}
}

static void write_result(const struct terminal *terminal, json_t *seen, const json_t *result)
{
	const char *name = document_text(json_object_get(result, "bench"), "name");
	const char *status = document_text(result, "status");
	char text[TEXT_MAX];
	const json_t *item;
	size_t i;

	if (strcmp(status, "complete") != 0 && strcmp(status, "skipped") != 0) {
		snprintf(
			text, sizeof(text), "%s: %.2000s", status, document_text(result, "reason"));
		write_once(terminal, seen, name, text);
	}
	write_advice(terminal, seen, result);
	write_skipped(terminal, seen, result);
	json_array_foreach(json_object_get(result, "warnings"), i, item)
		if (json_string_value(item))
			write_once(terminal, seen, name, json_string_value(item));
	json_array_foreach(json_object_get(result, "errors"), i, item)
		if (json_string_value(item))
			write_once(terminal, seen, name, json_string_value(item));
}

static void write_remarks(const struct terminal *terminal, const json_t *run)
{
	json_t *seen = json_object();
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(run, "notes"), i, item)
		write_once(
			terminal, seen, document_text(item, "bench"), document_text(item, "what"));
	json_array_foreach(json_object_get(run, "results"), i, item)
		write_result(terminal, seen, item);
	if (json_object_size(seen) > 0)
		fputc('\n', terminal->out);
	json_decref(seen);
}

void view_verdict(const struct terminal *terminal, const json_t *run, const json_t *verdict)
{
	char host[600];
	const json_t *profile;
	size_t i;

	json_array_foreach(json_object_get(verdict, "profiles"), i, profile)
		write_profile(terminal, profile);
	write_remarks(terminal, run);
	terminal_say(terminal, 0, "Host: %s",
		view_host(json_object_get(run, "host"), host, sizeof(host)));
	terminal_say(terminal, 0, "Run %s of %s, preset %s%s%s", document_text(run, "id"),
		document_text(run, "started"), document_text(run, "preset"),
		*document_text(run, "label") ? ", label: " : "", document_text(run, "label"));
}

void view_reasons(
	const struct terminal *terminal, const json_t *reasons, const char *title, size_t most)
{
	size_t count = json_array_size(reasons), i;
	const json_t *reason;
	char text[1400];

	if (count == 0)
		return;
	fputc('\n', terminal->out);
	terminal_write(terminal, TONE_STRONG, title);
	fputc('\n', terminal->out);
	json_array_foreach(reasons, i, reason) {
		if (i >= most)
			break;
		snprintf(text, sizeof(text), "%.500s: %.700s", document_text(reason, "what"),
			document_text(reason, "why"));
		terminal_write(terminal, TONE_PLAIN, "  - ");
		terminal_wrap(terminal, 4, 4, text);
	}
	if (count > most)
		terminal_say(terminal, 4, "... and %zu more; --all lists them", count - most);
}
