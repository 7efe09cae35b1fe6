/*
 * seatrial doctor: whether everything is there to measure and to judge with.
 */
#include "catalog.h"
#include "clock.h"
#include "command.h"
#include "cost.h"
#include "document.h"
#include "exit_code.h"
#include "file.h"
#include "pdf.h"
#include "profile.h"
#include "settings.h"
#include "store.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Steal over this share of CPU time comes from neighbours that take what was promised to us. */
#define STEAL_HIGH 0.02
/* Runnable tasks a CPU: with more, benches wait for a CPU and not for what they measure. */
#define LOAD_HIGH 0.5
/* A read of a clock source in user space takes tens of nanoseconds, one that has to ask the
 * hypervisor or a device more than a microsecond. */
#define CLOCK_SLOW_NS   500
#define FREE_LOW        (256.0 * 1024 * 1024)
#define STEAL_SAMPLE_NS 500000000

enum finding { FINDING_PASS, FINDING_WARN, FINDING_FAIL };

struct doctor {
	struct terminal terminal;
	bool failed;
};

static void say(struct doctor *doctor, enum finding finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct doctor *doctor, enum finding finding, const char *format, ...)
{
	static const struct {
		const char *word;
		enum tone tone;
	} findings[] = {
		[FINDING_PASS] = {"pass  ", TONE_GOOD},
		[FINDING_WARN] = {"warn  ", TONE_CAREFUL},
		[FINDING_FAIL] = {"FAIL  ", TONE_BAD},
	};
	va_list arguments;
	char text[4096];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	doctor->failed |= finding == FINDING_FAIL;
	if (settings.quiet && finding != FINDING_FAIL)
		return;
	terminal_write(&doctor->terminal, findings[finding].tone, findings[finding].word);
	terminal_wrap(&doctor->terminal, 6, 6, text);
}

static void check_benches(struct doctor *doctor, const struct catalog *catalog)
{
	if (catalog->count == 0)
		say(doctor, FINDING_FAIL,
			"no benchmark program (seatrial-NAME) in %s; install them beside seatrial or "
			"name their directory with --bench-dir",
			catalog->directory);
	for (size_t i = 0; i < catalog->count; i++) {
		const struct catalog_bench *bench = &catalog->bench[i];
		const json_t *obstacle = json_object_get(bench->description, "obstacle");
		if (!bench->description)
			say(doctor, FINDING_FAIL, "benchmark %s: %s; install it again", bench->name,
				bench->failure.text);
		else if (!json_is_true(json_object_get(bench->description, "available")))
			say(doctor, FINDING_WARN,
				"benchmark %s cannot run here: %s; to enable it: %s", bench->name,
				document_text(obstacle, "why"), document_text(obstacle, "enable"));
		else
			say(doctor, FINDING_PASS, "benchmark %s can run here", bench->name);
	}
}

/* A profile that names a bench that is not there can never be judged whole. */
static void check_profile(struct doctor *doctor, const struct catalog *catalog, const char *name,
	const json_t *profile)
{
	const json_t *requirement;
	size_t i;

	json_array_foreach(json_object_get(profile, "requirements"), i, requirement) {
		const char *bench = document_text(requirement, "bench");
		if (!catalog_find(catalog, bench)) {
			say(doctor, FINDING_WARN,
				"profile %s needs the benchmark %s, which is not installed", name,
				bench);
			return;
		}
	}
	say(doctor, FINDING_PASS, "profile %s: %s", name, document_text(profile, "title"));
}

static void check_profiles(struct doctor *doctor, const struct catalog *catalog)
{
	const char *const *directories = settings_profile_directories();
	json_t *names = profile_names(directories);
	struct problem problem;
	const json_t *name;
	size_t i;

	if (settings.profile_dir && file_check_directory(settings.profile_dir, &problem) < 0)
		say(doctor, FINDING_FAIL, "profiles: %s; give --profile-dir one that is there",
			problem.text);
	if (json_array_size(names) == 0)
		say(doctor, FINDING_FAIL,
			"no profiles in %s; install them or name their directory with "
			"--profile-dir",
			directories[0]);
	json_array_foreach(names, i, name) {
		const char *text = json_string_value(name);
		json_t *profile = profile_load(text, directories, &problem);
		if (profile)
			check_profile(doctor, catalog, text, profile);
		else
			say(doctor, FINDING_FAIL, "profile %s: %s", text, problem.text);
		json_decref(profile);
	}
	json_decref(names);
}

static void check_store(struct doctor *doctor)
{
	char(*ids)[STORE_ID_LENGTH + 1] = NULL;
	struct statvfs space;
	struct problem problem;
	struct store store;

	if (settings_open_store(&store, &problem) < 0 || store_prepare(&store, &problem) < 0) {
		say(doctor, FINDING_FAIL,
			"store: %s; name a directory that can be written with --store",
			problem.text);
		return;
	}
	int count = store_list(&store, &ids, &problem);
	free(ids);
	say(doctor, FINDING_PASS, "store: %s can be written; it has %d run%s", store.path,
		count < 0 ? 0 : count, count == 1 ? "" : "s");
	if (statvfs(store.path, &space) == 0 &&
		(double)space.f_bavail * (double)space.f_frsize < FREE_LOW)
		say(doctor, FINDING_WARN,
			"store: less than %.0f MiB free in %s; make room before a run",
			FREE_LOW / (1024 * 1024), store.path);
}

static bool in_path(const char *program)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];

	while (path && *path) {
		size_t length = strcspn(path, ":");
		snprintf(file, sizeof(file), "%.*s/%s", (int)length, path, program);
		if (access(file, X_OK) == 0)
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

static void check_reports(struct doctor *doctor)
{
	if (in_path("gnuplot"))
		say(doctor, FINDING_PASS, "gnuplot is there: reports have plots");
	else
		say(doctor, FINDING_WARN,
			"gnuplot is not in PATH: reports have no plots; on Debian and Ubuntu: apt "
			"install gnuplot-nox");
	if (pdf_program())
		say(doctor, FINDING_PASS, "WeasyPrint is there: reports can be PDFs");
	else
		say(doctor, FINDING_WARN,
			"WeasyPrint is not in PATH: reports are HTML pages only; on Debian and Ubuntu: apt "
			"install weasyprint");
}

/* What else the host does now; a busy one measures worse than it is. */
static void check_quiet(struct doctor *doctor)
{
	struct cost_sample before, after;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	cost_sample(&before);
	clock_sleep_until_ns(clock_now_ns() + STEAL_SAMPLE_NS);
	cost_sample(&after);
	double steal = cost_steal_ratio(&before, &after);
	if (after.load1 > LOAD_HIGH * (double)cpus)
		say(doctor, FINDING_WARN,
			"the host is busy (load %.2f on %ld CPUs): readings will be worse than what "
			"it can do; stop what runs, or wait",
			after.load1, cpus);
	else if (after.load1 >= 0)
		say(doctor, FINDING_PASS, "the host is quiet (load %.2f on %ld CPUs)", after.load1,
			cpus);
	if (steal > STEAL_HIGH)
		say(doctor, FINDING_WARN,
			"%.1f %% of CPU time was stolen by the hypervisor in half a second: "
			"neighbours are busy; a run records how it goes on",
			100 * steal);
	else if (steal >= 0)
		say(doctor, FINDING_PASS, "no CPU time worth mention is stolen (%.1f %%)",
			100 * steal);
}

static void check_clock(struct doctor *doctor)
{
	struct clock_cost cost = clock_calibrate();

	if (cost.read_ns > CLOCK_SLOW_NS)
		say(doctor, FINDING_WARN,
			"reading the clock takes %.0f ns: short latencies are blurred; see "
			"/sys/devices/system/clocksource/clocksource0/available_clocksource for a "
			"better one (tsc, kvm-clock)",
			cost.read_ns);
	else
		say(doctor, FINDING_PASS, "the clock is read in %.0f ns", cost.read_ns);
}

static int command_doctor_main(int count, char **operands, struct problem *problem)
{
	static struct catalog catalog;
	struct doctor doctor = {0};

	(void)count;
	(void)operands;
	terminal_open(&doctor.terminal, stdout);
	if (catalog_open(&catalog, settings.bench_dir, problem) < 0)
		return EXIT_CODE_FAILURE;
	check_benches(&doctor, &catalog);
	check_profiles(&doctor, &catalog);
	check_store(&doctor);
	check_reports(&doctor);
	check_quiet(&doctor);
	check_clock(&doctor);
	catalog_close(&catalog);
	return doctor.failed ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

static const struct option_row rows[] = {
	{.name = "quiet",
		.letter = 'q',
		.type = OPTION_FLAG,
		.offset = offsetof(struct settings, quiet),
		.help = "Print only what fails"},
	{.name = NULL},
};
static const struct option_row *const tables[] = {
	rows, settings_store, settings_bench, settings_profile, settings_help, NULL};
static void *const configs[] = {&settings, &settings, &settings, &settings, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial doctor",
	.summary = "Check that everything is there to measure and to judge with",
	.operands = "",
	.description =
		"Checks, in a second, that the benchmarks answer and can run here, that the profiles can be "
		"read, that results can be kept, whether reports will have plots, and whether the host is "
		"quiet enough to be measured. Every line is a pass, a warning or a failure, and says what "
		"to do.\n\n"
		"The exit status is 1 when something failed, else 0.",
	.tables = tables,
};

const struct command command_doctor = {
	.program = &program,
	.configs = configs,
	.function = command_doctor_main,
};
