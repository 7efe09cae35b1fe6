#include "index_private.h"

#include "allocate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A sample as it lies in a row, in this machine's order of bytes; its values, and then its ends,
 * come after all samples. */
struct packed {
	uint64_t key, meaning, setting, count, repeats, ends;
	double value, low, high, events, exposure;
};

static size_t count_ends(const struct sample *sample)
{
	return sample->ends ? sample->repeats : 0;
}

static struct packed pack(
	struct index_encoder *encoder, struct index_row *row, const struct sample *sample)
{
	return (struct packed){
		.key = index_number_key(encoder, row, sample->key),
		.meaning = index_number_meaning(encoder, row, sample->meaning),
		.setting = index_number_setting(encoder, row, sample->setting),
		.count = sample->count,
		.repeats = sample->repeats,
		.ends = count_ends(sample),
		.value = sample->value,
		.low = sample->low,
		.high = sample->high,
		.events = sample->events,
		.exposure = sample->exposure,
	};
}

static void encode_samples(
	struct index_encoder *encoder, const struct sample_run *run, struct index_row *row)
{
	size_t values = 0, used = sizeof(uint64_t) + run->count * sizeof(struct packed);
	uint64_t count = run->count;

	for (size_t i = 0; i < run->count; i++)
		values += run->samples[i].count + count_ends(&run->samples[i]);
	row->size = used + values * sizeof(double);
	unsigned char *to = row->samples = allocate_zero(1, row->size);
	memcpy(to, &count, sizeof(count));
	for (size_t i = 0; i < run->count; i++) {
		const struct sample *sample = &run->samples[i];
		struct packed packed = pack(encoder, row, sample);
		memcpy(to + sizeof(count) + i * sizeof(packed), &packed, sizeof(packed));
		memcpy(to + used, sample->values, sample->count * sizeof(double));
		used += sample->count * sizeof(double);
		if (!sample->ends)
			continue;
		memcpy(to + used, sample->ends, sample->repeats * sizeof(double));
		used += sample->repeats * sizeof(double);
	}
}

/* What runs share is named by its number. */
static json_t *number_of(struct index_encoder *encoder, struct index_row *row, json_t *value)
{
	return json_integer((json_int_t)index_number_json(encoder, row, value));
}

void index_encode(
	struct index_encoder *encoder, const struct sample_run *run, struct index_row *row)
{
	json_t *header = json_copy(run->header), *numbers = json_array(), *head;
	json_t *profile;
	size_t i;

	json_object_set_new(
		header, "host", number_of(encoder, row, json_object_get(run->header, "host")));
	json_object_set_new(
		header, "suite", number_of(encoder, row, json_object_get(run->header, "suite")));
	json_array_foreach(run->profiles, i, profile)
		json_array_append_new(numbers, number_of(encoder, row, profile));
	head = json_pack("[o,o,O,O]", header, numbers, run->verdicts, run->left_out);
	row->head = allocate_need(json_dumps(head, JSON_COMPACT));
	json_decref(head);
	row->lines = allocate_text(run->lines ? run->lines : "");
	row->label = allocate_text(run->label);
	row->host = allocate_text(run->host);
	encode_samples(encoder, run, row);
}

static bool has_sound_repeats(const struct sample *sample)
{
	double last = 0;

	if (!sample->ends)
		return sample->count % sample->repeats == 0;
	for (size_t i = 0; i < sample->repeats; i++) {
		if (!(sample->ends[i] > last) || sample->ends[i] != trunc(sample->ends[i]))
			return false;
		last = sample->ends[i];
	}
	return last == (double)sample->count;
}

/* Whether a sample is what sample.h promises: the sum of a row proves who wrote it to nobody. */
static bool is_sound(const struct sample *sample)
{
	for (size_t i = 0; i < sample->count; i++)
		if (!isfinite(sample->values[i]))
			return false;
	return has_sound_repeats(sample) && isfinite(sample->value) &&
	       sample->low <= sample->value && sample->value <= sample->high &&
	       sample->events >= 0 && isfinite(sample->events) && sample->exposure >= 0 &&
	       isfinite(sample->exposure);
}

/* Of which `room` numbers are left, from sample->values on. */
static bool unpack(
	struct index *index, const struct packed *packed, size_t room, struct sample *sample)
{
	if (!packed->count || !packed->repeats || packed->count > room ||
		packed->ends > room - packed->count ||
		(packed->ends && packed->ends != packed->repeats))
		return false;
	*sample = (struct sample){
		.key = index_get(index, INDEX_KEY, packed->key),
		.meaning = index_get(index, INDEX_MEANING, packed->meaning),
		.setting = index_get(index, INDEX_SETTING, packed->setting),
		.values = sample->values,
		.count = packed->count,
		.repeats = packed->repeats,
		.ends = packed->ends ? sample->values + packed->count : NULL,
		.value = packed->value,
		.low = packed->low,
		.high = packed->high,
		.events = packed->events,
		.exposure = packed->exposure,
	};
	return sample->key && sample->meaning && sample->setting;
}

/* The samples of a row, and all their values; NULL when it is damaged. */
static struct sample *decode_samples(struct index *index, const unsigned char *packed, size_t size,
	size_t *count, double **values)
{
	uint64_t announced;
	size_t first, used = 0;

	if (size < sizeof(announced))
		return NULL;
	memcpy(&announced, packed, sizeof(announced));
	if (announced > (size - sizeof(announced)) / sizeof(struct packed))
		return NULL;
	*count = (size_t)announced;
	first = sizeof(announced) + *count * sizeof(struct packed);
	size_t room = (size - first) / sizeof(double);
	struct sample *samples = allocate_zero(*count, sizeof(*samples));
	*values = allocate_zero(room, sizeof(**values));
	memcpy(*values, packed + first, room * sizeof(**values));
	for (size_t i = 0; i < *count; i++) {
		struct packed one;
		memcpy(&one, packed + sizeof(announced) + i * sizeof(one), sizeof(one));
		samples[i].values = *values + used;
		if (!unpack(index, &one, room - used, &samples[i]) || !is_sound(&samples[i])) {
			free(samples);
			free(*values);
			return NULL;
		}
		used += one.count + one.ends;
	}
	return samples;
}

static bool get_shared(struct index *index, json_t *header, const char *key)
{
	uint64_t number = (uint64_t)json_integer_value(json_object_get(header, key));
	json_t *value = index_get(index, INDEX_JSON, number);

	return value && json_object_set(header, key, value) == 0;
}

static bool get_profiles(struct index *index, const json_t *numbers, json_t *profiles)
{
	const json_t *number;
	size_t i;

	json_array_foreach(numbers, i, number) {
		json_t *profile =
			index_get(index, INDEX_JSON, (uint64_t)json_integer_value(number));
		if (!profile)
			return false;
		json_array_append(profiles, profile);
	}
	return true;
}

const struct sample_run *index_decode(struct index *index, const struct index_row *row)
{
	json_t *document = json_loads(row->head ? row->head : "", 0, NULL);
	json_t *header = json_array_get(document, 0), *profiles = json_array();
	const struct sample_run *run = NULL;
	struct sample *samples = NULL;
	size_t count = 0;
	double *values = NULL;

	if (json_is_object(header) && json_array_size(document) == 4 && row->samples &&
		get_shared(index, header, "host") && get_shared(index, header, "suite") &&
		get_profiles(index, json_array_get(document, 1), profiles))
		samples = decode_samples(index, row->samples, row->size, &count, &values);
	if (samples)
		run = sample_set_adopt(index->set, json_incref(header), json_incref(profiles),
			json_incref(json_array_get(document, 2)),
			allocate_text(row->lines ? row->lines : ""),
			json_incref(json_array_get(document, 3)), samples, count, values);
	json_decref(profiles);
	json_decref(document);
	return run;
}

void index_clear_row(struct index_row *row)
{
	free(row->label);
	free(row->host);
	free(row->head);
	free(row->lines);
	free(row->problem);
	free(row->samples);
	for (size_t i = 0; i < row->texts_count; i++)
		free(row->texts[i].text);
	free(row->texts);
	*row = (struct index_row){0};
}
