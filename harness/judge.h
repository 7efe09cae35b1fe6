/*
 * judge: a reading against its limit. Pure arithmetic on one requirement; no words, no documents.
 *
 * A limit is inclusive. A limit inside the interval is never a plain pass, and a side that the
 * evidence leaves open can never be the reason for one.
 */
#pragma once

#include "reading.h"

/* Ordered from best to worst: of several readings of one metric, the worst decides. */
enum status {
	STATUS_MET,        /* the whole interval is on the good side */
	STATUS_PRESUMED,   /* nothing refutes what no short run could prove */
	STATUS_MARGINAL,   /* the limit lies inside a bounded interval */
	STATUS_NOT_ENOUGH, /* the limit lies inside an interval with an open side */
	STATUS_NOT_MEASURED,
	STATUS_NOT_MET, /* the whole interval is on the bad side */
};

/* As in the verdict document: "met", "not enough evidence", ... */
extern const char *const status_names[];

/* Ordered from best to worst: of several profiles, the worst counts for the run. */
enum overall {
	OVERALL_SUITABLE,
	OVERALL_MARGINAL,
	OVERALL_NOT_ENOUGH,
	OVERALL_UNSUITABLE,
};

extern const char *const overall_names[];

/* A requirement and the reading that decides it. */
struct line {
	const json_t *requirement; /* borrowed */
	struct reading reading;    /* the worst */
	size_t readings;           /* how many there were to choose from */
	enum status status;
	struct disturbance disturbance;
};

/* Judges one checked requirement of a profile on a run. */
void judge_requirement(const json_t *run, const json_t *requirement, struct reading_cache *cache,
	struct line *line);

/* Judges an interval; -INFINITY and INFINITY stand for limits that are not set. */
enum status judge_interval(const struct interval *interval, double min, double max);

/* How far `value` is on the bad side, as a share of the limit; negative on the good side. */
double judge_excess(double value, double min, double max);

/* A requirement's limits; -INFINITY and INFINITY where it sets none. */
double judge_min(const json_t *requirement);
double judge_max(const json_t *requirement);

/* Whether it sets any; a fact without one is judged by its own status. */
bool judge_has_limit(const json_t *requirement);

/* Whether failing a requirement makes a host unsuitable. */
bool judge_is_required(const json_t *requirement);

/* Whether it counts as met until a reading refutes it. */
bool judge_is_presumed(const json_t *requirement);

/* What the lines of a profile add up to. */
enum overall judge_overall(const struct line *lines, size_t count);
