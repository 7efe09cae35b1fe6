/*
 * A soak: the trials take turns for hours or days, in fixed memory.
 *
 * Slices of the trials add up to parts; a part is what a repetition is in a short run. When there
 * are FSYNC_SOAK_PARTS, each two neighbours become one, and those to come get twice as many slices.
 * The state is kept in a file each minute, so that a soak that was stopped, or whose host was, goes
 * on where it was: the time between is a gap in the courses over time.
 */
#include "fsync.h"

#include "clock.h"
#include "interrupt.h"
#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define SCHEMA  "seatrial.soak/1"
#define SAVE_NS INT64_C(60000000000)

/* The state may lie on another disk: whatever fails there is no error of the one that is tested. */
#define STATE_ERROR (-ECANCELED)

#define SEGMENT_LEAST 5   /* intervals on each side of a fall */
#define FALL_LEAST    1.5 /* times slower */

struct soak {
	struct fsync_trial *trials;
	size_t count;
	const struct fsync_config *config;
	struct record *record;
	int64_t spent_ns, saved_ns;
	uint64_t slices, slices_a_part; /* of the part under way */
	uint64_t sittings;
	bool reversed; /* the order of the next turn */
};

static json_t *trial_state(const struct fsync_trial *trial)
{
	const struct fsync_stability *stability = &trial->stability;
	json_t *histograms = json_array();

	for (size_t i = 0; i < trial->latencies; i++)
		json_array_append_new(
			histograms, record_histogram_state(trial->latency[i].histogram));
	return json_pack("{s:o,s:I,s:f,s:f,s:f,s:[f,f,f,f],s:I,s:I}", "histograms", histograms,
		"writes", (json_int_t)trial->writes, "elapsed_s", trial->elapsed_s, "user_s",
		trial->user_s, "system_s", trial->system_s, "stability", stability->stalls,
		stability->lost[0], stability->lost[1], stability->exposure_s, "flushes",
		(json_int_t)stability->flushes, "longest_ns", (json_int_t)stability->longest_ns);
}

static json_t *soak_state(const struct soak *soak)
{
	json_t *trials = json_array();

	for (size_t i = 0; i < soak->count; i++)
		json_array_append_new(trials, trial_state(&soak->trials[i]));
	return json_pack("{s:s,s:o,s:o,s:o,s:I,s:I,s:I,s:I}", "schema", SCHEMA, "asked",
		fsync_soak_asked(soak->config), "trials", trials, "record",
		record_state(soak->record), "spent_ns", (json_int_t)soak->spent_ns, "slices",
		(json_int_t)soak->slices, "slices_a_part", (json_int_t)soak->slices_a_part,
		"sittings", (json_int_t)soak->sittings);
}

static int save(struct soak *soak, struct problem *problem)
{
	if (!soak->config->state)
		return 0;
	json_t *state = soak_state(soak);
	int result = state_file_store(soak->config->state, state, problem);

	json_decref(state);
	soak->saved_ns = clock_now_ns();
	return result < 0 ? STATE_ERROR : 0;
}

static int restore_trial(struct fsync_trial *trial, const json_t *state, struct problem *problem)
{
	const json_t *histograms = json_object_get(state, "histograms");
	const json_t *sums = json_object_get(state, "stability");
	struct fsync_stability *stability = &trial->stability;

	for (size_t i = 0; i < trial->latencies; i++) {
		struct histogram *saved =
			record_histogram_restore(json_array_get(histograms, i), problem);

		if (!saved)
			return -EINVAL;
		histogram_merge(trial->latency[i].histogram, saved);
		histogram_free(saved);
	}
	trial->writes = (uint64_t)json_integer_value(json_object_get(state, "writes"));
	trial->elapsed_s = json_number_value(json_object_get(state, "elapsed_s"));
	trial->user_s = json_number_value(json_object_get(state, "user_s"));
	trial->system_s = json_number_value(json_object_get(state, "system_s"));
	stability->stalls = json_number_value(json_array_get(sums, 0));
	stability->lost[0] = json_number_value(json_array_get(sums, 1));
	stability->lost[1] = json_number_value(json_array_get(sums, 2));
	stability->exposure_s = json_number_value(json_array_get(sums, 3));
	stability->flushes = (uint64_t)json_integer_value(json_object_get(state, "flushes"));
	stability->longest_ns = json_integer_value(json_object_get(state, "longest_ns"));
	return 0;
}

static int restore(struct soak *soak, const json_t *state, struct problem *problem)
{
	const json_t *trials = json_object_get(state, "trials");
	json_t *asked = fsync_soak_asked(soak->config);
	bool same = json_equal(asked, json_object_get(state, "asked"));
	const char *schema = json_string_value(json_object_get(state, "schema"));
	json_int_t slices_a_part = json_integer_value(json_object_get(state, "slices_a_part"));

	json_decref(asked);
	if (!schema || strcmp(schema, SCHEMA) != 0 || slices_a_part < 1)
		return problem_set(problem, -EINVAL, "it is no \"" SCHEMA "\"");
	if (!same || json_array_size(trials) != soak->count)
		return problem_set(
			problem, -EINVAL, "it is of a soak with other options or another --dir");
	for (size_t i = 0; i < soak->count; i++)
		if (restore_trial(&soak->trials[i], json_array_get(trials, i), problem) < 0)
			return -EINVAL;
	soak->spent_ns = json_integer_value(json_object_get(state, "spent_ns"));
	if (soak->spent_ns < 0)
		return problem_set(problem, -EINVAL, "it has spent less than no time");
	soak->slices = (uint64_t)json_integer_value(json_object_get(state, "slices"));
	soak->slices_a_part = (uint64_t)slices_a_part;
	soak->sittings = (uint64_t)json_integer_value(json_object_get(state, "sittings"));
	return record_restore(soak->record, json_object_get(state, "record"), fsync_metrics,
		fsync_distributions, problem);
}

static char *lock_name(const char *state)
{
	char *name;

	return asprintf(&name, "%s.lock", state) < 0 ? NULL : name;
}

/* One soak a state: the lock beside it is held until this process ends. */
static int lock_state(const char *state, struct problem *problem)
{
	char *name = lock_name(state);
	int file = name ? open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	int result = 0;

	if (file < 0)
		result = problem_errno(problem, "cannot make a lock beside the state %s", state);
	else if (flock(file, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		result = problem_set(
			problem, -EBUSY, "another soak is under way with the state %s", state);
	free(name);
	return result;
}

void fsync_forget_soak(const char *state)
{
	char *name = lock_name(state);

	unlink(state);
	if (name)
		unlink(name);
	free(name);
}

/* Takes up a state that is there. */
static int resume(struct soak *soak, struct problem *problem)
{
	struct problem detail = {""};
	json_t *state;

	if (!soak->config->state)
		return 0;
	if (lock_state(soak->config->state, problem) < 0)
		return STATE_ERROR;
	int result = state_file_load(soak->config->state, &state, problem);
	if (result < 0 || !state)
		return result < 0 ? STATE_ERROR : 0;
	result = restore(soak, state, &detail);
	json_decref(state);
	if (result == 0)
		return 0;
	return problem_set(problem, STATE_ERROR,
		"cannot go on from the state %s: %s; remove it to begin anew", soak->config->state,
		detail.text);
}

static void end_part(struct soak *soak)
{
	for (size_t i = 0; i < soak->count; i++) {
		fsync_end_repetition(&soak->trials[i], soak->config, soak->record);
		fsync_begin_repetition(&soak->trials[i]);
	}
	soak->slices = 0;
	if (record_repetitions(soak->record) < FSYNC_SOAK_PARTS)
		return;
	record_compact(soak->record);
	soak->slices_a_part *= 2;
}

/* One turn: a slice of each trial. */
static int run_turn(struct soak *soak, const struct scratch *scratch, struct problem *problem)
{
	int result = 0;

	for (size_t i = 0; i < soak->count && result == 0 && !interrupt_pending(); i++) {
		size_t which = soak->reversed ? soak->count - 1 - i : i;
		int64_t start_ns = clock_now_ns();

		result = fsync_run_slice(&soak->trials[which], soak->config, scratch, problem);
		soak->spent_ns += clock_now_ns() - start_ns;
	}
	soak->reversed = !soak->reversed;
	soak->slices++;
	return result;
}

/* The point after which the medians of the intervals are higher, if they stay so. */
struct fall {
	double at_s, before_s, after_s;
};

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* Of sorted values. */
static double quantile(const double *values, size_t count, double q)
{
	return values[(size_t)(q * (double)(count - 1) + 0.5)];
}

/* Where two constants fit the logarithms of the medians best. */
static size_t best_split(const double *logs, size_t count)
{
	double all = 0, left = 0, best = 0;
	size_t split = 0;

	for (size_t i = 0; i < count; i++)
		all += logs[i];
	for (size_t i = 1; i < count; i++) {
		left += logs[i - 1];
		double right = all - left, n = (double)i, m = (double)(count - i);
		double explained = left * left / n + right * right / m;

		if (i < SEGMENT_LEAST || count - i < SEGMENT_LEAST || (split && explained <= best))
			continue;
		best = explained;
		split = i;
	}
	return split;
}

static bool find_fall(const json_t *series, struct fall *fall)
{
	const json_t *rows = json_object_get(series, "rows");
	size_t count = json_array_size(rows);
	double *logs = calloc(count + 1, sizeof(*logs));
	bool found = false;

	for (size_t i = 0; logs && i < count; i++)
		logs[i] = log(
			fmax(1e-9, json_number_value(json_array_get(json_array_get(rows, i), 2))));
	size_t split = logs ? best_split(logs, count) : 0;
	if (split) {
		const double *after = logs + split;

		qsort(logs, split, sizeof(*logs), compare);
		qsort(logs + split, count - split, sizeof(*logs), compare);
		/* Not one stall, and not a slow rise: nearly all after it is above nearly all
		 * before. */
		found = quantile(after, count - split, 0.1) > quantile(logs, split, 0.9);
		fall->at_s = json_number_value(json_array_get(json_array_get(rows, split), 0));
		fall->before_s = exp(quantile(logs, split, 0.5));
		fall->after_s = exp(quantile(after, count - split, 0.5));
		found &= fall->after_s >= FALL_LEAST * fall->before_s;
	}
	free(logs);
	return found;
}

/* What the course over time of a trial's flushes shows. */
static void record_course(
	const struct fsync_trial *trial, bool is_one_of_many, struct record *record)
{
	json_t *series = series_json(trial->latency[0].series);
	struct fall fall;
	char id[200], title[256], text[256], at[32], before[32], after[32];
	struct fact fact = {
		.id = id,
		.topic = "Course over time",
		.title = title,
		.status = FACT_PASS,
		.why = "Many providers let a disk be fast until its credit is used up, and throttle it from "
		       "then on: the second speed is the one that a cluster lives with",
	};

	int id_used = snprintf(id, sizeof(id), "soak.%s", trial->latency[0].spec->name);
	int used = snprintf(title, sizeof(title), "%s", trial->latency[0].spec->title);
	for (const struct label *label = trial->labels; is_one_of_many && label->name; label++) {
		id_used += snprintf(id + id_used, sizeof(id) - (size_t)id_used, ".%s-%s",
			label->name, label->value);
		used += snprintf(title + used, sizeof(title) - (size_t)used, "%s%s %s",
			label == trial->labels ? ": " : ", ", label->name, label->value);
	}
	if (find_fall(series, &fall)) {
		fact.status = FACT_WARN;
		fact.remedy =
			"Judge the disk by its later readings, and ask the provider for the rate that "
			"is guaranteed without a burst";
		snprintf(text, sizeof(text),
			"falls off: %s at the median until %s after the start, then %s to the end",
			units_format(fall.before_s, "s", before, sizeof(before)),
			units_format(fall.at_s, "s", at, sizeof(at)),
			units_format(fall.after_s, "s", after, sizeof(after)));
	} else {
		snprintf(text, sizeof(text), "no lasting fall in speed was seen");
	}
	fact.value = json_string(text);
	record_fact(record, &fact);
	json_decref(series);
}

static void record_soak(const struct soak *soak)
{
	double spent_s = (double)soak->spent_ns / 1e9,
	       asked_s = (double)soak->config->soak_ns / 1e9;
	char text[160], spent[32], asked[32];

	snprintf(text, sizeof(text), "%s of %s, in %" PRIu64 " %s",
		units_format(spent_s, "s", spent, sizeof(spent)),
		units_format(asked_s, "s", asked, sizeof(asked)), soak->sittings,
		soak->sittings == 1 ? "sitting" : "sittings");
	record_fact(soak->record, &(struct fact){.id = "soak.time",
					  .topic = "Course over time",
					  .title = "Time soaked",
					  .status = FACT_INFO,
					  .value = json_string(text)});
	if (soak->sittings > 1)
		record_warn(soak->record,
			"this soak was stopped and went on: its conditions are those of the last of %" PRIu64
			" sittings",
			soak->sittings);
	for (size_t i = 0; i < soak->count; i++)
		record_course(&soak->trials[i],
			fsync_count_trials(soak->config, soak->trials[i].mode) > 1, soak->record);
}

int fsync_soak(struct fsync_trial *trials, size_t count, const struct fsync_config *use,
	const struct scratch *scratch, struct record *record, struct problem *problem)
{
	struct soak soak = {.trials = trials,
		.count = count,
		.config = use,
		.record = record,
		.slices_a_part = 1};
	int64_t save_ns = (int64_t)use->soak_ns / 20;
	int result;

	if (count == 0) /* what was asked for cannot run here, and is said to be skipped */
		return 0;
	if (save_ns > SAVE_NS)
		save_ns = SAVE_NS;
	for (size_t i = 0; i < count; i++)
		fsync_begin_repetition(&trials[i]);
	result = resume(&soak, problem);
	if (result < 0)
		return result;
	soak.sittings++;
	result = save(&soak, problem); /* whether it can be kept is known before the first hour */
	while (result == 0 && soak.spent_ns < (int64_t)use->soak_ns && !interrupt_pending()) {
		result = run_turn(&soak, scratch, problem);
		if (interrupt_pending() || result < 0)
			break;
		if (soak.slices >= soak.slices_a_part)
			end_part(&soak);
		if (clock_now_ns() - soak.saved_ns > save_ns)
			result = save(&soak, problem);
	}
	/* Also at the end: until the document is out (fsync.c, delivered()), it can be had again.
	 */
	if (result == 0)
		result = save(&soak, problem);
	for (size_t i = 0; i < count; i++)
		fsync_end_repetition(&trials[i], use, record);
	record_soak(&soak);
	return result;
}
