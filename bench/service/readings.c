#include "readings.h"

#include "room.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *unread(size_t count)
{
	double *values = room_for(count, sizeof(*values));

	for (size_t i = 0; i < count; i++)
		values[i] = NAN;
	return values;
}

struct readings *readings_new(const uint32_t *sizes, size_t size_count, size_t blocks)
{
	struct readings *readings = room_for(1, sizeof(*readings));

	memcpy(readings->sizes, sizes, size_count * sizeof(*sizes));
	readings->size_count = size_count;
	readings->blocks = blocks;
	readings->cost = unread(size_count * blocks * MODES * TARGETS);
	readings->base = unread(size_count * blocks);
	readings->connection = unread(size_count * blocks * MODES);
	for (enum mode mode = 0; mode < MODES; mode++)
		for (size_t i = 0; i < READINGS_SIZES_MAX; i++)
			readings->change_s[mode][i] = NAN;
	return readings;
}

void readings_free(struct readings *readings)
{
	if (!readings)
		return;
	free(readings->cost);
	free(readings->base);
	free(readings->connection);
	free(readings);
}

double *readings_cost(const struct readings *readings, enum mode mode, enum target target,
	size_t size, size_t block)
{
	return &readings->cost[((size * readings->blocks + block) * MODES + mode) * TARGETS +
			       target];
}

double *readings_base(const struct readings *readings, size_t size, size_t block)
{
	return &readings->base[size * readings->blocks + block];
}

double *readings_connection(
	const struct readings *readings, enum mode mode, size_t size, size_t block)
{
	return &readings->connection[(size * readings->blocks + block) * MODES + mode];
}
