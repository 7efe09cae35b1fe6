#include "run.h"

#include "clock.h"
#include "document.h"
#include "exit_code.h"
#include "identity.h"
#include "interrupt.h"
#include "measure.h"
#include "program.h"
#include "text.h"
#include "verdict.h"
#include "version.h"

#include <stdio.h>
#include <string.h>

#define LABEL_MAX 256

json_t *run_new(const struct run_request *request)
{
	json_t *run = json_object();
	char label[LABEL_MAX], now[CLOCK_UTC_SIZE];

	json_object_set_new(run, "schema", json_string("seatrial.run/1"));
	json_object_set_new(run, "id", json_string(""));
	json_object_set_new(run, "suite",
		json_pack("{s:s,s:s}", "version", SEATRIAL_VERSION, "commit", SEATRIAL_COMMIT));
	json_t *program = program_self("seatrial");
	if (program)
		json_object_set_new(run, "program", program);
	json_object_set_new(run, "state", json_string("running"));
	json_object_set_new(run, "started", json_string(clock_utc(now)));
	if (request->label)
		json_object_set_new(run, "label",
			json_string(text_printable(request->label, label, sizeof(label))));
	json_object_set_new(run, "preset", json_string(request->preset));
	json_object_set_new(run, "seed", json_integer((json_int_t)request->seed));
	json_object_set_new(run, "repeat", json_integer((json_int_t)request->repeat));
	json_object_set_new(run, "host", identity_host());
	json_object_set(run, "profiles", (json_t *)request->profiles);
	json_object_set_new(run, "results", json_array());
	json_object_set_new(run, "notes", json_array());
	return run;
}

int run_identify(json_t *run, const struct store *store, struct problem *problem)
{
	char id[STORE_ID_LENGTH + 1];

	if (store)
		return store_add(store, run, problem);
	int failure = store_new_id(id, problem);
	if (!failure)
		json_object_set_new(run, "id", json_string(id));
	return failure;
}

/* One step, for the watcher. */
struct step {
	const struct run_watcher *watcher;
	const struct plan *plan;
	size_t number;
};

static void tick(void *data, double elapsed_s)
{
	const struct step *step = data;

	if (step->watcher->tick)
		step->watcher->tick(step->watcher->data, step->plan, step->number, elapsed_s);
}

/* Stores the document as it is now; says so once when that fails, and tries again the next time. */
static bool save(
	const json_t *run, const struct store *store, const struct run_watcher *watcher, bool *told)
{
	struct problem problem;

	if (!store)
		return false;
	if (store_update(store, run, &problem) == 0)
		return true;
	if (!*told)
		watcher->unsaved(watcher->data, &problem);
	*told = true;
	return false;
}

bool run_execute(json_t *run, const struct plan *plan, const struct store *store,
	const struct run_watcher *watcher)
{
	struct step step = {.watcher = watcher, .plan = plan};
	const struct measure_progress progress = {.tick = tick, .data = &step};
	const char *name;
	json_t *unused;
	bool told = false;
	char now[CLOCK_UTC_SIZE];

	json_object_foreach(plan->missing, name, unused)
		measure_note(run, name,
			"A profile needs this benchmark, but there is no such program", NULL);
	for (; step.number < plan->steps && !interrupt_pending(); step.number++) {
		measure(plan_step(plan, step.number), &progress, run);
		if (step.number + 1 < plan->steps)
			save(run, store, watcher, &told);
	}
	json_object_set_new(
		run, "state", json_string(interrupt_pending() ? "interrupted" : "complete"));
	json_object_set_new(run, "finished", json_string(clock_utc(now)));
	return save(run, store, watcher, &told);
}

static bool came_to_grief(const json_t *run)
{
	const json_t *result;
	size_t i;

	if (json_array_size(json_object_get(run, "notes")) > 0)
		return true;
	json_array_foreach(json_object_get(run, "results"), i, result)
		if (strcmp(document_text(result, "status"), "failed") == 0)
			return true;
	return false;
}

int run_exit_code(const json_t *run, const json_t *verdict)
{
	int code = verdict_exit_code(verdict);

	if (strcmp(document_text(run, "state"), "interrupted") == 0)
		return EXIT_CODE_INTERRUPTED;
	if ((code == EXIT_CODE_OK || code == EXIT_CODE_MARGINAL) && came_to_grief(run))
		return EXIT_CODE_INCOMPLETE;
	return code;
}
