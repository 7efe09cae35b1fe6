#include "plan_view.h"

#include "child.h"
#include "document.h"
#include "interrupt.h"
#include "view.h"

#include <stdio.h>
#include <string.h>

/* Prints what a bench says it would do, line by line. */
static void explain_bench(const struct terminal *terminal, const struct plan_bench *bench)
{
	const char *argv[PLAN_ARGUMENTS + 2] = {bench->bench->path, "--explain"};
	struct child_program child = {.argv = argv, .limit_s = CATALOG_ANSWER_S};
	struct child_result result;
	struct problem problem = {.text = ""};
	char *rest, *line;

	terminal_write(terminal, TONE_STRONG, bench->bench->name);
	fputc('\n', terminal->out);
	for (size_t i = 0; bench->arguments[i]; i++)
		argv[i + 2] = bench->arguments[i];
	if (!bench->description || child_run(&child, &result, &problem) < 0) {
		terminal_say(terminal, 4, "%s", *problem.text ? problem.text : bench->failure.text);
		return;
	}
	for (rest = result.output; (line = strsep(&rest, "\n")) && (rest || *line);) {
		fputs("    ", terminal->out);
		terminal_write(terminal, TONE_PLAIN, line);
		fputc('\n', terminal->out);
	}
	fputc('\n', terminal->out);
	child_release(&result);
}

void plan_view_explain(const struct terminal *terminal, const struct plan *plan)
{
	fputs("With these arguments, and nothing else, the benchmarks would do this:\n\n",
		terminal->out);
	for (size_t i = 0; i < plan->count; i++)
		explain_bench(terminal, &plan->bench[i]);
}

void plan_view(const struct terminal *terminal, const struct plan *plan)
{
	char duration[64];
	const char *name;
	json_t *unused;

	terminal_say(terminal, 0, "%zu benchmark%s, about %s in all:", plan->count,
		plan->count == 1 ? "" : "s",
		view_duration(plan->estimate_s, duration, sizeof(duration)));
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_bench *bench = &plan->bench[i];
		const json_t *obstacle = json_object_get(bench->description, "obstacle");
		if (!bench->description)
			terminal_say(terminal, 2, "%s: broken: %s", bench->bench->name,
				bench->failure.text);
		else if (!json_is_true(json_object_get(bench->description, "available")))
			terminal_say(terminal, 2, "%s: cannot run here: %s; to enable it: %s",
				bench->bench->name, document_text(obstacle, "why"),
				document_text(obstacle, "enable"));
		else
			terminal_say(terminal, 2, "%s: %s", bench->bench->name,
				document_text(bench->description, "question"));
	}
	json_object_foreach(plan->missing, name, unused)
		terminal_say(
			terminal, 2, "%s: missing: there is no program seatrial-%s", name, name);
	fputc('\n', terminal->out);
	fflush(terminal->out);
}

void plan_view_progress(
	const struct terminal *terminal, const struct plan *plan, size_t step, double elapsed_s)
{
	const struct plan_bench *bench = plan_step(plan, step);
	char elapsed[64], left[64], line[300];
	double rest_s = bench->estimate_s - elapsed_s;

	if (interrupt_pending()) {
		snprintf(line, sizeof(line),
			"Stopping: %s has %.0f s to hand over what it measured", bench->bench->name,
			CHILD_GRACE_S);
		terminal_status(terminal, line);
		return;
	}
	view_duration(elapsed_s, elapsed, sizeof(elapsed));
	view_duration(
		(rest_s > 0 ? rest_s : 0) + plan_remaining_s(plan, step + 1), left, sizeof(left));
	snprintf(line, sizeof(line), "[%zu/%zu] %s: %s%s, about %s left in all", step + 1,
		plan->steps, bench->bench->name, elapsed,
		rest_s > 0 ? "" : " (longer than expected)", left);
	terminal_status(terminal, line);
}
