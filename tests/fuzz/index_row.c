/*
 * Whatever a row of the index holds, it is refused or is a run that can be followed and compared.
 * The input is a byte for where the samples are damaged and one for how, then edits to what the
 * row of a good run says; the texts that it refers to are edited, too, under their right numbers.
 */
#include "comparison.h"
#include "index_private.h"
#include "runs.h"
#include "trend.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const double wrong[] = {NAN, INFINITY, -INFINITY, -1, 0, 1e308, 5e-324};

/* What came with the row, as far as it is not in the index yet. */
static void put_texts(struct index *index, const struct index_row *row, size_t first)
{
	for (size_t i = first; i < row->texts_count; i++)
		require(index_put_text(index, &row->texts[i]));
}

/* An index in memory that holds the parts of a good run, and its row. */
static struct index *good_index(struct sample_set *set, const json_t *good, struct index_row *row)
{
	static const struct store nowhere = {.path = "/nonexistent"};
	struct problem warning;
	struct index *index = index_open(&nowhere, set, &warning);
	const struct sample_run *run = add_run(set, good);

	require(run && index_begin(index));
	*row = (struct index_row){0};
	index_encode(&index->encoder, run, row);
	put_texts(index, row, 0);
	sample_set_forget(set, run);
	return index;
}

/* The number of a text, after edits, in place of a good one. */
static uint64_t number_edited(
	struct index_encoder *encoder, struct index_row *row, json_t *list, enum index_kind kind)
{
	struct sample_key key = {.index = 1000};
	struct sample_meaning meaning = {.index = 1000};
	struct sample_setting setting = {.index = 1000};

	if (kind == INDEX_KEY &&
		json_unpack(list, "[s,s,s!]", &key.bench, &key.name, &key.labels) == 0)
		return index_number_key(encoder, row, &key);
	if (kind == INDEX_MEANING &&
		json_unpack(list, "[s,s,s,s,s,F!]", &meaning.title, &meaning.unit, &meaning.better,
			&meaning.relative_to, &meaning.against, &meaning.quantile) == 0)
		return index_number_meaning(encoder, row, &meaning);
	if (kind == INDEX_SETTING && json_unpack(list, "[s,s,s,s!]", &setting.bench, &setting.suite,
					     &setting.preset, &setting.parameters) == 0)
		return index_number_setting(encoder, row, &setting);
	return 1;
}

/* Puts a number or a double of eight bytes into the samples. */
static void damage(struct index_row *row, uint8_t where, uint8_t how)
{
	size_t at = where % (row->size / 8) * 8;
	uint64_t number = how;

	if (how == 0)
		return;
	if (how < 32)
		memcpy((char *)row->samples + at, &wrong[how % (sizeof(wrong) / sizeof(*wrong))],
			8);
	else if (how < 128)
		memcpy((char *)row->samples + at, &number, 8);
	else if (how < 192)
		row->size = at + how % 8;
	else
		((uint8_t *)row->samples)[where % row->size] ^= how;
}

static void use(
	struct sample_set *set, const struct sample_run *run, const struct sample_run *other)
{
	struct candidate sides[2] = {{.runs = &run}, {.runs = &other}};
	struct trends trends = {0};
	struct problem problem = {""};
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	check_samples(run);
	for (int i = 0; i < 2; i++) {
		sides[i].name = sides[i].source = (char *)(i ? "two" : "one");
		sides[i].provider = sides[i].region = sides[i].link = (char *)"";
		sides[i].count = 1;
		sides[i].unusable = json_array();
	}
	trends_add(&trends, run);
	if (trends_settle(&trends, 0.01, 0.05, &problem) == 0)
		trends_print_json(&trends, sides[0].unusable, out);
	json_t *comparison = comparison_make(
		set, &(struct comparison_request){
			     .candidates = sides, .count = 2, .threshold = 0.05, .mixed = true});
	comparison_print_markdown(comparison, out);
	fclose(out);
	check_text(text, length);
	trends_clear(&trends);
	free(text);
	json_decref(comparison);
	json_decref(sides[0].unusable);
	json_decref(sides[1].unusable);
}

/* The edits are to [head, key, meaning, setting]; one of the last three is then referred to. */
static void edit_row(struct index *index, struct index_row *row, const uint8_t *data, size_t size)
{
	json_t *good = json_pack("[o,[s,s,s],[s,s,s,s,s,f],[s,s,s,s]]",
		json_loads(row->head, 0, NULL), "b", "v", "l=1", "V", "s", "lower", "", "", 0.5,
		"b", "0.1", "quick", "{\"n\":\"1\"}");
	json_t *document = edited(good, data, size);

	free(row->head);
	row->head = json_dumps(json_array_get(document, 0), JSON_COMPACT);
	for (size_t i = 1; i < 4; i++)
		if (!json_equal(json_array_get(document, i), json_array_get(good, i))) {
			size_t before = row->texts_count;
			uint64_t number = number_edited(&index->encoder, row,
				json_array_get(document, i), (enum index_kind)(i - 1));
			put_texts(index, row, before);
			memcpy((char *)row->samples + 8 * i, &number, 8);
		}
	json_decref(document);
	json_decref(good);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static json_t *good, *later;
	struct index_row row;

	if (!good) {
		good = good_run(1, 1);
		later = good_run(2, 1);
	}
	if (size < 2)
		return 0;
	struct sample_set *set = sample_set_new();
	struct index *index = good_index(set, good, &row);
	/* The same run would not be compared. */
	const struct sample_run *other = add_run(set, later);
	require(other && index_decode(index, &row));
	edit_row(index, &row, data + 2, size - 2);
	damage(&row, data[0], data[1]);
	const struct sample_run *run = index_decode(index, &row);
	if (run)
		use(set, run, other);
	index_clear_row(&row);
	index_close(index);
	sample_set_free(set);
	return 0;
}
