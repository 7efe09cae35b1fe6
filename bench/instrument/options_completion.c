/*
 * Completion scripts. They need nothing but the shell itself: bash-completion only has to find the
 * file.
 */
#include "options_internal.h"
#include "text.h"

#include <errno.h>
#include <string.h>

/* Text between single quotes: `escaped` characters get a backslash, a quote becomes `quote`. */
static void put_quoted(
	const char *text, size_t length, const char *escaped, const char *quote, FILE *out)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\'') {
			fputs(quote, out);
			continue;
		}
		if (strchr(escaped, text[i]))
			fputc('\\', out);
		fputc((unsigned char)text[i] < 0x20 ? ' ' : text[i], out);
	}
}

/* The length of the first sentence of a help text, without its full stop. */
static size_t first_sentence(const char *help)
{
	const char *end = strstr(help, ". ");
	size_t length = end ? (size_t)(end - help) : strlen(help);

	return length && help[length - 1] == '.' ? length - 1 : length;
}

/* The name of a shell function for a program: "_seatrial-fsync", or "_seatrial_run". For a program
 * zsh wants the name of the file. */
static void put_function(const struct option_program *program, FILE *out)
{
	fputc('_', out);
	for (const char *at = program->name; *at; at++)
		fputc(*at == ' ' ? '_' : *at, out);
}

static void put_choices(const struct option_row *row, FILE *out)
{
	for (size_t i = 0; row->choices[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", row->choices[i]);
}

static bool names_directory(const struct option_row *row)
{
	return row->type == OPTION_PATH && !strcmp(row->argument, "DIR");
}

/* "NAME[,NAME...]" */
static bool takes_list(const struct option_row *row)
{
	return row->argument && strstr(row->argument, "[,");
}

static bool has_operands(const struct option_program *program)
{
	return program->operands && *program->operands;
}

/* The command that prints the values of an option as words. */
static void put_offer(const struct option_row *row, FILE *out)
{
	fprintf(out, "$(%s 2>/dev/null | grep \"^[^ ]\")", row->offer);
}

/* Each of several in a list begins after a comma; a value with a '/' is the path of a file. */
static void bash_offer(const struct option_row *row, FILE *out)
{
	bool list = takes_list(row);

	fputs("\t\tif [[ $cur == */* ]]; then\n"
	      "\t\t\tcompopt -o filenames\n"
	      "\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	      "\t\t\treturn\n"
	      "\t\tfi\n",
		out);
	if (list)
		fputs("\t\tlocal list=\n"
		      "\t\t[[ $cur == *,* ]] && list=${cur%,*},\n"
		      "\t\tcompopt -o nospace\n",
			out);
	fprintf(out, "\t\tmapfile -t COMPREPLY < <(compgen %s-W \"", list ? "-P \"$list\" " : "");
	put_offer(row, out);
	fprintf(out, "\" -- \"%s\")\n", list ? "${cur##*,}" : "$cur");
}

/* The commands that complete the value $cur of an option. */
static void bash_value(const struct option_row *row, FILE *out)
{
	switch (row->type) {
	case OPTION_PATH:
		fprintf(out,
			"\t\tcompopt -o filenames\n"
			"\t\tmapfile -t COMPREPLY < <(compgen -%c -- \"$cur\")\n",
			names_directory(row) ? 'd' : 'f');
		break;
	case OPTION_CHOICE:
		fputs("\t\tmapfile -t COMPREPLY < <(compgen -W '", out);
		put_choices(row, out);
		fputs("' -- \"$cur\")\n", out);
		break;
	case OPTION_CHOICES:
		fputs("\t\tlocal list=\n"
		      "\t\t[[ $cur == *,* ]] && list=${cur%,*},\n"
		      "\t\tcompopt -o nospace\n"
		      "\t\tmapfile -t COMPREPLY < <(compgen -P \"$list\" -W '",
			out);
		put_choices(row, out);
		fputs("' -- \"${cur##*,}\")\n", out);
		break;
	default: /* of a number or free text there is nothing else to offer */
		if (row->offer)
			bash_offer(row, out);
		break;
	}
}

static void bash_option(const struct option_row *row, FILE *out)
{
	fputc('\t', out);
	if (row->letter)
		fprintf(out, "-%c | ", row->letter);
	fprintf(out, "--%s)\n", row->name);
	bash_value(row, out);
	fputs("\t\treturn\n\t\t;;\n", out);
}

/* Completes the word $cur of one program or subcommand, where $prev is the word, or option, before
 * it. */
static void bash_program(const struct option_program *program,
	const struct option_program *const *commands, FILE *out)
{
	put_function(program, out);
	fputs("_words()\n{\n\tcase $prev in\n", out);
	options_foreach(program, row)
		if (row->type != OPTION_FLAG)
			bash_option(row, out);
	fputs("\tesac\n\tif [[ $cur == -* ]]; then\n\t\tmapfile -t COMPREPLY < <(compgen -W '",
		out);
	options_foreach(program, row)
		fprintf(out, "--%s%s ", row->name, row->type == OPTION_FLAG ? "" : "=");
	fputs("' -- \"$cur\")\n\t\t[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n", out);
	if (*commands) {
		fputs("\telse\n\t\tmapfile -t COMPREPLY < <(compgen -W '", out);
		for (; *commands; commands++)
			fprintf(out, "%s ", options_command(*commands));
		fputs("' -- \"$cur\")\n", out);
	} else if (has_operands(program)) {
		fputs("\telse\n\t\tcompopt -o filenames\n"
		      "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n",
			out);
	}
	fputs("\tfi\n}\n\n", out);
}

static void bash(const struct option_program *const *programs, FILE *out)
{
	static const struct option_program *const none[] = {NULL};

	fprintf(out, "# bash completion for %s\n\n", programs[0]->name);
	bash_program(programs[0], programs + 1, out);
	for (size_t i = 1; programs[i]; i++)
		bash_program(programs[i], none, out);
	put_function(programs[0], out);
	/* '=' is a word of its own to readline. */
	fputs("()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [[ $cur == = ]]; then\n\t\tcur=\n"
	      "\telif [[ $prev == = ]]; then\n\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n\tfi\n",
		out);
	if (programs[1]) {
		fputs("\tif ((COMP_CWORD > 1)); then\n\t\tcase ${COMP_WORDS[1]} in\n", out);
		for (size_t i = 1; programs[i]; i++) {
			fprintf(out, "\t\t%s)\n\t\t\t", options_command(programs[i]));
			put_function(programs[i], out);
			fputs("_words\n\t\t\treturn\n\t\t\t;;\n", out);
		}
		fputs("\t\tesac\n\tfi\n", out);
	}
	fputs("\t", out);
	put_function(programs[0], out);
	fputs("_words\n} &&\n\tcomplete -F ", out);
	put_function(programs[0], out);
	fprintf(out, " %s\n", programs[0]->name);
}

/* One specification of _arguments; see zshcompsys(1). */
static void zsh_spec(const struct option_row *row, bool letter, FILE *out)
{
	bool value = row->type != OPTION_FLAG;

	fputs(" \\\n\t\t'", out);
	if (row->repeatable)
		fputc('*', out);
	else if (row->letter)
		fprintf(out, "(-%c --%s)", row->letter, row->name);
	if (letter)
		fprintf(out, "-%c%s[", row->letter, value ? "+" : "");
	else
		fprintf(out, "--%s%s[", row->name, value ? "=" : "");
	put_quoted(row->help, first_sentence(row->help), "[]:\\", "'\\''", out);
	fputc(']', out);
	if (value) {
		fputc(':', out);
		put_quoted(row->argument, strlen(row->argument), ":\\", "'\\''", out);
		fputc(':', out);
	}
	if (row->type == OPTION_PATH) {
		fputs(names_directory(row) ? "_files -/" : "_files", out);
	} else if (row->type == OPTION_CHOICE) {
		fputc('(', out);
		put_choices(row, out);
		fputc(')', out);
	} else if (row->type == OPTION_CHOICES) {
		fprintf(out, "_values -s , %s ", row->name);
		put_choices(row, out);
	} else if (row->offer) {
		fprintf(out, "{[[ $PREFIX == */* ]] && _files || %s ",
			takes_list(row) ? "_sequence compadd -" : "compadd --");
		put_offer(row, out);
		fputc('}', out);
	}
	fputc('\'', out);
}

static void zsh_specs(const struct option_program *program, FILE *out)
{
	options_foreach(program, row) {
		if (row->letter)
			zsh_spec(row, true, out);
		zsh_spec(row, false, out);
	}
}

/* The function of a plain program or a subcommand. */
static void zsh_program(const struct option_program *program, FILE *out)
{
	put_function(program, out);
	fputs("()\n{\n\t_arguments -s -S", out);
	zsh_specs(program, out);
	fputs(has_operands(program) ? " \\\n\t\t'*:operand:_files'\n}\n\n" : "\n}\n\n", out);
}

/* The function of a program with subcommands: completes their names and hands over to their
 * functions. */
static void zsh_commands(const struct option_program *const *programs, FILE *out)
{
	put_function(programs[0], out);
	fputs("()\n{\n\tlocal curcontext=$curcontext state line\n\n\t_arguments -C -s -S", out);
	zsh_specs(programs[0], out);
	fputs(" \\\n\t\t'1:command:->command' \\\n\t\t'*::argument:->argument'\n"
	      "\tcase $state in\n\tcommand)\n\t\tlocal -a commands=(\n",
		out);
	for (size_t i = 1; programs[i]; i++) {
		fprintf(out, "\t\t\t'%s:", options_command(programs[i]));
		put_quoted(programs[i]->summary, strlen(programs[i]->summary), ":\\", "'\\''", out);
		fputs("'\n", out);
	}
	fputs("\t\t)\n\t\t_describe command commands\n\t\t;;\n"
	      "\targument)\n\t\tcase $words[1] in\n",
		out);
	for (size_t i = 1; programs[i]; i++) {
		fprintf(out, "\t\t%s) ", options_command(programs[i]));
		put_function(programs[i], out);
		fputs(" ;;\n", out);
	}
	fputs("\t\tesac\n\t\t;;\n\tesac\n}\n\n", out);
}

static void zsh(const struct option_program *const *programs, FILE *out)
{
	fprintf(out, "#compdef %s\n\n", programs[0]->name);
	for (size_t i = 1; programs[i]; i++)
		zsh_program(programs[i], out);
	if (programs[1])
		zsh_commands(programs, out);
	else
		zsh_program(programs[0], out);
	/* compinit loads the file as the function's body; `source` only defines it. */
	fputs("if [[ $funcstack[1] == ", out);
	put_function(programs[0], out);
	fputs(" ]]; then\n\t", out);
	put_function(programs[0], out);
	fputs(" \"$@\"\nelse\n\tcompdef ", out);
	put_function(programs[0], out);
	fprintf(out, " %s\nfi\n", programs[0]->name);
}

/* One row for fish. `condition` says when it applies, with the subcommand `command`; both may be
 * "". */
static void fish_row(const char *program, const char *condition, const char *command,
	const struct option_row *row, FILE *out)
{
	fprintf(out, "complete -c %s", program);
	if (*condition)
		fprintf(out, " -n '%s%s'", condition, command);
	if (row->letter)
		fprintf(out, " -s %c", row->letter);
	fprintf(out, " -l %s", row->name);
	if (names_directory(row)) {
		fputs(" -x -a '(__fish_complete_directories)'", out);
	} else if (row->type == OPTION_PATH) {
		fputs(" -r -F", out);
	} else if (row->type == OPTION_CHOICE) {
		fputs(" -x -a '", out);
		put_choices(row, out);
		fputs("'", out);
	} else if (row->type == OPTION_CHOICES) {
		fputs(" -x -a '(__fish_append , ", out);
		put_choices(row, out);
		fputs(")'", out);
	} else if (row->offer) {
		fprintf(out,
			takes_list(row)
				? " -r -F -a '(__fish_append , (%s 2>/dev/null | string match "
				  "-rv \"^ \"))'"
				: " -r -F -a '(%s 2>/dev/null | string match -rv \"^ \")'",
			row->offer);
	} else if (row->type != OPTION_FLAG) {
		fputs(" -x", out);
	}
	fputs(" -d '", out);
	put_quoted(row->help, first_sentence(row->help), "\\", "\\'", out);
	fputs("'\n", out);
}

static void fish(const struct option_program *const *programs, FILE *out)
{
	static const char first[] = "__fish_use_subcommand",
			  after[] = "__fish_seen_subcommand_from ";
	const char *name = programs[0]->name;

	fprintf(out, "# fish completion for %s\n\n", name);
	if (programs[1] || !has_operands(programs[0]))
		fprintf(out, "complete -c %s -f\n", name);
	options_foreach(programs[0], row)
		fish_row(name, programs[1] ? first : "", "", row, out);
	for (size_t i = 1; programs[i]; i++) {
		const char *command = options_command(programs[i]);

		fprintf(out, "complete -c %s -n %s -a %s -d '", name, first, command);
		put_quoted(programs[i]->summary, strlen(programs[i]->summary), "\\", "\\'", out);
		fputs("'\n", out);
		if (has_operands(programs[i]))
			fprintf(out, "complete -c %s -n '%s%s' -F\n", name, after, command);
		options_foreach(programs[i], row)
			fish_row(name, after, command, row, out);
	}
}

int options_completion(const struct option_program *const *programs, const char *shell, FILE *out,
	struct problem *problem)
{
	static const struct {
		const char *name;
		void (*write)(const struct option_program *const *programs, FILE *out);
	} shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
	char shown[40];

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (!strcmp(shells[i].name, shell)) {
			shells[i].write(programs, out);
			return 0;
		}
	}
	return problem_set(problem, -EINVAL, "no completion for '%s'; give bash, zsh or fish",
		text_printable(shell, shown, sizeof(shown)));
}
