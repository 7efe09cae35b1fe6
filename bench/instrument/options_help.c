/*
 * --help, for people: 80 columns or what a narrower terminal has, the summary first, options in two
 * columns.
 */
#include "options_internal.h"

#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>

#define WIDTH       80
#define WIDTH_LEAST 50
#define HELP_COLUMN 28

/* Text being filled into lines; each new line starts at `indent`. */
struct fill {
	FILE *out;
	size_t width;
	size_t indent;
	size_t column; /* of the next character */
	bool empty;    /* no word since the line, or the indent, began */
};

static size_t width_of(FILE *out)
{
	struct winsize size;
	int fd = fileno(out);

	if (fd < 0 || ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_col >= WIDTH)
		return WIDTH;
	return size.ws_col > WIDTH_LEAST ? size.ws_col : WIDTH_LEAST;
}

static size_t columns(const char *text, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

static void fill_break(struct fill *fill)
{
	fputc('\n', fill->out);
	fill->column = 0;
	fill->empty = true;
}

static void fill_word(struct fill *fill, const char *word, size_t length)
{
	size_t width = columns(word, length);

	if (!fill->empty && fill->column + 1 + width > fill->width)
		fill_break(fill);
	if (fill->column < fill->indent) {
		fprintf(fill->out, "%*s", (int)(fill->indent - fill->column), "");
		fill->column = fill->indent;
	} else if (!fill->empty) {
		fputc(' ', fill->out);
		fill->column++;
	}
	fwrite(word, 1, length, fill->out);
	fill->column += width;
	fill->empty = false;
}

static void fill_words(struct fill *fill, const char *text, size_t length)
{
	for (const char *end = text + length; text < end;) {
		size_t word = strcspn(text, " \t\n");

		if (text + word > end)
			word = (size_t)(end - text);
		if (word)
			fill_word(fill, text, word);
		text += word + 1;
	}
}

/* Running text as options.h describes it; ends with the line. */
static void fill_text(FILE *out, const char *text)
{
	struct fill fill = {.out = out, .width = width_of(out), .empty = true};

	while (*text) {
		size_t length = strcspn(text, "\n");
		bool example = *text == ' ' || *text == '\t';

		if (!fill.empty && (!length || example))
			fill_break(&fill);
		if (example)
			fprintf(out, "%.*s\n", (int)length, text);
		else if (length)
			fill_words(&fill, text, length);
		else
			fputc('\n', out);
		text += length + (text[length] == '\n');
	}
	if (!fill.empty)
		fill_break(&fill);
}

static void append(char *buffer, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *buffer, size_t size, const char *format, ...)
{
	size_t used = strlen(buffer);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(buffer + used, size - used, format, arguments);
	va_end(arguments);
}

static void append_choices(const struct option_row *row, char *buffer, size_t size)
{
	bool list = row->type == OPTION_CHOICES;

	append(buffer, size, list ? " Any of " : " One of ");
	for (size_t i = 0; row->choices[i]; i++)
		append(buffer, size, "%s%s", i ? ", " : "", row->choices[i]);
	append(buffer, size, list ? ", with commas between." : ".");
}

static void append_range(const struct option_row *row, char *buffer, size_t size)
{
	char min[40], max[40];

	options_bound(row, row->min, min, sizeof(min));
	options_bound(row, row->max, max, sizeof(max));
	if (row->min && row->max)
		append(buffer, size, " From %s to %s.", min, max);
	else if (row->min)
		append(buffer, size, " At least %s.", min);
	else if (row->max)
		append(buffer, size, " At most %s.", max);
}

/* "(default: 2300)", or "(default: quick 2s; standard 5s; full 20s)" */
static void append_default(const struct option_row *row, char *buffer, size_t size)
{
	const char *first = options_default(row, PRESET_QUICK);
	const char *separator = " ";
	bool differ = false;

	if (!first || !*first)
		return;
	for (enum preset preset = 0; preset < PRESETS; preset++)
		differ |= strcmp(options_default(row, preset), first) != 0;
	if (!differ) {
		append(buffer, size, " (default: %s)", first);
		return;
	}
	append(buffer, size, " (default:");
	for (enum preset preset = 0; preset < PRESETS; preset++, separator = "; ")
		append(buffer, size, "%s%s %s", separator, preset_names[preset],
			options_default(row, preset));
	append(buffer, size, ")");
}

const char *options_text(const struct option_row *row, char *buffer, size_t size)
{
	size_t length = strlen(row->help);

	buffer[0] = '\0';
	append(buffer, size, "%s%s", row->help, row->help[length - 1] == '.' ? "" : ".");
	if (row->type == OPTION_CHOICE || row->type == OPTION_CHOICES)
		append_choices(row, buffer, size);
	if (row->type == OPTION_COUNTS || row->type == OPTION_SIZES)
		append(buffer, size, " Up to %d values, with commas between.", OPTION_LIST_MAX);
	append_range(row, buffer, size);
	if (row->repeatable)
		append(buffer, size, " May be given more than once.");
	append_default(row, buffer, size);
	return buffer;
}

static void help_option(const struct option_row *row, FILE *out)
{
	struct fill fill = {
		.out = out, .width = width_of(out), .indent = HELP_COLUMN, .empty = true};
	char text[OPTIONS_TEXT_MAX], letter[5] = "    ";
	bool value = row->type != OPTION_FLAG;

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	fill.column = (size_t)fprintf(out, "  %s--%s%s%s", letter, row->name, value ? "=" : "",
		value ? row->argument : "");
	if (fill.column + 2 > HELP_COLUMN)
		fill_break(&fill);
	options_text(row, text, sizeof(text));
	fill_words(&fill, text, strlen(text));
	fill_break(&fill);
}

static void help_tables(const struct option_program *program, FILE *out)
{
	const char *const titles[] = {"Options", "Common options"};
	size_t next = 0; /* the title that has not been printed yet */

	for (size_t t = 0; program->tables[t]; t++) {
		size_t title = next ? 1 : 0;

		for (const struct option_row *row = program->tables[t]; row->name; row++) {
			if (row->hidden)
				continue;
			if (title == next)
				fprintf(out, "\n%s:\n", titles[next++]);
			help_option(row, out);
		}
	}
}

static void help_commands(const struct option_program *const *commands, FILE *out)
{
	if (*commands)
		fprintf(out, "\nCommands:\n");
	for (; *commands; commands++) {
		struct fill fill = {.out = out,
			.width = width_of(out),
			.indent = HELP_COLUMN / 2,
			.empty = true};
		const char *name = options_command(*commands);

		fill.column = (size_t)fprintf(out, "  %s", name);
		if (fill.column + 2 > fill.indent)
			fill_break(&fill);
		fill_words(&fill, (*commands)->summary, strlen((*commands)->summary));
		fill_break(&fill);
	}
}

const char *options_command(const struct option_program *program)
{
	const char *space = strchr(program->name, ' ');

	return space ? space + 1 : program->name;
}

void options_help_commands(const struct option_program *const *programs, FILE *out)
{
	const struct option_program *program = programs[0];
	bool operands = program->operands && *program->operands;

	fprintf(out, "Usage: %s [OPTION]...%s%s\n", program->name, operands ? " " : "",
		operands ? program->operands : "");
	fill_text(out, program->summary);
	fputc('\n', out);
	fill_text(out, program->description);
	help_commands(programs + 1, out);
	help_tables(program, out);
}

void options_help(const struct option_program *program, FILE *out)
{
	const struct option_program *const programs[] = {program, NULL};

	options_help_commands(programs, out);
}
