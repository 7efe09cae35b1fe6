/* What follows for the user's own cluster. */
#include "service.h"

#include "blocks.h"
#include "units.h"

#include <math.h>
#include <stdio.h>

static size_t predict_mode(const struct service_run *run, enum mode mode, size_t size)
{
	struct label labels[2] = {{.name = "mode"}};
	double rate = (double)run->config->connections_per_s;
	size_t told = 0;

	snprintf(labels[0].value, sizeof(labels[0].value), "%s", mode_rows[mode].name);
	for (size_t b = 0; b < run->readings->blocks; b++) {
		double cpu = blocks_added_cpu(run->readings, mode, size, b) * rate;

		record_value(run->record, &service_metrics[PREDICTED_DELAY], labels,
			*readings_cost(run->readings, mode, TARGET_RANDOM, size, b));
		if (rate > 0)
			record_value(run->record, &service_metrics[PREDICTED_CPU], labels, cpu);
		told += rate > 0 && !isnan(cpu);
	}
	return told;
}

static bool was_measured(const struct service_run *run, size_t size)
{
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		if (blocks_cost(run->readings, mode, TARGET_RANDOM, size).n)
			return true;
	return false;
}

void service_predict(const struct service_run *run)
{
	const struct service_config *use = run->config;
	size_t size = 0, told = 0;
	char text[64], number[40];

	if (!use->services) {
		if (use->connections_per_s)
			record_skip(run->record, "predicted.cpu",
				"how much a connection costs depends on the number of Services",
				"give --services, too");
		return;
	}
	snprintf(text, sizeof(text), "your %s Services",
		units_format((double)use->services, "1", number, sizeof(number)));
	record_mark(run->record, "services", (double)use->services, text, NULL);
	while (size < run->readings->size_count && run->readings->sizes[size] != use->services)
		size++;
	if (size == run->readings->size_count)
		return;
	if (use->tests & UINT64_C(1) << SERVICE_LOOKUP && !was_measured(run, size))
		record_skip(run->record, "predicted.delay",
			"no mode was measured at your number of Services",
			"allow for the programming with --program-limit");
	for (enum mode mode = MODE_NONE + 1; mode < MODES; mode++)
		told += predict_mode(run, mode, size);
	if (use->connections_per_s && !told)
		record_skip(run->record, "predicted.cpu",
			"no connections were measured at your number of Services",
			"have test connect among --test, and allow for the programming with "
			"--program-limit");
}
