/*
 * Whatever stands on a command line is refused with a sentence or becomes values within their
 * ranges, which the record can show. The input is the words, one a line.
 */
#include "options.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDS_MAX 16

static struct {
	bool flag;
	uint64_t count, bytes, time_ns, mask;
	const char *text, *choice;
	struct option_texts texts;
	struct option_list counts, sizes;
} config;

static const char *const colours[] = {"red", "green", "blue", NULL};

#define ROW(option, field, kind)                                                                   \
	.name = (option), .type = (kind), .offset = offsetof(__typeof__(config), field), .help = "H"
static const struct option_row rows[] = {
	{ROW("flag", flag, OPTION_FLAG), .letter = 'f'},
	{ROW("count", count, OPTION_COUNT), .letter = 'c', .argument = "N", .max = 1000},
	{ROW("bytes", bytes, OPTION_BYTES), .letter = 'b', .argument = "SIZE",
		.max = UINT64_C(1) << 40},
	{ROW("time", time_ns, OPTION_TIME), .argument = "TIME", .max = UINT64_C(1) << 60},
	{ROW("mask", mask, OPTION_CHOICES), .argument = "LIST", .choices = colours},
	{ROW("text", text, OPTION_TEXT), .letter = 't', .argument = "TEXT"},
	{ROW("choice", choice, OPTION_CHOICE), .argument = "COLOUR", .choices = colours},
	{ROW("texts", texts, OPTION_TEXT), .argument = "TEXT", .repeatable = true},
	{ROW("counts", counts, OPTION_COUNTS), .argument = "LIST", .min = 1, .max = 100},
	{ROW("sizes", sizes, OPTION_SIZES), .argument = "LIST", .min = 1, .max = 1 << 20},
	{.name = NULL},
};
static const struct option_row *const tables[] = {rows, NULL};
static void *const configs[] = {&config, NULL};
static const struct option_program program = {
	.name = "fuzz", .summary = "S", .description = "D", .tables = tables};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_list(const struct option_list *list, uint64_t max)
{
	require(list->count <= OPTION_LIST_MAX);
	for (size_t i = 0; i < list->count; i++)
		require(list->at[i] >= 1 && list->at[i] <= max);
}

static void check_values(void)
{
	require(config.count <= 1000 && config.bytes <= UINT64_C(1) << 40);
	require(config.time_ns <= UINT64_C(1) << 60 && config.mask < 8);
	require(config.texts.count <= OPTION_TEXTS_MAX);
	check_list(&config.counts, 100);
	check_list(&config.sizes, 1 << 20);
	json_decref(options_effective(rows, &config));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *words[WORDS_MAX + 1] = {(char *)"fuzz"}, *text = strndup((const char *)data, size);
	char *rest = text, *word;
	struct problem problem = {""};
	int count = 1;

	while (count < WORDS_MAX && (word = strsep(&rest, "\n")))
		words[count++] = word;
	words[count] = NULL;
	require(options_defaults(&program, PRESET_QUICK, configs, &problem) == 0);
	int first = options_parse(&program, count, words, configs, &problem);
	require(first < 0 ? *problem.text != '\0' : first <= count);
	if (first >= 0)
		check_values();
	free(text);
	return 0;
}
