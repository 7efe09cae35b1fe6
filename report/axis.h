/*
 * axis: the ticks of a plot, at round values and with words that people read: "2 ms", "99.9",
 * hours of a soak that took days. Writes gnuplot commands made of numbers and words from here.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* A round latency, exactly: "2 ms" where a reading would be "2.00 ms". Returns `buffer`. */
const char *axis_round(double latency_s, char *buffer, size_t size);

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
