/*
 * How a lookup's cost grows with the number of Services: a line through what each block read at all
 * sizes, so that the block is the repetition and the spread of slopes is that between blocks.
 *
 * All sizes count. What a mode costs at one Service is the line's intercept and bends no slope; the
 * slopes between small neighbours (1 and 100) are mostly noise, but they are few among all pairs,
 * scatter to both sides, and the median passes over them. A list of rules that outgrows a cache
 * does bend the course: how far it is from a line is what R² tells.
 */
#include "service.h"

#include "blocks.h"
#include "line.h"
#include "room.h"
#include "units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Beyond so many times the largest number measured, a line is a guess. */
#define FURTHEST 10

/* What one mode's lookups of one target look like. */
struct course {
	const struct service_run *run;
	enum mode mode;
	enum target target;
	struct line *line; /* of each block */
	struct interval slope;
	size_t last; /* the largest size that was read */
};

static size_t sizes_read(const struct course *course, size_t block)
{
	const struct readings *readings = course->run->readings;
	size_t read = 0;

	for (size_t s = 0; s < readings->size_count; s++)
		read += !isnan(*readings_cost(readings, course->mode, course->target, s, block));
	return read;
}

/* The caller frees `line`. */
static struct course course_of(const struct service_run *run, enum mode mode, enum target target)
{
	const struct readings *readings = run->readings;
	struct course course = {.run = run,
		.mode = mode,
		.target = target,
		.line = room_for(readings->blocks, sizeof(*course.line)),
		.slope = blocks_slope(readings, mode, target),
		.last = blocks_last_size(readings, mode, target)};

	for (size_t b = 0; b < readings->blocks; b++)
		course.line[b] = blocks_line(readings, mode, target, b);
	return course;
}

static struct label *labels_of(enum mode mode, struct label labels[2])
{
	labels[0].name = "mode";
	snprintf(labels[0].value, sizeof(labels[0].value), "%s", mode_rows[mode].name);
	labels[1].name = NULL;
	return labels;
}

/* A line through two points explains them whatever they are; and a share is never below none, as
 * R² is where even a level line would do better. */
static void record_course(
	const struct course *course, enum service_metric slope, enum service_metric fit)
{
	const struct service_run *run = course->run;
	struct label labels[2];

	labels_of(course->mode, labels);
	for (size_t b = 0; b < run->readings->blocks; b++) {
		const struct line *line = &course->line[b];

		record_value(run->record, &service_metrics[slope], labels, line->slope);
		if (sizes_read(course, b) > 2 && !isnan(line->r2))
			record_value(run->record, &service_metrics[fit], labels, fmax(line->r2, 0));
	}
}

/* Where a line reaches a cost, among those numbers of Services that it may be asked about. */
static double reach_of(const struct line *line, double cost, double furthest)
{
	double reach = line_reach(line, cost);

	if (line->intercept >= cost)
		return 1;
	return isnan(reach) ? furthest : fmin(fmax(round(reach), 1), furthest);
}

/* What the first round trip without rules was in a block, s. */
static double base_of(const struct readings *readings, size_t block)
{
	double bases[READINGS_SIZES_MAX];
	size_t count = 0;

	for (size_t s = 0; s < readings->size_count; s++)
		if (!isnan(*readings_base(readings, s, block)))
			bases[count++] = *readings_base(readings, s, block);
	return interval_of_median(bases, count).value;
}

/* What a block's lookup costs where its mode's first round trip takes a tenth longer than the line
 * has it with no Services. */
static double tenth_more(const struct course *course, size_t block)
{
	double fixed = course->line[block].intercept;

	return fixed + (base_of(course->run->readings, block) + fixed) / 10;
}

/* Records where each block's line reaches its cost and returns their median; with an infinite value
 * where that is not within what the lines can tell. A block that does not get there counts as the
 * furthest, for to leave it out would flatter the others. */
static struct interval record_reach(
	const struct course *course, enum service_metric metric, const double *costs)
{
	const struct service_run *run = course->run;
	const struct readings *readings = run->readings;
	double furthest = FURTHEST * (double)readings->sizes[course->last];
	double *reaches = room_for(readings->blocks, sizeof(*reaches));
	struct label labels[2];
	size_t count = 0;

	for (size_t b = 0; b < readings->blocks; b++)
		if (!isnan(course->line[b].slope) && !isnan(costs[b]))
			reaches[count++] = reach_of(&course->line[b], costs[b], furthest);
	struct interval reach = interval_of_median(reaches, count);
	bool told = course->slope.low > 0 && reach.value < furthest;
	for (size_t i = 0; told && i < count; i++)
		record_value(run->record, &service_metrics[metric], labels_of(course->mode, labels),
			reaches[i]);
	if (!told)
		reach.value = INFINITY;
	free(reaches);
	return reach;
}

/* 14,083 as 14,100: a line does not tell single Services. */
static double three_digits(double value)
{
	double unit = value >= 1000 ? pow(10, floor(log10(value)) - 2) : 1;

	return round(value / unit) * unit;
}

struct words {
	char value[96], why[512];
};

static void word_reached(
	const struct course *course, const struct interval *reach, struct words *words)
{
	const struct readings *readings = course->run->readings;
	double last = readings->sizes[course->last];
	char number[64], measured[64], slope[160], brackets[64];

	units_format(three_digits(reach->value), "1", number, sizeof(number));
	units_format(last, "1", measured, sizeof(measured));
	blocks_say(&course->slope, "s", slope, sizeof(slope));
	snprintf(words->value, sizeof(words->value), "at about %s Services", number);
	snprintf(words->why, sizeof(words->why),
		"Each Service adds %s to the slowest lookup, and a straight line through the "
		"readings reaches the limit there. No more than %s Services were measured%s %s",
		slope, measured,
		reach->value > last ? ": beyond, it holds if each further one adds as much." : ".",
		blocks_brackets(&course->slope, brackets, sizeof(brackets)));
}

/* What the largest number measured allows to say when no line leads there. */
static void word_level(const struct course *course, double limit_s, struct words *words)
{
	const struct readings *readings = course->run->readings;
	struct interval cost = blocks_cost(readings, course->mode, course->target, course->last);
	char measured[64], added[160], brackets[64];

	units_format(readings->sizes[course->last], "1", measured, sizeof(measured));
	blocks_say(&cost, "s", added, sizeof(added));
	if (cost.high < limit_s)
		snprintf(words->value, sizeof(words->value), "not reached up to %s Services",
			measured);
	else if (cost.low > limit_s)
		snprintf(words->value, sizeof(words->value), "exceeded at %s Services", measured);
	else
		snprintf(words->value, sizeof(words->value), "not clear at %s Services", measured);
	snprintf(words->why, sizeof(words->why),
		"With %s Services, the most that were measured, the slowest lookup takes longer by "
		"%s. %s",
		measured, added, blocks_brackets(&cost, brackets, sizeof(brackets)));
}

static void record_reach_fact(
	const struct course *course, const struct interval *reach, double limit_s)
{
	char id[64], title[96], limit[64];
	struct words words = {"", ""};

	if (isfinite(reach->value))
		word_reached(course, reach, &words);
	else
		word_level(course, limit_s, &words);
	units_format(limit_s, "s", limit, sizeof(limit));
	snprintf(id, sizeof(id), "service.reach.%s", mode_rows[course->mode].name);
	snprintf(title, sizeof(title), "%s adds %s to a first packet",
		mode_rows[course->mode].title, limit);
	record_fact(course->run->record, &(struct fact){.id = id,
						 .topic = "Services",
						 .title = title,
						 .status = FACT_INFO,
						 .value = json_string(words.value),
						 .why = words.why});
}

/* Which of the two that a list is walked to the end for costs more. */
static const struct course *dearer(const struct course *last, const struct course *miss)
{
	const struct readings *readings = last->run->readings;

	if (last->last == readings->size_count)
		return miss;
	if (miss->last == readings->size_count)
		return last;
	return blocks_cost(readings, last->mode, TARGET_LAST, last->last).value >
			       blocks_cost(readings, miss->mode, TARGET_MISS, miss->last).value
		       ? last
		       : miss;
}

static void record_reaches(const struct course *course)
{
	const struct service_run *run = course->run;
	size_t blocks = run->readings->blocks;
	double limit_s = (double)run->config->limit_ns / 1e9;
	double *costs = room_for(blocks, sizeof(*costs));

	for (size_t b = 0; b < blocks; b++)
		costs[b] = limit_s;
	struct interval reach = record_reach(course, REACH_DELAY, costs);
	record_reach_fact(course, &reach, limit_s);
	for (size_t b = 0; b < blocks; b++)
		costs[b] = tenth_more(course, b);
	record_reach(course, REACH_TENTH, costs);
	free(costs);
}

void service_fit(const struct service_run *run)
{
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++) {
		struct course last = course_of(run, mode, TARGET_LAST),
			      miss = course_of(run, mode, TARGET_MISS);
		const struct course *dearest = dearer(&last, &miss);

		record_course(&last, SLOPE_LAST, FIT_LAST);
		record_course(&miss, SLOPE_MISS, FIT_MISS);
		if (dearest->last < run->readings->size_count)
			record_reaches(dearest);
		free(last.line);
		free(miss.line);
	}
}
