/*
 * Manual pages in man(7) macros.
 */
#include "exit_code.h"
#include "options_internal.h"
#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* One character of text. Hyphens are minus signs, so that what people copy works; the other ASCII
 * characters that roff would replace by typographic ones have names of their own (groff_char(7)).
 */
static size_t put_character(const char *text, FILE *out)
{
	static const struct {
		char plain;
		const char *roff;
	} names[] = {{'\\', "\\e"}, {'-', "\\-"}, {'"', "\\(dq"}, {'\'', "\\(aq"}, {'`', "\\(ga"},
		{'^', "\\(ha"}, {'~', "\\(ti"}};
	uint32_t character;
	size_t length = text_decode(text, &character);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (*text == names[i].plain) {
			fputs(names[i].roff, out);
			return 1;
		}
	}
	if (*text == '\n' || *text == '\t')
		fputc(' ', out);
	else if (!length || character < 0x20 || (character >= 0x7f && character <= 0x9f))
		fputc('?', out);
	else if (character < 0x80)
		fputc(*text, out);
	else
		fprintf(out, "\\[u%04X]", character);
	return length ? length : 1;
}

static void put(const char *text, size_t length, FILE *out)
{
	for (const char *end = text + length; text < end;)
		text += put_character(text, out);
}

static void put_all(const char *text, FILE *out)
{
	put(text, strlen(text), out);
}

/* A line of text that roff must not take for a request. */
static void put_line(const char *text, size_t length, FILE *out)
{
	if (length && (*text == '.' || *text == '\''))
		fputs("\\&", out);
	put(text, length, out);
	fputc('\n', out);
}

/* Text in source lines of fewer than 80 bytes: broken at blanks, as roff fills lines anyway. */
static void put_filled(const char *text, size_t length, FILE *out)
{
	const size_t limit = 60; /* escapes make lines longer */

	while (length > limit) {
		const char *blank = memrchr(text, ' ', limit);

		if (!blank)
			blank = memchr(text, ' ', length);
		if (!blank)
			break;
		if (blank > text)
			put_line(text, (size_t)(blank - text), out);
		length -= (size_t)(blank - text) + 1;
		text = blank + 1;
	}
	put_line(text, length, out);
}

/* Running text as options.h describes it; "# TITLE" lines become sections. */
static void put_text(const char *text, FILE *out)
{
	bool example = false, paragraph = false;

	while (*text) {
		size_t length = strcspn(text, "\n");
		bool indented = *text == ' ' || *text == '\t';

		if (example && !indented)
			fputs(".EE\n", out);
		if (!length) {
			paragraph = true;
		} else if (!strncmp(text, "# ", 2)) {
			fputs(".SH ", out);
			put_line(text + 2, length - 2, out);
			paragraph = false;
		} else {
			if (paragraph)
				fputs(".PP\n", out);
			if (indented && !example)
				fputs(".EX\n", out);
			if (indented)
				put_line(text, length, out);
			else
				put_filled(text, length, out);
			paragraph = false;
		}
		example = indented && length;
		text += length + (text[length] == '\n');
	}
	if (example)
		fputs(".EE\n", out);
}

static void put_option(const struct option_row *row, FILE *out)
{
	char text[OPTIONS_TEXT_MAX];

	fputs(".TP\n", out);
	if (row->letter)
		fprintf(out, "\\fB\\-%c\\fR, ", row->letter);
	fputs("\\fB\\-\\-", out);
	put_all(row->name, out);
	fputs("\\fR", out);
	if (row->type != OPTION_FLAG) {
		fputs("=\\fI", out);
		put_all(row->argument, out);
		fputs("\\fR", out);
	}
	fputc('\n', out);
	options_text(row, text, sizeof(text));
	put_filled(text, strlen(text), out);
}

/* The options, below `heading` if there are any. */
static void put_options(const struct option_program *program, const char *heading, FILE *out)
{
	options_foreach(program, row) {
		fputs(heading, out);
		put_option(row, out);
		heading = "";
	}
}

/* Operands in italics where they are placeholders, which are in capitals. */
static void put_operands(const char *operands, FILE *out)
{
	while (*operands) {
		size_t length = strspn(operands, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

		if (length) {
			fputs("\\fI", out);
			put(operands, length, out);
			fputs("\\fR", out);
		} else {
			length = 1;
			put(operands, length, out);
		}
		operands += length;
	}
}

static void put_usage(const struct option_program *program, FILE *out)
{
	fputs("\\fB", out);
	put_all(program->name, out);
	fputs("\\fR [\\fIOPTION\\fR]...", out);
	if (program->operands && *program->operands) {
		fputc(' ', out);
		put_operands(program->operands, out);
	}
	fputc('\n', out);
}

static void put_command(const struct option_program *program, FILE *out)
{
	fputs(".SS ", out);
	put_all(program->name, out);
	fputc('\n', out);
	put_usage(program, out);
	fputs(".PP\n", out);
	put_text(program->description, out);
	put_options(program, "", out);
}

/* The date of the source where a packager gives it (reproducible-builds.org), else today. */
static void put_title(const struct option_program *program, const char *version, FILE *out)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	time_t now = epoch ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
	struct tm day;
	char date[32];

	if (!gmtime_r(&now, &day) || !strftime(date, sizeof(date), "%Y-%m-%d", &day))
		snprintf(date, sizeof(date), "1970-01-01");
	fputs(".TH ", out);
	for (const char *at = program->name; *at; at++)
		if (*at == '-')
			fputs("\\-", out);
		else
			fputc(toupper((unsigned char)*at), out);
	fprintf(out, " 1 \"%s\" \"seatrial ", date);
	put_all(version, out);
	fputs("\" \"seatrial manual\"\n", out);
}

static void put_exit_status(FILE *out)
{
	static const struct {
		enum exit_code code;
		const char *meaning;
	} meanings[] = {
		{EXIT_CODE_OK,
			"A benchmark measured all it was asked to; for seatrial: suitable, a pass, or "
			"whatever else a command was asked for."},
		{EXIT_CODE_FAILURE,
			"The program or the system failed; standard error says how. For seatrial push: "
			"something was spooled or refused."},
		{EXIT_CODE_USAGE, "The command line was wrong; nothing was done."},
		{EXIT_CODE_UNSUITABLE,
			"Not suitable: a required threshold is not met; for seatrial gate: something "
			"has regressed; for seatrial history: --alert is given and there is cause for "
			"it; for seatrial verify: a run contradicts itself, or a signature is wrong."},
		{EXIT_CODE_INCOMPLETE,
			"Not enough evidence for a verdict, also for that of seatrial gate, or something "
			"did not run; for seatrial compare: nothing could be compared."},
		{EXIT_CODE_MARGINAL,
			"Marginal: every requirement is met, but a reading is too close to its "
			"limit or an advice is not followed."},
		{EXIT_CODE_SKIPPED,
			"A benchmark cannot run here; its result document says why. Or seatrial was asked "
			"for a PDF and there is no WeasyPrint."},
		{EXIT_CODE_INTERRUPTED,
			"Stopped by SIGINT, SIGTERM or SIGHUP; what was measured is kept."},
	};

	fputs(".SH EXIT STATUS\nEvery program of the suite uses the same numbers.\n", out);
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		fprintf(out, ".TP\n%d\n", meanings[i].code);
		put_filled(meanings[i].meaning, strlen(meanings[i].meaning), out);
	}
}

static void put_see_also(const struct option_program *program, FILE *out)
{
	fputs(".SH SEE ALSO\n", out);
	if (!strcmp(program->name, "seatrial"))
		fputs(".BR gnuplot (1),\n.BR weasyprint (1)\n.PP\nEach benchmark that\n.B seatrial list\nnames has a "
		      "manual page of its own.\n",
			out);
	else
		fputs(".BR seatrial (1)\n", out);
}

void options_manual_commands(
	const struct option_program *const *programs, const char *version, FILE *out)
{
	const struct option_program *program = programs[0];

	put_title(program, version, out);
	fputs(".SH NAME\n", out);
	put_all(program->name, out);
	fputs(" \\- ", out);
	put_all(program->summary, out);
	fputs("\n.SH SYNOPSIS\n", out);
	put_usage(program, out);
	for (size_t i = 1; programs[i]; i++) {
		fputs(".br\n", out);
		put_usage(programs[i], out);
	}
	fputs(".SH DESCRIPTION\n", out);
	put_text(program->description, out);
	put_options(program, ".SH OPTIONS\n", out);
	for (size_t i = 1; programs[i]; i++) {
		if (i == 1)
			fputs(".SH COMMANDS\n", out);
		put_command(programs[i], out);
	}
	if (program->sections)
		put_text(program->sections, out);
	put_exit_status(out);
	put_see_also(program, out);
}

void options_manual(const struct option_program *program, const char *version, FILE *out)
{
	const struct option_program *const programs[] = {program, NULL};

	options_manual_commands(programs, version, out);
}
