/*
 * seatrial run: measures this host and says what that means.
 */
#include "command.h"
#include "document.h"
#include "exit_code.h"
#include "file.h"
#include "index.h"
#include "interrupt.h"
#include "page.h"
#include "plan.h"
#include "plan_view.h"
#include "profile.h"
#include "run.h"
#include "run_outputs.h"
#include "settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static struct {
	const char *profile, *only, *dir, *out, *report, *label;
	bool quick, full, explain, no_store;
	uint64_t repeat, seed, limit_ns, soak_ns;
	struct option_texts set;
} options;

static const struct option_row rows[] = {
	{.name = "profile",
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(options), profile),
		.argument = "NAME[,NAME...]",
		.offer = "seatrial list --profiles",
		.help = "What to judge the host as: names of profiles, or paths of files (with a '/' "
			"or ending in .json)",
		.value = {"control-plane"}},
	{.name = "quick",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(options), quick),
		.help = "Measure for about a minute in all"},
	{.name = "full",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(options), full),
		.help = "Measure for as long as it takes to see rare stalls"},
	{.name = "only",
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(options), only),
		.argument = "BENCH[,BENCH...]",
		.help = "Run these benchmarks instead of all that the profiles need"},
	{.name = "dir",
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), dir),
		.argument = "DIR",
		.help = "Measure the disk that this directory is on"},
	{.name = "repeat",
		.type = OPTION_COUNT,
		.offset = offsetof(__typeof__(options), repeat),
		.argument = "N",
		.help = "Run every benchmark this many times, in alternating order",
		.value = {"1"},
		.min = 1,
		.max = 100},
	{.name = "soak",
		.type = OPTION_TIME,
		.offset = offsetof(__typeof__(options), soak_ns),
		.argument = "TIME",
		.help = "Let the benchmarks that can soak measure for so long, hours or days, e.g. "
			"24h. Stop it when you like: the same command goes on where it was, as long "
			"as the store is the same",
		.max = UINT64_C(86400000000000) * 31},
	{.name = "seed",
		.type = OPTION_COUNT,
		.offset = offsetof(__typeof__(options), seed),
		.argument = "N",
		.help = "Seed of every pseudo-random choice; 0 picks one, which the run records",
		.value = {"0"},
		.max = INT32_MAX},
	{.name = "limit",
		.type = OPTION_TIME,
		.offset = offsetof(__typeof__(options), limit_ns),
		.argument = "TIME",
		.help = "End a benchmark that takes longer; without this, longer than three times "
			"what it expects to take, and 30 s",
		.max = UINT64_C(86400000000000)},
	{.name = "set",
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(options), set),
		.argument = "BENCH.OPTION=VALUE",
		.help = "Set an option of one benchmark",
		.repeatable = true},
	{.name = "label",
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(options), label),
		.argument = "TEXT",
		.help = "Words to know the run by, kept with it"},
	{.name = "out",
		.letter = 'o',
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), out),
		.argument = "FILE",
		.help = "Write the run's document here as well; \"-\" for standard output"},
	{.name = "report",
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), report),
		.argument = "FILE",
		.help = "Write the report here: an HTML page or, where the name ends in .pdf, a PDF; \"-\" for standard output"},
	{.name = "no-store",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(options), no_store),
		.help = "Keep nothing in the store"},
	{.name = "explain",
		.type = OPTION_FLAG,
		.offset = offsetof(__typeof__(options), explain),
		.help = "Say what each benchmark would do, and do nothing"},
	{.name = NULL},
};

static struct run_outputs outputs;
static struct run_watcher watcher;

static json_t *load_profiles(struct problem *problem)
{
	const struct option_texts names = {.at = {options.profile}, .count = 1};

	return command_load_profiles(&names, problem);
}

/* A misspelt directory must not pass for a host that cannot be measured, or for one that is judged
 * by other profiles. */
static int check_directory(const char *option, const char *path, struct problem *problem)
{
	struct problem why;

	if (!path || file_check_directory(path, &why) == 0)
		return 0;
	return problem_set(problem, -EINVAL, "%s: %.900s", option, why.text);
}

static int check_options(struct problem *problem)
{
	const struct command_output both[] = {{"--out", options.out}, {"--report", options.report}};

	if (options.quick && options.full)
		return problem_set(problem, -EINVAL, "--quick and --full exclude each other");
	if (options.soak_ns && options.repeat > 1)
		return problem_set(problem, -EINVAL,
			"--soak and --repeat exclude each other: a soak goes on for as long as it is told");
	if (options.label && strlen(options.label) > 200)
		return problem_set(problem, -EINVAL, "--label: at most 200 bytes");
	if (options.report && page_check_name("--report", options.report, "", problem) < 0)
		return -EINVAL;
	if (command_check_distinct(both, 2, problem) < 0)
		return -EINVAL;
	int failure = check_directory("--dir", options.dir, problem);
	return failure ? failure : check_directory("--profile-dir", settings.profile_dir, problem);
}

static uint64_t choose_seed(void)
{
	uint32_t seed = 1;

	if (options.seed)
		return options.seed;
	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = (uint32_t)time(NULL);
	return 1 + seed % INT32_MAX;
}

static void tick(void *data, const struct plan *plan, size_t step, double elapsed_s)
{
	(void)data;
	plan_view_progress(&outputs.status, plan, step, elapsed_s);
}

static void unsaved(void *data, const struct problem *problem)
{
	struct problem longer;

	(void)data;
	problem_set(&longer, 0, "%.600s. Measuring goes on; the document comes at the end",
		problem->text);
	run_outputs_warn(&outputs, &longer);
}

/* Measures by the plan. Returns an exit code. */
static int measure_host(
	const struct plan *plan, const struct run_request *request, struct problem *problem)
{
	struct store store;

	if (!options.no_store && settings_open_store(&store, problem) < 0)
		return EXIT_CODE_FAILURE;
	int code = run_outputs_prepare(&outputs, &store, problem);
	if (code != EXIT_CODE_OK)
		return code;
	json_t *run = run_new(request);
	if (run_identify(run, outputs.stored ? &store : NULL, problem) < 0) {
		json_decref(run);
		return EXIT_CODE_FAILURE;
	}
	if (!settings.quiet && (!settings.json || outputs.status.live))
		plan_view(&outputs.status, plan);
	outputs.stored = run_execute(run, plan, outputs.stored ? &store : NULL, &watcher);
	if (outputs.progress)
		terminal_status_clear(&outputs.status);
	code = run_outputs_conclude(&outputs, run, &store, problem);
	if (outputs.stored)
		index_add(&store, document_text(run, "id"));
	json_decref(run);
	return code;
}

/* Where soaks keep their state: the store, whose directory is made before they run. */
static const char *find_state_directory(void)
{
	static struct store store;
	struct problem ignored;

	return options.no_store || settings_open_store(&store, &ignored) < 0 ? NULL : store.path;
}

static int plan_and_measure(
	const struct catalog *catalog, const json_t *profiles, struct problem *problem)
{
	static struct plan plan;
	const char *preset = preset_names[options.quick  ? PRESET_QUICK
					  : options.full ? PRESET_FULL
							 : PRESET_STANDARD];
	const struct plan_request request = {
		.profiles = profiles,
		.only = options.only,
		.preset = preset,
		.seed = choose_seed(),
		.dir = options.dir,
		.set = &options.set,
		.repeat = options.repeat,
		.limit_s = (double)options.limit_ns * 1e-9,
		.soak_ns = options.soak_ns,
		.state_dir = find_state_directory(),
	};
	const struct run_request document = {
		.profiles = profiles,
		.preset = preset,
		.seed = request.seed,
		.repeat = options.repeat,
		.label = options.label,
	};
	int code = EXIT_CODE_USAGE;

	if (plan_make(&plan, catalog, &request, problem) < 0)
		goto done;
	if (interrupt_pending()) {
		problem_set(problem, 0, "interrupted before anything was measured");
		code = EXIT_CODE_INTERRUPTED;
	} else if (options.explain) {
		plan_view_explain(&outputs.found, &plan);
		code = EXIT_CODE_OK;
	} else {
		code = measure_host(&plan, &document, problem);
	}
done:
	plan_release(&plan);
	return code;
}

static int command_run_main(int count, char **operands, struct problem *problem)
{
	static struct catalog catalog;

	(void)count;
	(void)operands;
	outputs = (struct run_outputs){
		.document = options.out, .report = options.report, .keeps = !options.no_store};
	terminal_open(&outputs.found, stdout);
	terminal_open(&outputs.status, stderr);
	outputs.progress = outputs.status.live && !settings.quiet;
	watcher.tick = outputs.progress ? tick : NULL;
	watcher.unsaved = unsaved;
	if (check_options(problem) < 0)
		return EXIT_CODE_USAGE;
	json_t *profiles = load_profiles(problem);
	if (!profiles)
		return EXIT_CODE_USAGE;
	interrupt_catch();
	int code = EXIT_CODE_FAILURE;
	if (catalog_open(&catalog, settings.bench_dir, problem) < 0)
		code = EXIT_CODE_FAILURE;
	else if (catalog.count == 0)
		problem_set(problem, 0,
			"no benchmark program (seatrial-NAME) in %s; name their directory with "
			"--bench-dir",
			catalog.directory);
	else
		code = plan_and_measure(&catalog, profiles, problem);
	catalog_close(&catalog);
	json_decref(profiles);
	return code;
}

static const struct option_row *const tables[] = {rows, settings_store, settings_output,
	settings_bench, settings_profile, settings_help, NULL};
static void *const configs[] = {
	&options, &settings, &settings, &settings, &settings, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial run",
	.summary = "Measure this host and say whether it is fit",
	.operands = "",
	.description =
		"Runs every benchmark that the chosen profiles need, one after the other, keeps what they "
		"measured and prints the verdict. Run it on a host that does nothing else, in the "
		"directory that etcd or the kubelet would use, or name that with --dir.\n\n"
		"Ctrl-C ends the benchmark under way and keeps what was measured until then. A benchmark "
		"that hangs is ended, one that crashes is noted, and the others run.\n\n"
		"With --json standard output has the verdict as one document; with --quiet nothing. "
		"Progress is shown on a terminal only.\n\n"
		"The exit status is 0 for a suitable host, 5 for a marginal one, 3 for an unsuitable one, 4 "
		"when there is not enough evidence or a benchmark came to grief, 2 for a wrong command "
		"line, 1 when something else failed, and 130 when it was interrupted.",
	.tables = tables,
};

const struct command command_run = {
	.program = &program,
	.configs = configs,
	.function = command_run_main,
};
