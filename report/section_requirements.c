#include "section.h"

#include "field.h"
#include "html.h"
#include "shell.h"

#include <stdlib.h>
#include <string.h>

/* Where the statuses begin, in the order below, that ask for nothing. */
#define MET 4

/* Where a line comes among its profile's: what decides first, what is in order last. */
int section_line_rank(const json_t *line)
{
	static const char *const order[] = {
		"not met", "not enough evidence", "not measured", "marginal", "presumed", "met"};
	const char *status = field_text(line, "status", "");
	bool required = strcmp(field_text(line, "severity", "required"), "required") == 0;
	int rank = 1;

	for (int i = 0; i < (int)(sizeof(order) / sizeof(order[0])); i++)
		if (strcmp(status, order[i]) == 0)
			rank = i;
	/* A marginal requirement comes before an advice that is not met. */
	return rank >= MET ? SECTION_RANK_MET + 2 * (rank - MET) + !required
			   : rank + (required ? 0 : MET);
}

/* "5 repetitions, 12,034 samples" */
static void write_basis(struct page *page, const json_t *line)
{
	size_t repetitions = field_count(line, "n"), samples = field_count(line, "samples");
	char text[32];

	if (!repetitions && !samples)
		return;
	html(page->out, "<small>");
	if (repetitions)
		html(page->out, "%zu %s", repetitions,
			repetitions == 1 ? "repetition" : "repetitions");
	if (samples)
		html(page->out, "%s%s samples", repetitions ? ", " : "",
			field_thousands(samples, text, sizeof(text)));
	html(page->out, "</small>");
}

/* Why a requirement is one, and who says so. */
static void write_grounds(struct page *page, const json_t *line)
{
	const char *why = field_text(line, "why", NULL), *source = field_text(line, "source", NULL);

	if (why)
		html(page->out, "<p class=\"why\"><b>Why it matters</b> %s</p>", why);
	if (source) {
		html(page->out, "<p class=\"source\"><b>Source</b> ");
		html_linked(page->out, source);
		html(page->out, "</p>");
	}
}

/* What is wrong with the host is not known yet: only a measurement helps. */
static void write_command(struct page *page, const char *bench)
{
	char *word = NULL;
	size_t size;
	FILE *out = *bench ? open_memstream(&word, &size) : NULL;

	if (!out)
		return;
	shell_word(out, bench);
	if (fclose(out) == 0)
		html(page->out,
			"<p class=\"todo\"><b>How to measure it</b> <code>seatrial run --only "
			"%s</code></p>",
			word);
	free(word);
}

static void write_reasoning(struct page *page, const json_t *line, const char *status)
{
	const char *what = field_text(line, "do", NULL);
	int evidence = section_find_result(page, field_text(line, "bench", ""));
	bool met = strcmp(status, "met") == 0 || strcmp(status, "presumed") == 0;

	html(page->out, "<p>%s", field_text(line, "text", ""));
	if (evidence >= 0)
		html(page->out, " <a href=\"#result-%d\">Evidence\u00a0↓</a>", evidence);
	html(page->out, "</p>");
	if (strcmp(status, "not measured") == 0)
		write_command(page, field_text(line, "bench", ""));
	else if (what && !met)
		html(page->out, "<p class=\"todo\"><b>What to do</b> %s</p>", what);
	/* What is in order needs no defence on the screen; on paper all is spelled out. */
	if (met)
		html(page->out, "<details><summary>Why it matters, and who says so</summary>");
	write_grounds(page, line);
	if (met)
		html(page->out, "</details>");
}

/* "4.10 ms (3.60 to 4.70 ms)": what stands in brackets stands below, smaller. */
static void write_reading(struct page *page, const char *reading)
{
	const char *bracket = strstr(reading, " (");
	char value[512];

	if (!bracket || (size_t)(bracket - reading) >= sizeof(value)) {
		html(page->out, "%s", reading);
		return;
	}
	snprintf(value, sizeof(value), "%.*s", (int)(bracket - reading), reading);
	html(page->out, "%s<small>%s</small>", value, bracket + 1);
}

static void write_line(struct page *page, const json_t *line)
{
	const char *status = field_text(line, "status", "not enough evidence");
	bool advised = strcmp(field_text(line, "severity", ""), "advised") == 0;
	char labels[256];

	field_labels(json_object_get(line, "labels"), NULL, labels, sizeof(labels));
	html(page->out, "<tr class=\"%s\"><td class=\"status\">", section_tone(status));
	section_badge(page, status);
	html(page->out, "</td><th scope=\"row\">%s",
		field_text(line, "title", "unnamed requirement"));
	if (*labels)
		html(page->out, " <span class=\"labels\">%s</span>", labels);
	if (advised)
		html(page->out, " <span class=\"severity\">advised</span>");
	html(page->out, "</th>\n");
	html(page->out, "<td class=\"reading\" data-label=\"Read\"><span>");
	write_reading(page, field_text(line, "reading", "not measured"));
	write_basis(page, line);
	html(page->out,
		"</span></td><td class=\"limit\" data-label=\"Limit\"><span>%s</span></td>\n",
		field_text(line, "limit", ""));
	html(page->out, "<td class=\"reasoning\">");
	write_reasoning(page, line, status);
	html(page->out, "</td></tr>\n");
}

/* Two lines of the same rank keep the profile's order. */
struct ranked {
	const json_t *line;
	size_t place;
};

static int compare_lines(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	int difference = section_line_rank(a->line) - section_line_rank(b->line);

	return difference ? difference : (a->place > b->place) - (a->place < b->place);
}

static void write_lines(struct page *page, const json_t *lines)
{
	size_t count = json_array_size(lines);
	struct ranked *ranked = calloc(count + 1, sizeof(*ranked));

	for (size_t i = 0; i < count && ranked; i++)
		ranked[i] = (struct ranked){json_array_get(lines, i), i};
	if (ranked)
		qsort(ranked, count, sizeof(*ranked), compare_lines);
	for (size_t i = 0; i < count; i++)
		write_line(page, ranked ? ranked[i].line : json_array_get(lines, i));
	free(ranked);
}

/* "3 met, 1 not met": how many lines have each status. */
static void write_tally(struct page *page, const json_t *lines)
{
	static const char *const statuses[] = {
		"not met", "not enough evidence", "not measured", "marginal", "presumed", "met"};

	html(page->out, "<p class=\"tally\">");
	for (size_t s = 0; s < sizeof(statuses) / sizeof(statuses[0]); s++) {
		size_t i, count = 0;
		json_t *line;

		json_array_foreach(lines, i, line)
			count += strcmp(field_text(line, "status", ""), statuses[s]) == 0;
		if (count) {
			html(page->out, "<span>%zu ", count);
			section_badge(page, statuses[s]);
			html(page->out, "</span> ");
		}
	}
	html(page->out, "</p>\n");
}

/* What the profile itself says it is for, from the run that used it. */
static const char *find_description(struct page *page, const char *name)
{
	size_t i;
	json_t *profile;

	json_array_foreach(json_object_get(page->run, "profiles"), i, profile)
		if (strcmp(field_text(profile, "name", ""), name) == 0)
			return field_text(profile, "description", NULL);
	return NULL;
}

static void write_profile(struct page *page, const json_t *profile)
{
	const json_t *lines = json_object_get(profile, "lines");
	const char *name = field_text(profile, "name", "");
	const char *description = find_description(page, name);

	html(page->out, "<section class=\"requirements\">\n<h2>%s</h2>\n",
		field_text(profile, "title", "Requirements"));
	if (description)
		html(page->out, "<p class=\"lead\">%s</p>\n", description);
	write_tally(page, lines);
	html(page->out,
		"<table class=\"lines\">\n<thead><tr><th scope=\"col\">Status</th>"
		"<th scope=\"col\">Requirement</th><th scope=\"col\">Read</th>"
		"<th scope=\"col\">Limit</th><th scope=\"col\">What follows</th></tr></thead>\n"
		"<tbody>\n");
	write_lines(page, lines);
	html(page->out, "</tbody></table>\n</section>\n");
}

void section_requirements(struct page *page)
{
	size_t i;
	json_t *profile;

	json_array_foreach(json_object_get(page->verdict, "profiles"), i, profile)
		write_profile(page, profile);
}
