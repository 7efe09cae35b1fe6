#include "repetitions.h"

size_t repetitions_run_end(const struct repetitions *repetitions, size_t first)
{
	size_t end = first + 1;

	if (!repetitions->runs)
		return repetitions->n;
	while (end < repetitions->n && repetitions->runs[end] == repetitions->runs[first])
		end++;
	return end;
}

size_t repetitions_runs(const struct repetitions *repetitions)
{
	size_t runs = 0;

	for (size_t first = 0; first < repetitions->n; runs++)
		first = repetitions_run_end(repetitions, first);
	return runs;
}
