#include "document_shapes.h"

#define MUST(name, what) .key = (name), .kind = (what)
#define MAY(name, what)  MUST(name, what), .need = SHAPE_OPTIONAL

static const char *const statuses[] = {"complete", "interrupted", "skipped", "failed", NULL};
static const char *const states[] = {"running", "complete", "interrupted", NULL};
static const char *const presets[] = {"quick", "standard", "full", NULL};
static const char *const better[] = {"lower", "higher", NULL};
static const char *const seconds[] = {"s", NULL};
static const char *const columns[] = {"time", "count", "p50", "p99", "max", NULL};
static const char *const methods[] = {
	"median-order-statistics", "pooled-quantile", "poisson", NULL};
static const char *const fact_statuses[] = {"pass", "info", "warn", "fail", "unknown", NULL};
static const char *const option_types[] = {"flag", "count", "bytes", "time", "text", "path",
	"choice", "choices", "counts", "sizes", NULL};

static const struct shape suite[] = {
	{MUST("version", SHAPE_VERSION)},
	{MUST("commit", SHAPE_STRING)},
	{.kind = SHAPE_END},
};

static const struct shape program[] = {
	{MUST("name", SHAPE_TEXT)},
	{MUST("sha256", SHAPE_SHA256)},
	{MUST("bytes", SHAPE_COUNT)},
	{.kind = SHAPE_END},
};

static const struct shape host[] = {
	{MUST("id", SHAPE_HASH)},
	{MUST("kernel", SHAPE_STRING)},
	{MUST("machine", SHAPE_STRING)},
	{MUST("os", SHAPE_STRING)},
	{MUST("cpu", SHAPE_STRING)},
	{MUST("cpus", SHAPE_COUNT)},
	{MUST("memory_bytes", SHAPE_INTEGER)},
	{MAY("hypervisor", SHAPE_STRING_OR_NULL)},
	{MAY("container", SHAPE_STRING_OR_NULL)},
	{MUST("clocksource", SHAPE_STRING)},
	{MAY("root", SHAPE_BOOLEAN)},
	{.kind = SHAPE_END},
};

static const struct shape who[] = {
	{MUST("name", SHAPE_NAME)},
	{MUST("question", SHAPE_TEXT)},
	{MUST("method", SHAPE_TEXT)},
	{.kind = SHAPE_END},
};

static const struct shape instrument[] = {
	{MUST("clock_read_s", SHAPE_POSITIVE)},
	{MUST("clock_resolution_s", SHAPE_POSITIVE)},
	{MUST("loop_s", SHAPE_POSITIVE)},
	{.kind = SHAPE_END},
};

static const struct shape conditions[] = {
	{MAY("cpu_user_s", SHAPE_NOT_NEGATIVE)},
	{MAY("cpu_system_s", SHAPE_NOT_NEGATIVE)},
	{MAY("involuntary_switches", SHAPE_INTEGER)},
	{MAY("busy_ratio", SHAPE_RATIO)},
	{MAY("steal_ratio", SHAPE_RATIO)},
	{MAY("softirq_ratio", SHAPE_RATIO)},
	{MAY("pressure_cpu_ratio", SHAPE_RATIO)},
	{MAY("pressure_io_ratio", SHAPE_RATIO)},
	{MAY("pressure_memory_ratio", SHAPE_RATIO)},
	{MAY("load1_before", SHAPE_NOT_NEGATIVE)},
	{MAY("load1_after", SHAPE_NOT_NEGATIVE)},
	{MAY("throttled_periods", SHAPE_INTEGER)},
	{MAY("clock_step_s", SHAPE_NUMBER)},
	{MAY("clock_drift_ppm", SHAPE_NUMBER)},
	{.kind = SHAPE_END},
};

static const struct shape summary[] = {
	{MUST("n", SHAPE_COUNT)},
	{MUST("value", SHAPE_NUMBER)},
	{MUST("low", SHAPE_NUMBER_OR_NULL)},
	{MUST("high", SHAPE_NUMBER_OR_NULL)},
	{MUST("confidence", SHAPE_RATIO)},
	{MUST("method", SHAPE_CHOICE), .choices = methods},
	{.kind = SHAPE_END},
};

static const struct shape metric[] = {
	{MUST("name", SHAPE_ID)},
	{MUST("title", SHAPE_TEXT)},
	{MUST("unit", SHAPE_UNIT)},
	{MUST("better", SHAPE_CHOICE), .choices = better},
	{MUST("labels", SHAPE_LABELS)},
	{MAY("relative_to", SHAPE_TEXT)},
	{MAY("against", SHAPE_NAME)},
	{MUST("values", SHAPE_LIST), .element = SHAPE_NUMBER, .at_least = 1},
	{MAY("events", SHAPE_NOT_NEGATIVE)},
	{MAY("exposure", SHAPE_POSITIVE)},
	{MAY("distribution", SHAPE_ID)},
	{MAY("quantile", SHAPE_PORTION)},
	{MUST("summary", SHAPE_OBJECT), .fields = summary},
	{.kind = SHAPE_END},
};

static const struct shape distribution[] = {
	{MUST("name", SHAPE_ID)},
	{MUST("title", SHAPE_TEXT)},
	{MUST("unit", SHAPE_CHOICE), .choices = seconds},
	{MUST("labels", SHAPE_LABELS)},
	{MUST("count", SHAPE_INTEGER)},
	{MAY("min", SHAPE_NOT_NEGATIVE)},
	{MAY("max", SHAPE_NOT_NEGATIVE)},
	{MAY("mean", SHAPE_NOT_NEGATIVE)},
	{MUST("beyond_range", SHAPE_INTEGER)},
	{MUST("pooled", SHAPE_HISTOGRAM)},
	{MUST("repetitions", SHAPE_LIST), .element = SHAPE_HISTOGRAM, .at_least = 1},
	{.kind = SHAPE_END},
};

static const struct shape series[] = {
	{MUST("name", SHAPE_ID)},
	{MUST("title", SHAPE_TEXT)},
	{MUST("labels", SHAPE_LABELS)},
	{MUST("unit", SHAPE_CHOICE), .choices = seconds},
	{MUST("interval_s", SHAPE_POSITIVE)},
	{MUST("columns", SHAPE_LIST), .element = SHAPE_CHOICE, .choices = columns, .at_least = 5,
		.at_most = 5},
	{MUST("rows", SHAPE_LIST), .element = SHAPE_ROW, .at_most = 600},
	{MAY("levels_s", SHAPE_VALUE)},
	{MAY("levels", SHAPE_VALUE)},
	{MAY("hours", SHAPE_VALUE)},
	{.kind = SHAPE_END},
};

static const struct shape fact[] = {
	{MUST("id", SHAPE_ID)},
	{MUST("topic", SHAPE_TEXT)},
	{MUST("title", SHAPE_TEXT)},
	{MUST("status", SHAPE_CHOICE), .choices = fact_statuses},
	{MUST("value", SHAPE_SCALAR)},
	{MAY("unit", SHAPE_UNIT)},
	{MAY("why", SHAPE_TEXT)},
	{MAY("remedy", SHAPE_TEXT)},
	{MAY("source", SHAPE_TEXT)},
	{.kind = SHAPE_END},
};

static const struct shape mark[] = {
	{MUST("against", SHAPE_NAME)},
	{MUST("at", SHAPE_NUMBER)},
	{MUST("text", SHAPE_TEXT)},
	{MUST("labels", SHAPE_LABELS)},
	{.kind = SHAPE_END},
};

static const struct shape skip[] = {
	{MUST("what", SHAPE_TEXT)},
	{MUST("why", SHAPE_TEXT)},
	{MUST("enable", SHAPE_STRING)},
	{.kind = SHAPE_END},
};

const struct shape shape_of_result[] = {
	{MUST("bench", SHAPE_OBJECT), .fields = who},
	{MUST("suite", SHAPE_OBJECT), .fields = suite},
	{MAY("program", SHAPE_OBJECT), .fields = program},
	{MUST("status", SHAPE_CHOICE), .choices = statuses},
	{MAY("reason", SHAPE_TEXT)},
	{MUST("started", SHAPE_TIME)},
	{MUST("duration_s", SHAPE_NOT_NEGATIVE)},
	{MUST("host", SHAPE_OBJECT), .fields = host},
	{MUST("target", SHAPE_SCALARS)},
	{MUST("parameters", SHAPE_ANY)},
	{MAY("incidental", SHAPE_LIST), .element = SHAPE_NAME},
	{MUST("preset", SHAPE_CHOICE), .choices = presets},
	{MUST("seed", SHAPE_INTEGER)},
	{MUST("instrument", SHAPE_OBJECT), .fields = instrument},
	{MUST("conditions", SHAPE_OBJECT), .fields = conditions},
	{MUST("metrics", SHAPE_LIST), .element = SHAPE_OBJECT, .fields = metric},
	{MUST("distributions", SHAPE_LIST), .element = SHAPE_OBJECT, .fields = distribution},
	{MUST("series", SHAPE_LIST), .element = SHAPE_OBJECT, .fields = series},
	{MUST("facts", SHAPE_LIST), .element = SHAPE_OBJECT, .fields = fact},
	{MAY("marks", SHAPE_LIST), .element = SHAPE_OBJECT, .fields = mark},
	{MUST("skipped", SHAPE_LIST), .element = SHAPE_OBJECT, .fields = skip},
	{MUST("warnings", SHAPE_LIST), .element = SHAPE_TEXT},
	{MUST("errors", SHAPE_LIST), .element = SHAPE_TEXT},
	{.kind = SHAPE_END},
};

static const struct shape option[] = {
	{MUST("name", SHAPE_NAME)},
	{MUST("type", SHAPE_CHOICE), .choices = option_types},
	{MUST("help", SHAPE_TEXT)},
	{MAY("default", SHAPE_STRINGS)},
	{MAY("choices", SHAPE_LIST), .element = SHAPE_STRING},
	{.kind = SHAPE_END},
};

static const struct shape declared[] = {
	{MUST("name", SHAPE_ID)},
	{MUST("title", SHAPE_TEXT)},
	{MUST("unit", SHAPE_UNIT)},
	{MAY("relative_to", SHAPE_TEXT)},
	{MAY("against", SHAPE_NAME)},
	{.kind = SHAPE_END},
};

static const struct shape obstacle[] = {
	{MUST("why", SHAPE_TEXT)},
	{MUST("enable", SHAPE_TEXT)},
	{.kind = SHAPE_END},
};

const struct shape shape_of_bench[] = {
	{MUST("name", SHAPE_NAME)},
	{MUST("question", SHAPE_TEXT)},
	{MUST("method", SHAPE_TEXT)},
	{MUST("suite", SHAPE_OBJECT), .fields = suite},
	{MUST("options", SHAPE_LIST), .element = SHAPE_OBJECT, .fields = option},
	{MUST("metrics", SHAPE_LIST), .element = SHAPE_OBJECT, .fields = declared},
	{MUST("distributions", SHAPE_LIST), .element = SHAPE_OBJECT, .fields = declared},
	{MUST("available", SHAPE_BOOLEAN)},
	{MAY("obstacle", SHAPE_OBJECT), .fields = obstacle},
	{MUST("estimate_s", SHAPE_NOT_NEGATIVE)},
	{.kind = SHAPE_END},
};

static const struct shape note[] = {
	{MUST("bench", SHAPE_STRING)},
	{MUST("what", SHAPE_TEXT)},
	{MAY("stderr", SHAPE_STRING)},
	{.kind = SHAPE_END},
};

const struct shape shape_of_run[] = {
	{MUST("id", SHAPE_RUN_ID)},
	{MUST("suite", SHAPE_OBJECT), .fields = suite},
	{MAY("program", SHAPE_OBJECT), .fields = program},
	{MUST("state", SHAPE_CHOICE), .choices = states},
	{MUST("started", SHAPE_TIME)},
	{MAY("finished", SHAPE_TIME)},
	{MAY("label", SHAPE_STRING)},
	{MUST("preset", SHAPE_CHOICE), .choices = presets},
	{MUST("seed", SHAPE_INTEGER)},
	{MUST("repeat", SHAPE_COUNT)},
	{MUST("host", SHAPE_OBJECT), .fields = host},
	{MUST("profiles", SHAPE_LIST), .element = SHAPE_ANY},
	{MUST("results", SHAPE_LIST), .element = SHAPE_ANY, .at_most = 10000},
	{MUST("notes", SHAPE_LIST), .element = SHAPE_OBJECT, .fields = note},
	{.kind = SHAPE_END},
};
