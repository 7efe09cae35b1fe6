#include "changes_private.h"

#include "order.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define P         0.01
#define MAGNITUDE 0.05
#define WINDOW    50

/* A division is worth a look at less than this, without reckoning with correlation. */
#define WEAK_P 0.02

/* Divisions that differ in a few values' places say the same. By simulation, the likeliest of all
 * in a series is as unlikely as that of so many per segment that are independent. */
#define LOOKS 2.4

static int settle(const struct changes_settings *settings, struct series_view *view)
{
	static const struct changes_settings defaults;

	if (!settings)
		settings = &defaults;
	view->p = settings->p > 0 ? settings->p : P;
	view->magnitude = settings->magnitude > 0 ? settings->magnitude : MAGNITUDE;
	view->segment = settings->segment ? settings->segment : CHANGES_SEGMENT;
	view->window = settings->window ? settings->window : WINDOW;
	if (!(settings->p >= 0 && settings->p < 1) || !(settings->magnitude >= 0) ||
		view->segment < 3 || view->window / 4 < view->segment || view->window > 10000)
		return -EINVAL;
	return 0;
}

size_t changes_most(size_t n, const struct changes_settings *settings)
{
	size_t segment = settings && settings->segment ? settings->segment : CHANGES_SEGMENT;

	return n < 2 * segment ? 0 : n / segment;
}

/* Where levels begin: 0, the candidates, n. */
struct levels {
	size_t *starts;
	double *p; /* of each start, when it was tested last */
	size_t n;
};

static void divide(struct series_view *view, size_t first, size_t end, uint8_t *marks)
{
	if (end - first < 2 * view->segment)
		return;
	changes_score(view->values + first, end - first, view->scores);
	struct changes_division division = changes_divide(view->scores, end - first, view->segment);

	if (division.index == 0 || !(division.energy > 0))
		return;
	size_t at = first + division.index;

	if (changes_test(view, first, at, end) > WEAK_P)
		return;
	marks[at] = 1;
	divide(view, first, at, marks);
	divide(view, at, end, marks);
}

/* All candidates, from windows that overlap by half. */
static void collect(struct series_view *view, uint8_t *marks, struct levels *levels)
{
	size_t step = view->window / 2, last = 0;
	double correlation = view->correlation;

	view->correlation = 0;
	for (size_t first = 0;; first += step) {
		bool at_end = view->n <= first + view->window;
		size_t end = at_end ? view->n : first + view->window;

		divide(view, at_end && end > view->window ? end - view->window : first, end, marks);
		if (at_end)
			break;
	}
	view->correlation = correlation;
	levels->n = 0;
	levels->starts[levels->n++] = 0;
	for (size_t i = view->segment; i + view->segment <= view->n; i++) {
		if (!marks[i] || i - last < view->segment)
			continue;
		levels->starts[levels->n++] = last = i;
	}
	levels->starts[levels->n++] = view->n;
}

/* Moves each start to where the step is largest between its neighbours, and tests it there. */
static void test_levels(struct series_view *view, struct levels *levels)
{
	for (size_t i = 1; i + 1 < levels->n; i++) {
		size_t first = levels->starts[i - 1], end = levels->starts[i + 1];
		size_t at = levels->starts[i];
		size_t from = at - first > view->window ? at - view->window : first;
		size_t to = end - at > view->window ? at + view->window : end;

		changes_score(view->values + from, to - from, view->scores);
		size_t placed = changes_place(view, from, to);

		if (placed > first && placed < end)
			levels->starts[i] = placed;
		levels->p[i] = changes_test(view, first, levels->starts[i], end);
	}
}

/* Takes out every start that does not hold, the less likely of neighbours first, as levels that are
 * joined may tell more. Returns whether any was. */
static bool prune(struct levels *levels, double most)
{
	size_t kept = 1;
	bool taken = false, before = false;

	for (size_t i = 1; i + 1 < levels->n; i++) {
		double p = levels->p[i];
		bool worst = !before && (i + 2 >= levels->n || p >= levels->p[i + 1] ||
						levels->p[i + 1] <= most);

		worst = worst && (kept == 1 || levels->p[kept - 1] <= p || before);
		before = p > most && worst;
		taken = taken || before;
		if (before)
			continue;
		levels->starts[kept] = levels->starts[i];
		levels->p[kept++] = p;
	}
	levels->starts[kept++] = levels->starts[levels->n - 1];
	levels->n = kept;
	return taken;
}

static double median_of(const double *values, size_t n, double *room)
{
	memcpy(room, values, n * sizeof(*room));
	return order_median(room, n);
}

/* Whether the levels differ by enough to be named. */
static bool describe(
	struct series_view *view, size_t first, size_t at, size_t end, struct change *change)
{
	size_t from = at - first > view->window ? at - view->window : first;
	size_t to = end - at > view->window ? at + view->window : end;
	double before = median_of(view->values + from, at - from, view->scores);
	double after = median_of(view->values + at, to - at, view->scores);

	*change = (struct change){.index = at, .before = before, .after = after, .ratio = NAN};
	if (before > 0 && after > 0) {
		change->ratio = after / before;
		return fabs(log(change->ratio)) >= log1p(view->magnitude) * (1 - 1e-9);
	}
	return fabs(after - before) >= view->magnitude * fabs(before) && after != before;
}

static size_t report(
	struct series_view *view, struct levels *levels, double looks, struct change *changes)
{
	size_t count = 0;

	for (size_t i = 1; i + 1 < levels->n; i++) {
		if (!describe(view, levels->starts[i - 1], levels->starts[i], levels->starts[i + 1],
			    &changes[count]))
			continue;
		changes[count++].p = fmin(levels->p[i] * looks, 1);
	}
	return count;
}

int changes_find(const double *values, size_t n, const struct changes_settings *settings,
	struct change *changes, size_t *count)
{
	struct series_view view = {.values = values, .n = n};
	int error = settle(settings, &view);

	if (error || !order_all_finite(values, n))
		return -EINVAL;
	*count = 0;
	if (n < 2 * view.segment)
		return 0;
	size_t most = n / view.segment + 2;
	struct levels levels = {
		.starts = malloc(most * sizeof(*levels.starts)),
		.p = calloc(most, sizeof(*levels.p)),
	};
	uint8_t *marks = calloc(n, 1);

	view.scores = malloc((4 * view.window) * sizeof(*view.scores));
	if (levels.starts && levels.p && marks && view.scores) {
		double looks = LOOKS * (double)n / (double)view.segment;

		changes_correlation(&view);
		collect(&view, marks, &levels);
		do
			test_levels(&view, &levels);
		while (prune(&levels, view.p / looks));
		*count = report(&view, &levels, looks, changes);
	} else {
		error = -ENOMEM;
	}
	free(levels.starts);
	free(levels.p);
	free(marks);
	free(view.scores);
	return error;
}
