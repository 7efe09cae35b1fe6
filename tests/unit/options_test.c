#include "options.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct demo {
	bool force;
	uint64_t count, size, duration, patterns;
	const char *dir, *pattern, *note;
	struct option_list depths, sizes;
	struct option_texts labels;
};

struct common {
	const char *preset;
	bool help;
};

static const char *const pattern_names[] = {"etcd", "raw", "journal", NULL};

#define AT(field) offsetof(struct demo, field)
static const struct option_row demo_rows[] = {
	{.name = "dir",
		.letter = 'd',
		.type = OPTION_PATH,
		.offset = AT(dir),
		.argument = "DIR",
		.help = "Directory to measure in",
		.value = {"."}},
	{.name = "force", .letter = 'f', .type = OPTION_FLAG, .offset = AT(force), .help = "Go on"},
	{.name = "count",
		.letter = 'n',
		.type = OPTION_COUNT,
		.offset = AT(count),
		.argument = "N",
		.help = "Repetitions",
		.value = {"3", NULL, "10"},
		.min = 1,
		.max = 1000},
	{.name = "size",
		.type = OPTION_BYTES,
		.offset = AT(size),
		.argument = "SIZE",
		.help = "Bytes a write",
		.value = {"4KiB"},
		.min = 512},
	{.name = "duration",
		.type = OPTION_TIME,
		.offset = AT(duration),
		.argument = "TIME",
		.help = "How long each repetition lasts",
		.value = {"2s", "5s", "20s"},
		.min = 100000000,
		.max = 3600000000000},
	{.name = "pattern",
		.type = OPTION_CHOICE,
		.offset = AT(pattern),
		.argument = "NAME",
		.help = "What to write",
		.value = {"etcd"},
		.choices = pattern_names},
	{.name = "patterns",
		.type = OPTION_CHOICES,
		.offset = AT(patterns),
		.argument = "NAME[,NAME]...",
		.help = "What to write",
		.value = {"etcd,journal"},
		.choices = pattern_names},
	{.name = "depths",
		.type = OPTION_COUNTS,
		.offset = AT(depths),
		.argument = "N[,N]...",
		.help = "Queue depths",
		.value = {"1"},
		.min = 1},
	{.name = "sizes",
		.type = OPTION_SIZES,
		.offset = AT(sizes),
		.argument = "SIZE[,SIZE]...",
		.help = "Sizes"},
	{.name = "label",
		.type = OPTION_TEXT,
		.offset = AT(labels),
		.argument = "NAME=VALUE",
		.help = "A label",
		.repeatable = true},
	{.name = "note",
		.type = OPTION_TEXT,
		.offset = AT(note),
		.argument = "TEXT",
		.help = "It's \"free\" [text]: \\fBanything\\fR",
		.hidden = true},
	{.name = NULL},
};

static const struct option_row common_rows[] = {
	{.name = "preset",
		.type = OPTION_CHOICE,
		.offset = offsetof(struct common, preset),
		.argument = "PRESET",
		.help = "How thorough",
		.value = {"quick"},
		.choices = preset_names},
	{.name = "help",
		.letter = 'h',
		.type = OPTION_FLAG,
		.offset = offsetof(struct common, help),
		.help = "Print this help"},
	{.name = NULL},
};

static const struct option_row *const demo_tables[] = {demo_rows, common_rows, NULL};
static const struct option_program program = {.name = "seatrial-demo",
	.summary = "how fast is it?",
	.operands = "RUN...",
	.description = "It measures.\n\n    an example\n\n.hostile\n'line",
	.sections = "# FILES\nNone.",
	.tables = demo_tables};

static struct demo demo;
static struct common common;
static void *const configs[] = {&demo, &common};
static struct problem problem;

/* Parses words as a command line on top of the quick defaults. */
#define PARSE(...) parse((const char *[]){"seatrial-demo", ##__VA_ARGS__, NULL})
static int parse(const char **argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	problem.text[0] = '\0';
	cr_assert_eq(
		options_defaults(&program, PRESET_QUICK, configs, &problem), 0, "%s", problem.text);
	return options_parse(&program, argc, (char **)argv, configs, &problem);
}

Test(options, defaults_follow_the_preset)
{
	memset(&demo, 0xff, sizeof(demo));
	cr_assert_eq(options_defaults(&program, PRESET_QUICK, configs, &problem), 0);
	cr_expect_eq(demo.duration, 2000000000);
	cr_expect_eq(demo.count, 3);
	cr_expect_not(demo.force);
	cr_expect_str_eq(demo.dir, ".");
	cr_expect_eq(demo.size, 4096);
	cr_expect_str_eq(demo.pattern, "etcd");
	cr_expect_eq(demo.patterns, 5);
	cr_expect_eq(demo.depths.count, 1);
	cr_expect_eq(demo.sizes.count, 0);
	cr_expect_eq(demo.labels.count, 0);
	cr_expect_null(demo.note);
	cr_assert_eq(options_defaults(&program, PRESET_STANDARD, configs, &problem), 0);
	cr_expect_eq(demo.duration, 5000000000);
	cr_expect_eq(demo.count, 3, "no value of its own: quick's");
	cr_assert_eq(options_defaults(&program, PRESET_FULL, configs, &problem), 0);
	cr_expect_eq(demo.duration, 20000000000);
	cr_expect_eq(demo.count, 10);
}

Test(options, parses_every_type)
{
	int first = PARSE("--dir", "/x", "-fn7", "--size=64K", "--duration=1.5s", "--pattern=raw",
		"--patterns=raw,journal,raw", "--depths=1,2k", "--sizes", "512,4K", "--label=a=b",
		"--label", "c", "--preset=full", "--note=");

	cr_assert_eq(first, 16, "%s", problem.text);
	cr_expect_str_eq(demo.dir, "/x");
	cr_expect(demo.force);
	cr_expect_eq(demo.count, 7);
	cr_expect_eq(demo.size, 65536);
	cr_expect_eq(demo.duration, 1500000000);
	cr_expect_str_eq(demo.pattern, "raw");
	cr_expect_eq(demo.patterns, 6);
	cr_expect_eq(demo.depths.count, 2);
	cr_expect_eq(demo.depths.at[1], 2000);
	cr_expect_eq(demo.sizes.count, 2);
	cr_expect_eq(demo.sizes.at[1], 4096);
	cr_expect_eq(demo.labels.count, 2);
	cr_expect_str_eq(demo.labels.at[0], "a=b");
	cr_expect_str_eq(demo.labels.at[1], "c");
	cr_expect_str_eq(demo.note, "");
	cr_expect_str_eq(common.preset, "full");
	cr_expect_not(common.help);
}

Test(options, finds_operands_again_and_again)
{
	const char *argv[] = {"x", "run1", "-n", "5", "run2", "--", "-f", NULL};

	for (int i = 0; i < 3; i++) {
		cr_assert_eq(parse(argv), 4, "%s", problem.text);
		cr_expect_str_eq(argv[4], "run1");
		cr_expect_str_eq(argv[5], "run2");
		cr_expect_str_eq(argv[6], "-f");
		cr_expect_eq(demo.count, 5);
		cr_expect_not(demo.force);
		cr_expect_eq(PARSE(), 1);
		cr_expect_eq(PARSE("-"), 1);
		cr_expect_lt(PARSE("-f", "-zf", "x"), 0, "leaves a scan half done");
	}
}

/* The sentence must hold both parts. */
static void says(int result, const char *one, const char *other)
{
	cr_expect_eq(result, -EINVAL);
	cr_expect(strstr(problem.text, one), "no '%s' in: %s", one, problem.text);
	cr_expect(strstr(problem.text, other), "no '%s' in: %s", other, problem.text);
	for (const char *at = problem.text; *at; at++)
		cr_expect((unsigned char)*at >= 0x20, "raw control in: %s", problem.text);
}

Test(options, says_what_is_wrong)
{
	says(PARSE("--count=0"), "--count: '0'", "1 to 1000");
	says(PARSE("--count=1001"), "'1001'", "1 to 1000");
	says(PARSE("-n", "many"), "--count: 'many'", "a number");
	says(PARSE("--size=511"), "--size: '511'", "512B or more");
	says(PARSE("--size=1e999"), "'1e999'", "a size");
	says(PARSE("--size=9999999T"), "'9999999T'", "too large");
	says(PARSE("--duration=50ms"), "--duration: '50ms'", "100ms to 1h");
	says(PARSE("--duration="), "--duration: ''", "a time");
	says(PARSE("--pattern=nope"), "'nope'", "etcd, raw, journal");
	says(PARSE("--pattern=etc"), "'etc'", "etcd, raw, journal");
	says(PARSE("--patterns=raw,"), "--patterns: ''", "etcd, raw, journal");
	says(PARSE("--depths=1,,2"), "--depths: ''", "a number");
	says(PARSE("--depths="), "--depths: ''", "a number");
	says(PARSE("--patterns="), "--patterns: ''", "etcd, raw, journal");
	says(PARSE("--depths=0"), "'0'", "1 or more");
	says(PARSE("--depths=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"), "--depths", "16");
	says(PARSE("--dir="), "--dir", "directory");
	says(PARSE("--dir"), "--dir needs a value", "DIR");
	says(PARSE("-d"), "--dir needs a value", "DIR");
	says(PARSE("--force=yes"), "--force", "takes no value");
	says(PARSE("--nope"), "'--nope'", "--help");
	says(PARSE("-z"), "'-z'", "--help");
	says(PARSE("--note=x", "--\x1b[31mred"), "'--?[31mred'", "--help");
	says(PARSE("--pattern=\xff\n"), "'\?\?'", "etcd");
}

Test(options, refuses_a_long_item_instead_of_cutting_it)
{
	char word[300];

	snprintf(word, sizeof(word), "--depths=%0200d,3", 1);
	says(PARSE(word), "--depths", "shorter");
}

Test(options, refuses_more_texts_than_fit)
{
	const char *argv[OPTION_TEXTS_MAX + 3] = {"x"};

	for (size_t i = 1; i <= OPTION_TEXTS_MAX; i++)
		argv[i] = "--label=x";
	cr_expect_eq(parse(argv), OPTION_TEXTS_MAX + 1);
	argv[OPTION_TEXTS_MAX + 1] = "--label=x";
	says(parse(argv), "--label", "32");
}

Test(options, refuses_abbreviations)
{
	says(PARSE("--pre=full"), "'--pre=full'", "did you mean --preset?");
	says(PARSE("--pre", "full"), "'--pre'", "did you mean --preset?");
	says(PARSE("--forc"), "'--forc'", "did you mean --force?");
	says(PARSE("--pat=raw"), "'--pat=raw'", "--help");
	says(PARSE("--=x"), "'--=x'", "--help");
	cr_expect_eq(PARSE("--pattern", "--pre", "--dir=--pre"), -EINVAL);
	cr_expect_eq(PARSE("--note", "--pre", "--dir=--pre"), 4, "values are not options");
}

static void refuses_row(const struct option_row *row, const char *why)
{
	struct demo config;
	const struct option_row rows[] = {*row, {.name = NULL}};
	const struct option_row *const tables[] = {rows, common_rows, NULL};
	const struct option_program bad = {.name = "bad", .tables = tables};

	problem.text[0] = '\0';
	says(options_defaults(&bad, PRESET_FULL, (void *[]){&config, &common}, &problem), why,
		"--");
}

Test(options, refuses_bad_tables)
{
	static const char *const no_choices[] = {NULL}, *const odd[] = {"a b", NULL};
	static const struct option_row good = {.name = "good",
		.type = OPTION_COUNT,
		.offset = AT(count),
		.argument = "N",
		.help = "Good"};
	struct option_row row;

#define REFUSES(why, ...)                                                                          \
	row = good;                                                                                \
	__VA_ARGS__;                                                                               \
	refuses_row(&row, why)

	REFUSES("bad name", row.name = "Bad name");
	REFUSES("too many", row.name = "preset");
	REFUSES("letter", row.letter = 'h');
	REFUSES("no help", row.help = "");
	REFUSES("no help", row.argument = NULL);
	REFUSES("repeated", row.repeatable = true);
	REFUSES("no choices", row.type = OPTION_CHOICE; row.choices = no_choices);
	REFUSES("shells", row.type = OPTION_CHOICES; row.choices = odd);
	REFUSES("'x'", row.value[PRESET_FULL] = "x");
	REFUSES("'9'", row.max = 8; row.value[PRESET_QUICK] = "9");
}

Test(options, describes_itself_as_json)
{
	json_t *rows = options_describe(demo_rows);
	json_t *duration = json_array_get(rows, 4), *expected;

	cr_assert_eq(json_array_size(rows), 11);
	expected = json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "name", "duration", "type",
		"time", "help", "How long each repetition lasts", "argument", "TIME", "default",
		"quick", "2s", "standard", "5s", "full", "20s");
	cr_expect(json_equal(duration, expected), "%s", json_dumps(duration, 0));
	json_decref(expected);
	expected = json_pack("[s, s, s]", "etcd", "raw", "journal");
	cr_expect(json_equal(json_object_get(json_array_get(rows, 5), "choices"), expected));
	json_decref(expected);
	json_decref(rows);
}

Test(options, reports_what_is_in_use)
{
	json_t *values, *expected;

	cr_assert_gt(
		PARSE("-f", "--duration=1500ms", "--depths=7,9", "--label=\xff", "--patterns=raw"),
		0);
	values = options_effective(demo_rows, &demo);
	expected = json_pack("{s:s,s:b,s:i,s:i,s:f,s:s,s:[s],s:[i,i],s:[],s:[s],s:n}", "dir", ".",
		"force", 1, "count", 3, "size", 4096, "duration", 1.5, "pattern", "etcd",
		"patterns", "raw", "depths", 7, 9, "sizes", "label", "?", "note");
	cr_expect(json_equal(values, expected), "%s", json_dumps(values, 0));
	json_decref(values);
	json_decref(expected);
}

Test(options, finds_rows)
{
	cr_expect_eq(options_find(&program, "count"), &demo_rows[2]);
	cr_expect_eq(options_find(&program, "help"), &common_rows[1]);
	cr_expect_null(options_find(&program, "coun"));
}

static const struct option_row *const sub_tables[] = {common_rows, NULL};
static const struct option_program top = {.name = "seatrial",
	.summary = "top",
	.operands = "COMMAND",
	.description = "Top.",
	.tables = sub_tables};
static const struct option_program sub = {.name = "seatrial run",
	.summary = "measures",
	.operands = "",
	.description = "Runs.",
	.tables = demo_tables};

static char *written(void (*write)(FILE *))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	write(out);
	fclose(out);
	return text;
}

static void write_help(FILE *out)
{
	options_help(&program, out);
}

static void write_commands(FILE *out)
{
	options_help_commands((const struct option_program *const[]){&top, &sub, NULL}, out);
}

static void write_manual(FILE *out)
{
	options_manual(&program, "1.2.3", out);
}

Test(options, help_shows_everything_in_80_columns)
{
	char *help = written(write_help);
	static const char *const parts[] = {"Usage: seatrial-demo [OPTION]... RUN...\n",
		"\n    an example\n", "  -d, --dir=DIR ", "(default: .)", "100ms to 1h",
		"(default: quick 2s; standard 5s; full 20s)", "(default: quick 3;",
		"One of etcd, raw,", "more than once", "\nCommon options:\n"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		cr_expect(strstr(help, parts[i]), "no '%s' in:\n%s", parts[i], help);
	cr_expect_null(strstr(help, "--note"), "hidden");
	for (char *line = strtok(help, "\n"); line; line = strtok(NULL, "\n"))
		cr_expect_leq(strlen(line), 80, "%s", line);
	free(help);
	help = written(write_commands);
	cr_expect(strstr(help, "\nCommands:\n  run         measures\n"), "%s", help);
	free(help);
}

Test(options, manual_keeps_text_from_roff)
{
	char *manual = written(write_manual);

	cr_expect(strstr(manual, "\n\\&.hostile"), "%s", manual);
	cr_expect_null(strstr(manual, "\n.hostile"));
	cr_expect(strstr(manual, "\\-\\-dir"));
	cr_expect(strstr(manual, ".SH FILES\nNone.\n"));
	cr_expect(strstr(manual, "seatrial 1.2.3"));
	free(manual);
}

Test(options, completion_knows_its_shells)
{
	const struct option_program *const programs[] = {&top, &sub, NULL};
	FILE *out = fopen("/dev/null", "w");

	cr_expect_eq(options_completion(programs, "bash", out, &problem), 0);
	cr_expect_eq(options_completion(programs, "zsh", out, &problem), 0);
	cr_expect_eq(options_completion(programs, "fish", out, &problem), 0);
	says(options_completion(programs, "csh\n", out, &problem), "'csh", "bash, zsh or fish");
	fclose(out);
}
