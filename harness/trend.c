#include "trend.h"

#include "allocate.h"
#include "clock.h"
#include "comparison_private.h"
#include "version.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A pointer of many: hosts are few. */
static const char *keep_host(struct trends *trends, const char *host)
{
	for (size_t i = 0; i < trends->host_count; i++)
		if (strcmp(trends->hosts[i], host) == 0)
			return trends->hosts[i];
	trends->hosts =
		allocate_grow(trends->hosts, trends->host_count + 1, sizeof(*trends->hosts));
	return trends->hosts[trends->host_count++] = allocate_text(host);
}

static struct trend **list_of_key(struct trends *trends, const struct sample_key *key)
{
	if (key->index >= trends->key_room) {
		size_t room = 2 * key->index + 64;

		trends->of_key = allocate_grow(trends->of_key, room, sizeof(void *));
		memset(trends->of_key + trends->key_room, 0,
			(room - trends->key_room) * sizeof(void *));
		trends->key_room = room;
	}
	return &trends->of_key[key->index];
}

/* A title may change. */
static bool means_the_same(const struct sample_meaning *one, const struct sample_meaning *other)
{
	return one == other ||
	       (strcmp(one->unit, other->unit) == 0 && strcmp(one->better, other->better) == 0 &&
		       one->quantile == other->quantile);
}

static struct trend *trend_of(struct trends *trends, const struct sample *sample, const char *host)
{
	struct trend **list = list_of_key(trends, sample->key), *trend;

	for (trend = *list; trend; trend = trend->next)
		if (trend->setting == sample->setting && trend->host == host &&
			means_the_same(trend->meaning, sample->meaning)) {
			trend->meaning = sample->meaning;
			return trend;
		}
	trend = allocate_zero(1, sizeof(*trend));
	*trend = (struct trend){.key = sample->key,
		.meaning = sample->meaning,
		.setting = sample->setting,
		.host = host,
		.next = *list};
	if (trends->count == trends->room) {
		trends->room = 2 * trends->room + 64;
		trends->all = allocate_grow(trends->all, trends->room, sizeof(void *));
	}
	trends->all[trends->count++] = trend;
	return *list = trend;
}

void trends_add(struct trends *trends, const struct sample_run *run)
{
	const char *host = keep_host(trends, run->host);

	if (trends->run_count == trends->run_room) {
		trends->run_room = 2 * trends->run_room + 64;
		trends->runs = allocate_grow(trends->runs, trends->run_room, sizeof(*trends->runs));
	}
	for (size_t i = 0; i < run->count; i++) {
		const struct sample *sample = &run->samples[i];
		struct trend *trend = trend_of(trends, sample, host);

		if (trend->count == trend->room) {
			trend->room = 2 * trend->room + 16;
			trend->points =
				allocate_grow(trend->points, trend->room, sizeof(*trend->points));
		}
		trend->points[trend->count++] =
			(struct trend_point){.run = (uint32_t)trends->run_count,
				.n = (uint32_t)sample->count,
				.value = sample->value,
				.low = sample->low,
				.high = sample->high};
	}
	trends->runs[trends->run_count++] = (struct trend_run){
		.id = allocate_text(run->id), .started = allocate_text(run->started)};
}

static int compare_trends(const void *left, const void *right)
{
	const struct trend *a = *(const struct trend *const *)left;
	const struct trend *b = *(const struct trend *const *)right;

	if (a->key->index != b->key->index)
		return a->key->index < b->key->index ? -1 : 1;
	return a->points[0].run < b->points[0].run ? -1 : 1;
}

/* Trends too short for any change have no part in the odds. */
static size_t count_long(const struct trends *trends, const struct changes_settings *settings)
{
	size_t count = 0;

	for (size_t i = 0; i < trends->count; i++)
		count += changes_most(trends->all[i]->count, settings) > 0;
	return count;
}

static int find_changes(struct trend *trend, const struct changes_settings *settings)
{
	size_t most = changes_most(trend->count, settings);
	double *values;
	int failure;

	if (most == 0)
		return 0;
	values = allocate_zero(trend->count, sizeof(*values));
	trend->changes = allocate_zero(most, sizeof(*trend->changes));
	for (size_t i = 0; i < trend->count; i++)
		values[i] = trend->points[i].value;
	failure =
		changes_find(values, trend->count, settings, trend->changes, &trend->change_count);
	free(values);
	return failure;
}

int trends_settle(struct trends *trends, double p, double magnitude, struct problem *problem)
{
	struct changes_settings settings = {.p = p, .magnitude = magnitude};
	size_t count = count_long(trends, &settings);

	trends->p = p;
	settings.p = count ? p / (double)count : p;
	if (trends->count)
		qsort(trends->all, trends->count, sizeof(void *), compare_trends);
	for (size_t i = 0; i < trends->count; i++) {
		int failure = find_changes(trends->all[i], &settings);
		if (failure)
			return problem_set(problem, failure, "cannot look for changes in %s: %s",
				trends->all[i]->key->name, strerror(-failure));
	}
	return 0;
}

void trends_clear(struct trends *trends)
{
	for (size_t i = 0; i < trends->count; i++) {
		free(trends->all[i]->points);
		free(trends->all[i]->changes);
		free(trends->all[i]);
	}
	for (size_t i = 0; i < trends->run_count; i++) {
		free(trends->runs[i].id);
		free(trends->runs[i].started);
	}
	for (size_t i = 0; i < trends->host_count; i++)
		free(trends->hosts[i]);
	free(trends->all);
	free(trends->runs);
	free(trends->hosts);
	free(trends->of_key);
	*trends = (struct trends){0};
}

bool trend_is_worse(const struct trend *trend, const struct change *change)
{
	return (change->after > change->before) != (strcmp(trend->meaning->better, "higher") == 0);
}

bool trend_is_recent(const struct trend *trend, const struct change *change, size_t runs)
{
	return change->index + runs >= trend->count;
}

/* ---- The document ---- */

static void set_number(json_t *json, const char *key, double value)
{
	json_object_set_new(json, key, comparison_number(value));
}

static json_t *point_json(const struct trends *trends, const struct trend_point *point)
{
	const struct trend_run *run = &trends->runs[point->run];
	json_t *json = json_pack("{s:s,s:s,s:I}", "run", run->id, "started", run->started, "n",
		(json_int_t)point->n);

	set_number(json, "value", point->value);
	set_number(json, "low", point->low);
	set_number(json, "high", point->high);
	return json;
}

static json_t *change_json(
	const struct trends *trends, const struct trend *trend, const struct change *change)
{
	const struct trend_run *run = &trends->runs[trend->points[change->index].run];
	json_t *json = json_pack("{s:I,s:s,s:s,s:s}", "index", (json_int_t)change->index, "run",
		run->id, "started", run->started, "direction",
		trend_is_worse(trend, change) ? "worse" : "better");

	set_number(json, "before", change->before);
	set_number(json, "after", change->after);
	set_number(json, "ratio", change->ratio);
	set_number(json, "p", change->p);
	return json;
}

static json_t *trend_json(const struct trends *trends, const struct trend *trend)
{
	json_t *json =
		table_key(&(struct metric_row){.key = trend->key, .meaning = trend->meaning});
	json_t *points = json_array(), *changes = json_array();

	json_object_set_new(json, "host", json_string(trend->host));
	json_object_set_new(json, "preset", json_string(trend->setting->preset));
	json_object_set_new(json, "suite", json_string(trend->setting->suite));
	for (size_t i = 0; i < trend->count; i++)
		json_array_append_new(points, point_json(trends, &trend->points[i]));
	for (size_t i = 0; i < trend->change_count; i++)
		json_array_append_new(changes, change_json(trends, trend, &trend->changes[i]));
	json_object_set_new(json, "points", points);
	json_object_set_new(json, "changes", changes);
	return json;
}

void trends_print_json(const struct trends *trends, const json_t *notes, FILE *out)
{
	char created[CLOCK_UTC_SIZE];

	fprintf(out,
		"{\"schema\": \"seatrial.history/1\", \"suite\": {\"version\": \"%s\", "
		"\"commit\": \"%s\"},\n\"created\": \"%s\", \"runs\": %zu, \"p\": %.17g,\n"
		"\"not_compared\": ",
		SEATRIAL_VERSION, SEATRIAL_COMMIT, clock_utc(created), trends->run_count,
		trends->p);
	json_dumpf(notes, out, JSON_COMPACT | JSON_ENSURE_ASCII);
	fputs(",\n\"series\": [", out);
	for (size_t i = 0; i < trends->count; i++) {
		json_t *json = trend_json(trends, trends->all[i]);

		fputs(i ? ",\n" : "\n", out);
		json_dumpf(json, out, JSON_COMPACT | JSON_ENSURE_ASCII);
		json_decref(json);
	}
	fputs("\n]}\n", out);
}
