/*
 * fsync: the latency of making a write durable, which etcd, and so the Kubernetes API, waits for.
 */
#include "fsync.h"

#include "clock.h"
#include "text.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define SECONDS(ns) ((double)(ns) / 1e9)
#define MEMORY_MAX  (UINT64_C(1) << 30)

/* No further repetition begins when a run has taken so many times its estimate. The harness takes
 * one for hung after three times. */
#define GIVE_UP_FACTOR 2
#define MEBIBYTE       (UINT64_C(1) << 20)

static const char *const mode_names[] = {"wal", "etcd", "uring", "knee", NULL};

static struct fsync_config config;

static const struct option_row options[] = {
	{.name = "dir",
		.letter = 'd',
		.type = OPTION_PATH,
		.offset = offsetof(struct fsync_config, dir),
		.argument = "DIR",
		.help = "Directory on the disk to test; a scratch directory is made in it and removed",
		.value = {"."}},
	{.name = "mode",
		.letter = 'm',
		.type = OPTION_CHOICES,
		.offset = offsetof(struct fsync_config, modes),
		.argument = "MODES",
		.help = "What to measure: wal (append and fdatasync, back to back), etcd (paced appends "
			"beside a database that commits), uring (linked write and fdatasync), knee (the "
			"highest rate of mode etcd that the disk keeps up with)",
		.value = {"wal,etcd,knee", "wal,etcd,uring,knee", "wal,etcd,uring,knee"},
		.choices = mode_names},
	{.name = "payload",
		.letter = 'p',
		.type = OPTION_SIZES,
		.offset = offsetof(struct fsync_config, payloads),
		.argument = "SIZES",
		.help = "Bytes of an append in modes wal and uring; several make a sweep",
		.value = {"2300"},
		.min = 1,
		.max = 16 * MEBIBYTE},
	{.name = "value-size",
		.type = OPTION_SIZES,
		.offset = offsetof(struct fsync_config, value_sizes),
		.argument = "SIZES",
		.help = "Bytes of a put's value in mode etcd; several make a sweep",
		.value = {"1024"},
		.min = 1,
		.max = MEBIBYTE},
	{.name = "key-size",
		.type = OPTION_BYTES,
		.offset = offsetof(struct fsync_config, key_bytes),
		.argument = "SIZE",
		.help = "Bytes of a put's key in mode etcd; by default as many as etcdctl check perf "
			"uses",
		.value = {"276"},
		.min = 1,
		.max = 64 * 1024},
	{.name = "rate",
		.type = OPTION_COUNTS,
		.offset = offsetof(struct fsync_config, rates),
		.argument = "RATES",
		.help = "Puts a second in mode etcd; several make a sweep",
		.value = {"150"},
		.min = 1,
		.max = 1000000},
	{.name = "clients",
		.type = OPTION_COUNT,
		.offset = offsetof(struct fsync_config, clients),
		.argument = "N",
		.help = "Puts in flight at most in mode etcd; those that are due meanwhile wait",
		.value = {"50"},
		.min = 1,
		.max = 100000},
	{.name = "snapshot-count",
		.type = OPTION_COUNT,
		.offset = offsetof(struct fsync_config, snapshot_count),
		.argument = "N",
		.help = "Puts after which mode etcd writes a snapshot",
		.value = {"100000"},
		.min = 1,
		.max = 1000000000},
	{.name = "backend-batch-interval",
		.type = OPTION_TIME,
		.offset = offsetof(struct fsync_config, batch_interval_ns),
		.argument = "TIME",
		.help = "Pause between commits of mode etcd's database",
		.value = {"100ms"},
		.min = 1000000,
		.max = UINT64_C(60000000000)},
	{.name = "backend-batch-limit",
		.type = OPTION_COUNT,
		.offset = offsetof(struct fsync_config, batch_limit),
		.argument = "N",
		.help = "Puts after which mode etcd's database commits without a pause",
		.value = {"10000"},
		.min = 1,
		.max = 1000000000},
	{.name = "compaction-interval",
		.type = OPTION_TIME,
		.offset = offsetof(struct fsync_config, compaction_interval_ns),
		.argument = "TIME",
		.help = "After which mode etcd removes old revisions, as kube-apiserver asks for; "
			"0 is never",
		.value = {"5m"},
		.max = UINT64_C(86400000000000)},
	{.name = "depth",
		.type = OPTION_COUNTS,
		.offset = offsetof(struct fsync_config, depths),
		.argument = "DEPTHS",
		.help = "Appends in flight in mode uring; several make a sweep",
		.value = {"1", "1,4,16", "1,2,4,8,16,32"},
		.min = 1,
		.max = 1024},
	{.name = "duration",
		.letter = 't',
		.type = OPTION_TIME,
		.offset = offsetof(struct fsync_config, duration_ns),
		.argument = "TIME",
		.help = "Length of one repetition in modes wal and uring",
		.value = {"1s", "2s", "10s"},
		.min = 10000000,
		.max = UINT64_C(86400000000000)},
	{.name = "etcd-duration",
		.letter = 'T',
		.type = OPTION_TIME,
		.offset = offsetof(struct fsync_config, etcd_duration_ns),
		.argument = "TIME",
		.help = "Length of one repetition in mode etcd; ten commits a second, of which 368 are needed to "
			"bound the 99th percentile",
		.value = {"7s", "10s", "30s"},
		.min = 10000000,
		.max = UINT64_C(86400000000000)},
	{.name = "repetitions",
		.letter = 'r',
		.type = OPTION_COUNT,
		.offset = offsetof(struct fsync_config, repetitions),
		.argument = "N",
		.help = "Number of repetitions; fewer than 6 cannot give a 95 % interval",
		.value = {"6", "6", "10"},
		.min = 1,
		.max = 1000},
	{.name = "most-repetitions",
		.letter = 'R',
		.type = OPTION_COUNT,
		.offset = offsetof(struct fsync_config, most_repetitions),
		.argument = "N",
		.help = "Number of repetitions after which --limits are given up as not to be settled",
		.value = {"16", "16", "24"},
		.min = 1,
		.max = 1000},
	{.name = "limits",
		.type = OPTION_TEXT,
		.offset = offsetof(struct fsync_config, limits),
		.argument = "LIMITS",
		.help = "Limits that the readings are for, as in etcd.wal_fsync.p99<=0.01,wal.rate>=50: "
			"repetitions go on until each interval lies on one side of its limit",
		.value = {""}},
	{.name = "soak",
		.type = OPTION_TIME,
		.offset = offsetof(struct fsync_config, soak_ns),
		.argument = "TIME",
		.help = "Let the modes take turns for so long, hours or days, in slices of a "
			"twentieth of it or a minute, instead of repetitions; memory "
			"and document stay as small. Beside mode etcd, mode wal gets a twentieth of the time. "
			"Mode knee is left out. 0 is no soak",
		.value = {"0"},
		.max = UINT64_C(86400000000000) * 31},
	{.name = "state",
		.type = OPTION_PATH,
		.offset = offsetof(struct fsync_config, state),
		.argument = "FILE",
		.help = "Keep the state of a soak here each minute, and go on from it when it is there; it is "
			"removed at the end"},
	{.name = "file-size",
		.type = OPTION_BYTES,
		.offset = offsetof(struct fsync_config, file_bytes),
		.argument = "SIZE",
		.help = "File that modes wal and uring append to; when it is full they begin anew",
		.value = {"22MiB"},
		.min = 64 * 1024,
		.max = 1024 * 1024 * MEBIBYTE},
	{.name = "segment-size",
		.type = OPTION_BYTES,
		.offset = offsetof(struct fsync_config, segment_bytes),
		.argument = "SIZE",
		.help = "Log segments that mode etcd preallocates, as etcd does",
		.value = {"64MB"},
		.min = MEBIBYTE,
		.max = 1024 * MEBIBYTE},
	{.name = "database-size",
		.type = OPTION_BYTES,
		.offset = offsetof(struct fsync_config, database_bytes),
		.argument = "SIZE",
		.help = "Database file of mode etcd, written through before the measurement",
		.value = {"32MiB"},
		.min = MEBIBYTE,
		.max = 1024 * 1024 * MEBIBYTE},
	{.name = "probe-duration",
		.type = OPTION_TIME,
		.offset = offsetof(struct fsync_config, probe_ns),
		.argument = "TIME",
		.help = "Length of one probe of mode knee, at least",
		.value = {"250ms", "500ms", "1s"},
		.min = 10000000,
		.max = UINT64_C(100000000000)},
	{.name = "knee-p99",
		.type = OPTION_TIME,
		.offset = offsetof(struct fsync_config, knee_p99_ns),
		.argument = "TIME",
		.help = "Time within which 99 % of the entries must be durable in mode knee, from when "
			"they were due",
		.value = {"10ms"},
		.min = 100000,
		.max = UINT64_C(100000000000)},
	{.name = "knee-most",
		.type = OPTION_COUNT,
		.offset = offsetof(struct fsync_config, knee_most),
		.argument = "RATE",
		.help = "Rate at which mode knee stops to look for more; no etcd does 50,000 a second",
		.value = {"50k"},
		.min = 20,
		.max = 1000000},
	{.name = "heartbeat-interval",
		.type = OPTION_TIME,
		.offset = offsetof(struct fsync_config, heartbeat_ns),
		.argument = "TIME",
		.help = "Heartbeat interval of the etcd cluster whose leader changes are predicted",
		.value = {"100ms"},
		.min = 1000000,
		.max = UINT64_C(100000000000)},
	{.name = "election-timeout",
		.type = OPTION_TIME,
		.offset = offsetof(struct fsync_config, election_ns),
		.argument = "TIME",
		.help = "Election timeout of that cluster",
		.value = {"1s"},
		.min = 5000000,
		.max = UINT64_C(100000000000)},
	{.name = "keep-free",
		.type = OPTION_BYTES,
		.offset = offsetof(struct fsync_config, keep_free_bytes),
		.argument = "SIZE",
		.help = "Refuse to run when less than this or less than a tenth of the file system would "
			"stay free; 0 only asks that the files fit",
		.value = {"2GiB"}},
	{.name = NULL},
};

#define SLICE_NS       UINT64_C(60000000000)
#define LEAST_SLICE_NS UINT64_C(100000000)

/* Each slice of mode etcd writes its database anew: they are long in a long soak. Beside it mode
 * wal, which writes as fast as it can, gets a twentieth of the time. */
static void prepare_soak(struct fsync_config *use)
{
	uint64_t slice_ns = use->soak_ns / 20 < SLICE_NS ? use->soak_ns / 20 : SLICE_NS;

	if (!use->soak_ns)
		return;
	use->etcd_duration_ns = slice_ns;
	use->duration_ns = fsync_has_mode(use, FSYNC_ETCD) ? slice_ns / 20 : slice_ns;
	use->soaks_no_knee = fsync_has_mode(use, FSYNC_KNEE);
	use->modes &= ~(UINT64_C(1) << FSYNC_KNEE);
}

static int check_soak(const struct fsync_config *use, struct problem *problem)
{
	if (use->state && !use->soak_ns)
		return problem_set(problem, -EINVAL, "--state is of no use without --soak");
	if (!use->soak_ns)
		return 0;
	if (use->etcd_duration_ns < LEAST_SLICE_NS)
		return problem_set(problem, -EINVAL, "--soak must be 0 or at least 2s");
	if (!use->modes)
		return problem_set(problem, -EINVAL,
			"mode knee cannot soak; choose others with --mode, e.g. etcd");
	return 0;
}

json_t *fsync_soak_asked(const struct fsync_config *use)
{
	static const char *const free_to_change[] = {
		"soak", "state", "limits", "repetitions", "most-repetitions", "keep-free"};
	char path[PATH_MAX];
	json_t *asked = options_effective(options, use);

	for (size_t i = 0; i < sizeof(free_to_change) / sizeof(free_to_change[0]); i++)
		json_object_del(asked, free_to_change[i]);
	if (realpath(use->dir, path))
		json_object_set_new(asked, "dir", json_string(path));
	return asked;
}

static int check(void *settings, struct problem *problem)
{
	struct fsync_config *use = settings;
	size_t trials = 0;
	bool has_etcd = fsync_has_mode(use, FSYNC_ETCD);

	for (enum fsync_mode mode = 0; mode < FSYNC_MODES; mode++)
		trials += fsync_count_trials(use, mode);
	prepare_soak(use);
	if (check_soak(use, problem) < 0)
		return -EINVAL;
	if (settle_parse("limits", use->limits, &use->settle, problem) < 0)
		return -EINVAL;
	if (trials > FSYNC_TRIALS_MAX)
		return problem_set(problem, -EINVAL,
			"the lists ask for %zu combinations, at most %d are allowed: shorten --payload, "
			"--value-size, --rate or --depth",
			trials, FSYNC_TRIALS_MAX);
	if (fsync_memory(use) > MEMORY_MAX)
		return problem_set(problem, -EINVAL,
			"%llu repetitions of %zu settings would need more than 1 GiB of memory: lower "
			"--repetitions or shorten the lists",
			(unsigned long long)fsync_most_repetitions(use), trials);
	for (size_t i = 0; has_etcd && i < use->rates.count; i++)
		if ((double)use->rates.at[i] * SECONDS(use->etcd_duration_ns) < 1)
			return problem_set(problem, -EINVAL,
				"no put is due in %s %.3g s at --rate %llu; raise one of them",
				use->soak_ns ? "a slice of --soak," : "--etcd-duration",
				SECONDS(use->etcd_duration_ns),
				(unsigned long long)use->rates.at[i]);
	/* etcd itself refuses less than five times. */
	if (use->election_ns < 5 * use->heartbeat_ns)
		return problem_set(problem, -EINVAL,
			"--election-timeout must be at least five times --heartbeat-interval, as etcd "
			"demands");
	for (size_t i = 0; i < use->payloads.count; i++)
		if (use->payloads.at[i] > use->file_bytes)
			return problem_set(problem, -EINVAL,
				"--payload %llu is larger than --file-size %llu; raise the latter",
				(unsigned long long)use->payloads.at[i],
				(unsigned long long)use->file_bytes);
	return 0;
}

static double estimate(const void *settings)
{
	const struct fsync_config *use = settings;
	double seconds = 2; /* the check of durability, setting up, cleaning up */

	if (use->soak_ns)
		return seconds + SECONDS(use->soak_ns);
	/* A database is written anew for each repetition: a slow disk does 100 MB/s. */
	seconds += (double)(fsync_count_trials(use, FSYNC_ETCD) * use->repetitions) *
		   (double)use->database_bytes / 100e6;
	/* Ten probes find the knee, five more find it again. */
	seconds += (double)fsync_count_trials(use, FSYNC_KNEE) *
		   (5 + 4 * (double)use->repetitions) * SECONDS(use->probe_ns);
	for (enum fsync_mode mode = 0; mode < FSYNC_MODES; mode++)
		seconds += (double)fsync_count_trials(use, mode) *
			   SECONDS(fsync_duration_ns(use, mode)) * (double)use->repetitions;
	return seconds;
}

static bool supported(const void *settings, struct obstacle *obstacle)
{
	const struct fsync_config *use = settings;
	struct problem problem;

	if (access(use->dir, W_OK | X_OK) < 0) {
		snprintf(obstacle->why, sizeof(obstacle->why),
			"cannot write in the directory %.200s: %s", use->dir, strerror(errno));
		snprintf(obstacle->enable, sizeof(obstacle->enable),
			"Name a directory on the disk to test that you may write in: --dir DIR");
		return false;
	}
	if (scratch_check_space(use->dir, fsync_bytes(use), use->keep_free_bytes, &problem) == 0)
		return true;
	snprintf(obstacle->why, sizeof(obstacle->why), "%s", problem.text);
	snprintf(obstacle->enable, sizeof(obstacle->enable),
		"Free some space, or name a directory on another disk: --dir DIR");
	return false;
}

static void explain(const void *settings, FILE *out)
{
	const struct fsync_config *use = settings;
	const char *const steps[FSYNC_MODES] = {
		"       append --payload bytes to a file of --file-size reserved bytes, fdatasync,\n"
		"       and again\n",
		"       append --rate puts of --value-size bytes a second to a reserved segment and\n"
		"       fdatasync them, those that wait together; beside it, after each\n"
		"       --backend-batch-interval, write the pages of a database that they change,\n"
		"       fdatasync, write a meta page, fdatasync\n",
		"       keep --depth chains of write and fdatasync in flight through io_uring\n",
		"       as etcd, at rates that are doubled until 99 % of the entries are no longer\n"
		"       durable within --knee-p99, then at rates in between\n",
	};

	fprintf(out, "  1. make the directory ");
	text_print(out, use->dir);
	fprintf(out,
		"/.seatrial-XXXXXX, with files of reserved size\n"
		"  2. time 200 writes of 4 KiB with and without fdatasync, and count the flushes\n"
		"     that reach the device, to tell whether anything is durable here at all\n");
	if (use->soak_ns)
		fprintf(out, "  3. for %.3g s, in turns:\n", SECONDS(use->soak_ns));
	else if (use->settle.count)
		fprintf(out,
			"  3. %llu times, in turns, and up to %llu times until the limits are settled:\n",
			(unsigned long long)use->repetitions,
			(unsigned long long)fsync_most_repetitions(use));
	else
		fprintf(out, "  3. %llu times, in turns:\n", (unsigned long long)use->repetitions);
	for (enum fsync_mode mode = 0; mode < FSYNC_MODES; mode++)
		if (fsync_has_mode(use, mode))
			fprintf(out, "     - %s, %s%.3g s%s:\n%s", mode_names[mode],
				mode == FSYNC_KNEE ? "probes of " : "",
				SECONDS(fsync_duration_ns(use, mode)),
				fsync_count_trials(use, mode) > 1 ? " for each setting" : "",
				steps[mode]);
	fprintf(out, "  4. remove the directory\n"
		     "To repeat mode wal by hand with fio:\n"
		     "     fio --name=wal --rw=write --ioengine=sync --fdatasync=1 --size=22m \\\n"
		     "         --bs=2300 --directory=DIR\n");
}

static void record_disk(
	struct record *record, const struct fsync_config *use, const struct disk *disk)
{
	char path[PATH_MAX];
	const char *const texts[][2] = {{"directory", realpath(use->dir, path) ? path : use->dir},
		{"mount point", disk->mount_point}, {"file system", disk->fs_type},
		{"mount options", disk->mount_options}, {"device", disk->device},
		{"disk", disk->physical}, {"model", disk->model}, {"transport", disk->transport},
		{"scheduler", disk->scheduler}, {"write cache", disk->write_cache}};
	struct statvfs space;
	char buffer[1100];
	json_t *target = json_object();

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i][1][0])
			json_object_set_new(target, texts[i][0],
				json_string(text_printable(texts[i][1], buffer, sizeof(buffer))));
	if (disk->rotational >= 0)
		json_object_set_new(target, "says it rotates", json_boolean(disk->rotational));
	if (statvfs(use->dir, &space) == 0)
		json_object_set_new(target, "free space",
			json_string(units_format((double)space.f_bavail * (double)space.f_frsize,
				"B", buffer, sizeof(buffer))));
	record_target(record, target);
}

static void skip_uring(struct fsync_config *use, struct record *record)
{
	struct problem problem;

	if (!fsync_has_mode(use, FSYNC_URING) || fsync_uring_probe(&problem) == 0)
		return;
	record_skip(record, "mode uring", problem.text,
		"Linux 5.6 or newer with io_uring allowed (sysctl kernel.io_uring_disabled, seccomp)");
	use->modes &= ~(UINT64_C(1) << FSYNC_URING);
}

static int measure(const void *settings, struct record *record, struct problem *problem)
{
	static struct fsync_trial trials[FSYNC_TRIALS_MAX];
	struct fsync_config use = *(const struct fsync_config *)settings;
	struct disk disk;
	struct scratch scratch;
	int result = disk_of_path("/", use.dir, &disk, problem);

	if (result < 0)
		return result;
	record_disk(record, &use, &disk);
	skip_uring(&use, record);
	if (use.soaks_no_knee)
		record_skip(record, "etcd.sustainable",
			"a search for the highest rate is no load to soak a disk with",
			"Run without --soak");
	use.give_up_ns = clock_now_ns() + (int64_t)(GIVE_UP_FACTOR * 1e9 * estimate(settings));
	result = scratch_open(&scratch, use.dir, problem);
	if (result < 0) {
		fsync_record_errors(record, result, problem);
		return result;
	}
	result = fsync_check_durability(&use, &disk, &scratch, record, problem);
	size_t count = fsync_list_trials(&use, trials);
	for (size_t i = 0; i < count && result == 0; i++)
		result = fsync_prepare_trial(&trials[i], record, problem);
	if (result == 0)
		result = (use.soak_ns ? fsync_soak : fsync_run_trials)(
			trials, count, &use, &scratch, record, problem);
	fsync_record_stability(trials, count, &use, record);
	fsync_record_errors(record, result, problem);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < trials[i].latencies; j++)
			histogram_free(trials[i].latency[j].histogram);
	scratch_close(&scratch);
	return result;
}

static void delivered(const void *settings)
{
	const struct fsync_config *use = settings;

	if (use->soak_ns && use->state)
		fsync_forget_soak(use->state);
}

const struct bench bench = {
	.name = "fsync",
	.question = "How long does it take here until a write is safe on disk?",
	.method =
		"etcd, the database behind the Kubernetes API, answers a write only when it is on disk on most "
		"members, so the latency of fdatasync is the latency of the API, and a stall of about a second costs "
		"the leader.\n\n"
		"Mode wal appends and flushes back to back, as the published fio recipe for etcd does, so that its "
		"readings compare with what is known of other disks. Mode etcd does what etcd does under a "
		"steady load: puts arrive at a fixed rate whatever the disk does, and beside their log a "
		"database commits what they changed after every 100 ms, so that the flushes disturb each other; "
		"its latencies count from the moment a put was due. Mode uring keeps several appends in flight. Mode knee "
		"looks for the highest rate of mode etcd at which 99 % of the puts are durable in time.\n\n"
		"What the flushes measured in mode etcd would do to a cluster, by etcd's own rules for "
		"heartbeats and elections, is told for clusters of 1, 3 and 5 members.\n\n"
		"The modes take turns within each repetition, in an order that reverses every time. Intervals rest on "
		"the spread between repetitions as well as on the number of samples, whichever is wider.\n\n"
		"Before all that it checks whether a flush is one: whether the file system is in memory, whether "
		"flushes reach the device, whether they are faster than the device can be.",
	.options = options,
	.config = &config,
	.metrics = fsync_metrics,
	.distributions = fsync_distributions,
	.check = check,
	.estimate = estimate,
	.supported = supported,
	.explain = explain,
	.measure = measure,
	.delivered = delivered,
};
