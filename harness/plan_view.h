/*
 * plan_view: a plan as text for people, before and while it is carried out.
 */
#pragma once

#include "plan.h"
#include "terminal.h"

/* Which benches will run, and for how long. */
void plan_view(const struct terminal *terminal, const struct plan *plan);

/* What each bench says it would do, by asking it (--explain). */
void plan_view_explain(const struct terminal *terminal, const struct plan *plan);

/* A line that says how far step `step` is and how long the rest takes; redrawn in place. */
void plan_view_progress(
	const struct terminal *terminal, const struct plan *plan, size_t step, double elapsed_s);
