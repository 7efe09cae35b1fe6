#include "options_internal.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

const char *const preset_names[PRESETS + 1] = {"quick", "standard", "full", NULL};

/* Rows of all tables of one program together. */
#define ROWS_MAX 96

/* getopt_long() returns this plus the row's number for a long option, the letter for a short one.
 */
#define LONG_OPTION 256

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

/* A program's tables as getopt_long() wants them. */
struct parser {
	const struct option_row *rows[ROWS_MAX];
	void *configs[ROWS_MAX];
	size_t count;
	struct option long_options[ROWS_MAX + 1];
	char letters[2 * ROWS_MAX + 2];
};

const char *options_default(const struct option_row *row, enum preset preset)
{
	return row->value[preset] ? row->value[preset] : row->value[PRESET_QUICK];
}

const struct option_row *options_find(const struct option_program *program, const char *name)
{
	for (const struct option_row *const *table = program->tables; *table; table++)
		for (const struct option_row *row = *table; row->name; row++)
			if (!strcmp(row->name, name))
				return row;
	return NULL;
}

const struct option_row *options_next(
	const struct option_program *program, size_t *table, const struct option_row *row)
{
	row = row ? row + 1 : program->tables[*table];
	while (row && (!row->name || row->hidden))
		row = row->name ? row + 1 : program->tables[++*table];
	return row;
}

static bool consists_of(const char *text, const char *characters)
{
	return *text && !text[strspn(text, characters)];
}

static bool letter_is_shared(const struct option_program *program, const struct option_row *row)
{
	for (const struct option_row *const *table = program->tables; *table; table++)
		for (const struct option_row *other = *table; other->name; other++)
			if (other != row && other->letter == row->letter)
				return true;
	return false;
}

/* A table is data that a programmer wrote: this finds what would otherwise fail in front of a user.
 */
static int check_row(
	const struct option_program *program, const struct option_row *row, struct problem *problem)
{
	bool choice = row->type == OPTION_CHOICE || row->type == OPTION_CHOICES;
	const char *wrong = NULL;
	size_t choices = 0;

	/* Choices stand unquoted in shell scripts. */
	for (; row->choices && row->choices[choices]; choices++)
		if (!consists_of(row->choices[choices], LOWER UPPER DIGITS "._+-"))
			wrong = "a choice with a character that shells know";
	if (!consists_of(row->name, LOWER DIGITS "-"))
		wrong = "a bad name";
	else if (options_find(program, row->name) != row)
		wrong = "a row too many";
	else if (row->letter && letter_is_shared(program, row))
		wrong = "the letter of another option";
	else if (!row->help || !*row->help || (row->type != OPTION_FLAG && !row->argument))
		wrong = "no help or no name for its value";
	else if (row->repeatable && row->type != OPTION_TEXT)
		wrong = "a type that cannot be repeated";
	else if (choice && (!choices || choices > 64))
		wrong = "no choices, or more than 64";
	return wrong ? problem_set(
			       problem, -EINVAL, "%s: --%s has %s", program->name, row->name, wrong)
		     : 0;
}

int options_defaults(const struct option_program *program, enum preset preset, void *const *configs,
	struct problem *problem)
{
	size_t count = 0;

	for (size_t t = 0; program->tables[t]; t++) {
		for (const struct option_row *row = program->tables[t]; row->name; row++) {
			const char *text = options_default(row, preset);
			int error = check_row(program, row, problem);

			if (!error && ++count > ROWS_MAX)
				error = problem_set(problem, -EINVAL, "%s: more than %d options",
					program->name, ROWS_MAX);
			if (error)
				return error;
			options_clear(row, configs[t]);
			if (text)
				error = options_set(row, text, configs[t], problem);
			if (error)
				return error;
		}
	}
	return 0;
}

static int parser_init(struct parser *parser, const struct option_program *program,
	void *const *configs, struct problem *problem)
{
	char *letter;

	memset(parser, 0, sizeof(*parser));
	letter = parser->letters;
	*letter++ = ':'; /* tells a missing argument from an unknown option */
	for (size_t t = 0; program->tables[t]; t++) {
		for (const struct option_row *row = program->tables[t]; row->name; row++) {
			size_t i = parser->count++;
			int argument = row->type == OPTION_FLAG ? no_argument : required_argument;

			if (i == ROWS_MAX)
				return problem_set(problem, -EINVAL, "%s: more than %d options",
					program->name, ROWS_MAX);
			parser->rows[i] = row;
			parser->configs[i] = configs[t];
			parser->long_options[i].name = row->name;
			parser->long_options[i].has_arg = argument;
			parser->long_options[i].val = LONG_OPTION + (int)i;
			if (!row->letter)
				continue;
			*letter++ = row->letter;
			if (argument == required_argument)
				*letter++ = ':';
		}
	}
	return 0;
}

/* The number of the row that getopt_long() named, or -1. */
static int parser_row(const struct parser *parser, int code)
{
	if (code >= LONG_OPTION)
		return code - LONG_OPTION;
	for (size_t i = 0; i < parser->count; i++)
		if (code && parser->rows[i]->letter == code)
			return (int)i;
	return -1;
}

/* The sentence for an option that nobody knows. `given` starts with its dashes. */
static int unknown_option(const struct option_program *program, const struct parser *parser,
	const char *given, struct problem *problem)
{
	size_t length = strcspn(given, "=");
	const char *nearest = NULL;
	char shown[80];

	for (size_t i = 0; i < parser->count && length > 2; i++)
		if (!strncmp(parser->rows[i]->name, given + 2, length - 2))
			nearest = nearest ? "" : parser->rows[i]->name; /* "": not the only one */
	text_printable(given, shown, sizeof(shown));
	if (nearest && *nearest)
		return problem_set(problem, -EINVAL, "there is no option '%s'; did you mean --%s?",
			shown, nearest);
	return problem_set(
		problem, -EINVAL, "there is no option '%s'; see %s --help", shown, program->name);
}

/* getopt_long() returned ':' or '?'. */
static int parse_failure(const struct option_program *program, const struct parser *parser,
	int code, const char *element, struct problem *problem)
{
	int row = parser_row(parser, optopt);
	char letter[3] = {'-', (char)optopt, '\0'};

	if (code == ':' && row >= 0)
		return problem_set(problem, -EINVAL, "--%s needs a value: %s",
			parser->rows[row]->name, parser->rows[row]->argument);
	if (row >= 0)
		return problem_set(
			problem, -EINVAL, "--%s takes no value", parser->rows[row]->name);
	return unknown_option(program, parser, optopt ? letter : element, problem);
}

/* getopt_long() accepts abbreviations; we do not. */
static bool abbreviated(const char *element, const struct option_row *row)
{
	size_t length = strcspn(element, "=");

	return length != strlen(row->name) + 2 || strncmp(element + 2, row->name, length - 2) != 0;
}

int options_parse(const struct option_program *program, int argc, char **argv, void *const *configs,
	struct problem *problem)
{
	struct parser parser;
	int code, error = parser_init(&parser, program, configs, problem);

	optind = 0; /* glibc: forget any earlier scan */
	opterr = 0;
	while (!error &&
		(code = getopt_long(argc, argv, parser.letters, parser.long_options, NULL)) != -1) {
		/* An argument of its own is the last word read; the option is the one before it. */
		bool apart = optarg && optarg == argv[optind - 1];
		const char *element = argv[optind - (apart ? 2 : 1)];
		int row;

		if (code == ':' || code == '?')
			return parse_failure(program, &parser, code, element, problem);
		row = parser_row(&parser, code);
		if (code >= LONG_OPTION && abbreviated(element, parser.rows[row]))
			return unknown_option(program, &parser, element, problem);
		error = options_set(parser.rows[row], optarg, parser.configs[row], problem);
	}
	return error ? error : optind;
}
