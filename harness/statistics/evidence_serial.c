#include "evidence.h"

#include <math.h>

/* How sure to be that repetitions depend on each other no more than is reckoned with, in standard
 * errors: see README.md. */
#define POSSIBLE 1.25

#define MOST 0.95

/* What the comparisons have in common. */
struct common {
	size_t n;
	double mean;
	double between;  /* variance of their true correlations */
	double expected; /* mean variance of what is measured of one */
};

static bool counts(const struct evidence *evidence)
{
	return !evidence->empty && !evidence->by_run && isfinite(evidence->serial.error);
}

static struct common common_of(const struct evidence *evidence, size_t n)
{
	struct common common = {0};
	double squares = 0;

	for (size_t i = 0; i < n; i++) {
		const struct serial *serial = &evidence[i].serial;

		if (!counts(&evidence[i]))
			continue;
		double deviation = serial->correlation - common.mean;

		common.n++;
		common.mean += deviation / (double)common.n;
		squares += deviation * (serial->correlation - common.mean);
		common.expected += serial->error * serial->error;
	}
	if (common.n < 2)
		return common;
	common.expected /= (double)common.n;
	double degrees = (double)(common.n - 1);

	/* And as much more as it may be missed by. */
	common.between =
		fmax(squares / degrees - common.expected, 0) + common.expected * sqrt(2 / degrees);
	return common;
}

void evidence_correlations(
	const struct evidence *evidence, size_t n, double *likely, double *possible)
{
	struct common common = common_of(evidence, n);

	for (size_t i = 0; i < n; i++) {
		double correlation = evidence[i].serial.correlation;
		double variance = evidence[i].serial.error * evidence[i].serial.error;

		likely[i] = possible[i] = 0;
		if (!counts(&evidence[i]))
			continue;
		if (common.n > 1) {
			double own = common.between / (common.between + variance);

			correlation = common.mean + own * (correlation - common.mean);
			variance = own * variance +
				   (1 - own) * (1 - own) * common.expected / (double)common.n;
		}
		likely[i] = fmax(fmin(correlation, MOST), 0);
		possible[i] = fmax(fmin(correlation + POSSIBLE * sqrt(variance), MOST), 0);
	}
}
