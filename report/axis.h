/*
 * axis: the ticks of a plot, at round values and with words that people read: "2 ms", "99.9",
 * hours of a soak that took days. Writes gnuplot commands made of numbers and words from here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A round latency, exactly: "2 ms" where a reading would be "2.00 ms". Returns `buffer`. */
const char *axis_round(double latency_s, char *buffer, size_t size);

/* Round values in low..high, `max` at most, for a linear or (0 < low) a logarithmic axis. Returns
 * how many there are; none for what is no range. */
size_t axis_steps(double low, double high, bool logarithmic, double *steps, size_t max);

/* What round values of a unit are counted in on an axis up to `high`: a power of 1,024 for bytes,
 * as in readings; otherwise 1. */
double axis_base(double high, const char *unit);

/* A round value in multiples of axis_base() with its unit, short and exactly: "2 ms", "1.5 Gbit/s",
 * "20 MiB", "50 %"; of s/service only the time, and of a unit that is not one of ours only the
 * number: "200 k". Returns `buffer`. */
const char *axis_value(double value, double base, const char *unit, char *buffer, size_t size);

/* What has to be said beside an axis, as axis_value() does not: " In writes/s." of other units than
 * its own, " Time per service." of s/service, "" where all is said. Returns `buffer`. */
const char *axis_words(const char *unit, char *buffer, size_t size);

/* Ticks of a logarithmic y axis of latencies from low_s to high_s, as many as there is room for. */
void axis_latency(FILE *script, double low_s, double high_s);

/* Logarithmic x axis of 1 / (1 - q), up to `high`, labelled by percentile. */
void axis_percentile(FILE *script, double high);

/* x axis of seconds since the start, labelled in seconds, minutes, hours or days. */
void axis_time(FILE *script, double low_s, double high_s);

/* A time on that axis in words, in the unit of an axis that ends there: "5.12 h", "8.50 s". Returns
 * `buffer`. */
const char *axis_duration(double time_s, char *buffer, size_t size);

/* x axis of the hours of a day, 0 to 24. */
void axis_hours(FILE *script);
