#include "paper.h"

#include "plot.h"
#include "plot_css.h"
#include "report_css.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The page's own markup, as section.c and its kind write it. */
#define HEADING     "<h2>"
#define HEADING_END "</h2>"
#define DRAWING     "<svg class=\"plot\""

/* Paper is white, and the typesetter draws a stroke over the letters rather than behind them. */
#define ON_PAPER ".plot text { stroke: none; font-family: \"DejaVu Sans\", sans-serif; }\n"

static const char *find_value(const char *values, const char *name, size_t size, size_t *length)
{
	const char *end = strchr(values, '}');

	for (const char *at = values; (at = strstr(at, "--")) && at < end; at += 2)
		if (strncmp(at + 2, name, size) == 0 && at[2 + size] == ':') {
			at += 2 + size + 1;
			at += strspn(at, " ");
			*length = strcspn(at, ";}");
			return at;
		}
	return NULL;
}

void paper_resolve(const char *rules, const char *values, FILE *out)
{
	const char *at;

	while ((at = strstr(rules, "var(--"))) {
		const char *name = at + strlen("var(--");
		size_t size = strcspn(name, ")"), length;
		const char *value = find_value(values, name, size, &length);

		fwrite(rules, 1, (size_t)(at - rules), out);
		if (value)
			fwrite(value, 1, length, out);
		else
			fprintf(out, "var(--%.*s)", (int)size, name);
		rules = name + size + (name[size] == ')');
	}
	fputs(rules, out);
}

/* For the caller to free; NULL when memory is short. */
static char *drawing_style(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("<style>", out);
	paper_resolve(plot_css, report_css, out);
	fputs(ON_PAPER "</style>", out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Writes the text of a heading without the tags in it. */
static void write_words(const char *from, const char *to, FILE *out)
{
	for (bool tag = false; from < to; from++) {
		if (*from == '<' || *from == '>')
			tag = *from == '<';
		else if (!tag)
			putc(*from, out);
	}
}

void paper_contents(const char *body, FILE *out)
{
	size_t number = 0;

	fputs("<nav class=\"contents\" aria-label=\"Contents\">\n<h2>Contents</h2>\n<ol>\n", out);
	for (const char *at = body; (at = strstr(at, HEADING)); number++) {
		const char *end = strstr(at, HEADING_END);

		if (!end)
			break;
		fprintf(out, "<li><a href=\"#part-%zu\">", number);
		write_words(at + strlen(HEADING), end, out);
		fputs("</a></li>\n", out);
		at = end;
	}
	fputs("</ol>\n</nav>\n", out);
}

/* Words reach out of a plot at its sides, where the typesetter cuts it off: it gets wider. */
#define MARGIN_LEFT  14
#define MARGIN_RIGHT 18

static void write_drawing(const char *at, const char *end, const char *style, FILE *out)
{
	static const char box[] = "viewBox=\"0 0 ";
	const char *found = strstr(at, box);
	char *rest = NULL;
	long width = found && found < end ? strtol(found + strlen(box), &rest, 10) : 0;

	if (width == PLOT_WIDTH)
		fprintf(out, "%.*sviewBox=\"-%d 0 %ld%.*s", (int)(found - at), at, MARGIN_LEFT,
			width + MARGIN_LEFT + MARGIN_RIGHT, (int)(end - rest), rest);
	else
		fwrite(at, 1, (size_t)(end - at), out);
	fputs(style ? style : "", out);
}

void paper_body(const char *body, FILE *out)
{
	char *style = drawing_style();
	size_t number = 0;

	for (;;) {
		const char *heading = strstr(body, HEADING), *drawing = strstr(body, DRAWING);
		const char *at = heading && (!drawing || heading < drawing) ? heading : drawing;
		const char *end = at ? strchr(at, '>') : NULL;

		if (!end)
			break;
		fwrite(body, 1, (size_t)(at - body), out);
		if (at == heading)
			fprintf(out, "<h2 id=\"part-%zu\">", number++);
		else
			write_drawing(at, end + 1, style, out);
		body = end + 1;
	}
	fputs(body, out);
	free(style);
}
