#include "holm.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct place {
	double p;
	size_t at;
};

static int compare_places(const void *left, const void *right)
{
	double a = ((const struct place *)left)->p;
	double b = ((const struct place *)right)->p;

	return (a > b) - (a < b);
}

int holm_adjust(double *p, size_t n)
{
	struct place *places = malloc((n ? n : 1) * sizeof(*places));
	size_t made = 0;
	double highest = 0;

	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!isnan(p[i]))
			places[made++] = (struct place){p[i], i};
	qsort(places, made, sizeof(*places), compare_places);
	for (size_t i = 0; i < made; i++) {
		highest = fmax(highest, fmin((double)(made - i) * places[i].p, 1));
		p[places[i].at] = highest;
	}
	free(places);
	return 0;
}
