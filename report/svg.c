#include "svg.h"

#include "html.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64

/* A tag: <name attributes>, </name> or <name attributes/>. */
struct tag {
	const char *name, *attributes, *end; /* end: after '>' */
	size_t name_size, attributes_size;
	bool closing, empty;
};

struct adoption {
	FILE *out;
	int depth;         /* of open elements */
	int ignored_depth; /* depth of the element whose inside is left out; 0: none */
	bool in_text;
	int shade; /* ink of the path that polygons are being gathered in; 0: none */
	const char *closing[DEPTH_MAX]; /* what to write when the element of this depth ends */
};

static bool tag_is(const struct tag *tag, const char *name)
{
	return tag->name_size == strlen(name) && memcmp(tag->name, name, tag->name_size) == 0;
}

/* Reads the tag at `text`, which starts with '<'. False when it does not end. */
static bool read_tag(const char *text, struct tag *tag)
{
	const char *at = text + 1, *close;
	char quote = 0;

	*tag = (struct tag){.closing = *at == '/'};
	tag->name = at + tag->closing;
	tag->name_size = strcspn(tag->name, " \t\r\n/>");
	tag->attributes = tag->name + tag->name_size;
	for (close = tag->attributes; *close && (quote || *close != '>'); close++) {
		if (quote)
			quote = *close == quote ? 0 : quote;
		else if (*close == '"' || *close == '\'')
			quote = *close;
	}
	if (!*close)
		return false;
	bool slash = close > tag->attributes && close[-1] == '/';
	tag->empty = slash || *tag->name == '?' || *tag->name == '!';
	tag->attributes_size = (size_t)(close - tag->attributes) - slash;
	tag->end = close + 1;
	return true;
}

/* Points *value at an attribute's value, which has *size bytes. False when the tag has no such
 * attribute or its value holds a character that is not in `allowed`. */
static bool find_attribute(const struct tag *tag, const char *name, const char *allowed,
	const char **value, size_t *size)
{
	const char *at = tag->attributes, *end = at + tag->attributes_size;
	size_t name_size = strlen(name);

	while (at < end) {
		at += strspn(at, " \t\r\n");
		size_t own_size = strcspn(at, " \t\r\n=");
		const char *quote = at + own_size + strspn(at + own_size, " \t\r\n=");
		if (quote >= end || (*quote != '"' && *quote != '\''))
			return false;
		const char *start = quote + 1;
		const char *close = memchr(start, *quote, (size_t)(end - start));
		if (!close)
			return false;
		if (own_size == name_size && memcmp(at, name, name_size) == 0) {
			*value = start;
			*size = (size_t)(close - start);
			return strspn(start, allowed) >= *size;
		}
		at = close + 1;
	}
	return false;
}

/* Writes an attribute that is on the list, if the tag has it. */
static void copy_attribute(
	struct adoption *adoption, const struct tag *tag, const char *name, const char *allowed)
{
	const char *value;
	size_t size;

	if (find_attribute(tag, name, allowed, &value, &size))
		fprintf(adoption->out, " %s=\"%.*s\"", name, (int)size, value);
}

/* The ink that a colour stands for: gnuplot says "rgb(  0,   0,  12)", or "black" for text. -1:
 * there is no colour. */
static int find_ink(const struct tag *tag, const char *attribute)
{
	const char *value;
	size_t size;
	int ink = 0;

	if (!find_attribute(tag, attribute, "rgblack(0123456789,) ", &value, &size))
		return -1;
	return sscanf(value, "rgb( 0, 0, %3d)", &ink) == 1 ? ink : 0;
}

static void write_class(struct adoption *adoption, const struct tag *tag, const char *attribute)
{
	int ink = find_ink(tag, attribute);

	if (ink >= 0)
		fprintf(adoption->out, " class=\"i%d\"", ink);
}

#define NUMBERS   "0123456789.-+eE, \t\r\n"
#define PATH      NUMBERS "MLHVZmlhvz"
#define TRANSFORM NUMBERS "translateroscl()"
#define LETTERS   "abcdefghijklmnopqrstuvwxyz"

static bool nothing_inside(const struct tag *tag)
{
	const char *next = tag->end + strspn(tag->end, " \t\r\n");

	return tag->empty || strncmp(next, "</", 2) == 0;
}

static void open_group(struct adoption *adoption, const struct tag *tag)
{
	const char *anchor;
	size_t size;

	fputs("<g", adoption->out);
	copy_attribute(adoption, tag, "transform", TRANSFORM);
	/* A group of text is filled with its colour; other groups take theirs from the elements. */
	if (find_attribute(tag, "text-anchor", LETTERS, &anchor, &size)) {
		copy_attribute(adoption, tag, "text-anchor", LETTERS);
		write_class(adoption, tag, "fill");
	}
	fputs(">", adoption->out);
}

/* gnuplot's markers are <use> of a shape with an identifier; all of ours are discs (pointtype 7).
 */
static void write_marker(struct adoption *adoption, const struct tag *tag)
{
	fputs("<circle r=\"1\"", adoption->out);
	copy_attribute(adoption, tag, "transform", TRANSFORM);
	write_class(adoption, tag, "color");
	fputs("/>\n", adoption->out);
}

static void write_path(struct adoption *adoption, const struct tag *tag)
{
	fputs("<path", adoption->out);
	write_class(adoption, tag, "stroke");
	copy_attribute(adoption, tag, "d", PATH);
	fputs("/>\n", adoption->out);
}

static void end_polygons(struct adoption *adoption)
{
	if (adoption->shade)
		fputs("\"/>\n", adoption->out);
	adoption->shade = 0;
}

/* A heatmap has thousands: those of one colour that follow each other become one path. */
static void write_polygon(struct adoption *adoption, const struct tag *tag)
{
	const char *points;
	size_t size;
	int ink = find_ink(tag, "fill");

	if (ink <= 0 || !find_attribute(tag, "points", NUMBERS, &points, &size))
		return;
	if (ink != adoption->shade) {
		end_polygons(adoption);
		fprintf(adoption->out, "<path class=\"i%d\" d=\"", ink);
		adoption->shade = ink;
	}
	while (size && strchr(" \t\r\n", points[size - 1]))
		size--;
	fprintf(adoption->out, "M%.*sZ", (int)size, points);
}

/* Opens a group or a text, unless there is nothing in it. */
static void open_container(struct adoption *adoption, const struct tag *tag)
{
	bool text = tag_is(tag, "text");

	if (nothing_inside(tag))
		return;
	if (text)
		fputs("<text>", adoption->out);
	else
		open_group(adoption, tag);
	adoption->closing[adoption->depth] = text ? "</text>" : "</g>\n";
	adoption->in_text = text;
}

static void open_element(struct adoption *adoption, const struct tag *tag)
{
	if (!tag->empty)
		adoption->closing[++adoption->depth] = "";
	if (adoption->ignored_depth)
		return;
	if (tag_is(tag, "polygon") && tag->empty) {
		write_polygon(adoption, tag);
		return;
	}
	end_polygons(adoption);
	if (tag_is(tag, "g") || tag_is(tag, "text"))
		open_container(adoption, tag);
	else if (tag_is(tag, "path") && tag->empty)
		write_path(adoption, tag);
	else if (tag_is(tag, "use") && tag->empty)
		write_marker(adoption, tag);
	else if (!tag_is(tag, "svg") && !tag->empty)
		adoption->ignored_depth = adoption->depth;
}

/* By depth, not by name: what is written is well-formed whatever was read. */
static void close_element(struct adoption *adoption)
{
	if (!adoption->ignored_depth) {
		end_polygons(adoption);
		fputs(adoption->closing[adoption->depth], adoption->out);
		adoption->in_text = false;
	}
	if (adoption->ignored_depth == adoption->depth)
		adoption->ignored_depth = 0;
	adoption->depth--;
}

/* Writes the text before the next tag. Our labels need no character reference, so '&' is only a
 * character. */
static void write_text(struct adoption *adoption, const char *text, size_t size)
{
	char label[128];

	if (adoption->ignored_depth || !adoption->in_text)
		return;
	end_polygons(adoption);
	snprintf(label, sizeof(label), "%.*s", (int)(size < 100 ? size : 100), text);
	html_text(adoption->out, label + strspn(label, " "));
}

static bool adopt(struct adoption *adoption, const char *drawing)
{
	const char *at = strstr(drawing, "<svg");
	bool opened = false;

	while (at && *at) {
		size_t text = strcspn(at, "<");
		struct tag tag;

		write_text(adoption, at, text);
		at += text;
		if (!*at)
			break;
		if (!read_tag(at, &tag) || adoption->depth + 1 >= DEPTH_MAX)
			return false;
		if (tag.closing && adoption->depth == 0)
			return false;
		if (tag.closing)
			close_element(adoption);
		else
			open_element(adoption, &tag);
		opened = true;
		at = tag.end;
	}
	return opened && adoption->depth == 0;
}

static void write_names(const char *title, const char *label, FILE *out)
{
	if (title)
		html(out, ">\n<title>%s</title><desc>%s</desc>\n", title, label);
	else
		html(out, " aria-label=\"%s\">\n", label);
}

int svg_adopt(const char *drawing, int width, int height, const char *title, const char *label,
	FILE *out, struct problem *problem)
{
	char *text = NULL;
	size_t size = 0;
	struct adoption adoption = {.out = open_memstream(&text, &size)};

	if (!adoption.out)
		return problem_errno(problem, "Not enough memory for a plot");
	bool whole = adopt(&adoption, drawing);
	if (fclose(adoption.out) != 0 || !whole) {
		free(text);
		return problem_set(problem, -EINVAL, "gnuplot's drawing is not a whole SVG");
	}
	html(out, "<svg class=\"plot\" viewBox=\"0 0 %d %d\" role=\"img\"", width, height);
	write_names(title, label, out);
	fputs(text, out);
	fputs("</svg>\n", out);
	free(text);
	return 0;
}
