/*
 * service_tool: what seatrial-service has the tools told, one thing at a time.
 *
 *   service_tool text MODE COUNT   prints it: so many Services from nothing
 *   service_tool cold MODE COUNT   for each line of standard input, programs them on a node of its
 *                                  own, prints how many seconds that took, and takes them away
 */
#include "program.h"
#include "rig_private.h"

#include <stdlib.h>
#include <string.h>

const struct bench bench = {.name = "service_tool"};

static struct rig_plan *plan_of(const struct rules *rules, enum mode mode, uint32_t count)
{
	struct rig_plan *plan = rig_plan_new();

	rules_begin(rules, mode, plan);
	rules_add(rules, mode, 0, count, plan);
	return plan;
}

static int fail(const struct problem *problem)
{
	fprintf(stderr, "service_tool: %s\n", problem->text);
	return 1;
}

static int program(const struct rules *rules, enum mode mode, uint32_t count)
{
	struct rig_plan *plan = rig_plan_new();
	struct problem problem;
	char line[16];
	double took_s;

	rig_plan_host(plan, mode_rows[mode].node);
	struct rig *rig = rig_build(plan, &problem);
	rig_plan_free(plan);
	if (!rig)
		return fail(&problem);
	while (fgets(line, sizeof(line), stdin)) {
		plan = rig_plan_new();
		rules_end(rules, mode, count, plan);
		if (program_apply(rig, plan_of(rules, mode, count), &took_s, &problem) < 0)
			return fail(&problem);
		printf("%.6f\n", took_s);
		fflush(stdout);
		if (program_apply(rig, plan, NULL, &problem) < 0)
			return fail(&problem);
	}
	rig_free(rig);
	return 0;
}

int main(int argc, char **argv)
{
	const struct rules rules = {.endpoints = 2, .udp = true, .tcp = true, .scheduler = "rr"};
	enum mode mode = MODE_NONE;

	while (argc == 4 && mode < MODES && strcmp(mode_rows[mode].name, argv[2]) != 0)
		mode++;
	if (argc != 4 || mode == MODES) {
		fputs("usage: service_tool text|cold MODE COUNT\n", stderr);
		return 2;
	}
	uint32_t count = (uint32_t)atoi(argv[3]);
	if (!strcmp(argv[1], "cold"))
		return program(&rules, mode, count);
	struct rig_plan *plan = plan_of(&rules, mode, count);
	for (size_t i = 0; i < plan->batch_count; i++)
		fputs(plan->batches[i].text, stdout);
	rig_plan_free(plan);
	return 0;
}
