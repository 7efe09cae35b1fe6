/*
 * fsync: the latency of making a write durable, which etcd, and so the Kubernetes API, waits for.
 */
#include "fsync.h"

#include "clock.h"
#include "interrupt.h"
#include "text.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define TRIALS_MAX  64
#define SECONDS(ns) ((double)(ns) / 1e9)
#define MEBIBYTE    (UINT64_C(1) << 20)

static const char *const mode_names[] = {"wal", "etcd", "uring", NULL};

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
			"beside a database that commits), uring (linked write and fdatasync)",
		.value = {"wal,etcd", "wal,etcd,uring", "wal,etcd,uring"},
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
	{.name = "entry",
		.letter = 'e',
		.type = OPTION_SIZES,
		.offset = offsetof(struct fsync_config, entries),
		.argument = "SIZES",
		.help = "Bytes of a log entry in mode etcd; several make a sweep",
		.value = {"1392"},
		.min = 1,
		.max = MEBIBYTE},
	{.name = "rate",
		.type = OPTION_COUNTS,
		.offset = offsetof(struct fsync_config, rates),
		.argument = "RATES",
		.help = "Log entries a second in mode etcd; several make a sweep",
		.value = {"150"},
		.min = 1,
		.max = 1000000},
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
		.help = "Log segment that mode etcd preallocates, as etcd does",
		.value = {"64MiB"},
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
	{.name = "keep-free",
		.type = OPTION_BYTES,
		.offset = offsetof(struct fsync_config, keep_free_bytes),
		.argument = "SIZE",
		.help = "Refuse to run when less than this or less than a tenth of the file system would "
			"stay free; 0 only asks that the files fit",
		.value = {"2GiB"}},
	{.name = NULL},
};

enum { WAL_FSYNC, WAL_APPEND, ETCD_FSYNC, ETCD_APPEND, ETCD_COMMIT, URING_APPEND };
static const struct distribution_spec distributions[] = {
	[WAL_FSYNC] = {"wal.fsync", "fdatasync after an append, back to back"},
	[WAL_APPEND] = {"wal.append", "Append made durable, back to back"},
	[ETCD_FSYNC] = {"etcd.wal_fsync", "fdatasync of etcd's log (WAL fsync)"},
	[ETCD_APPEND] = {"etcd.append", "Log entry durable, from when it was due"},
	[ETCD_COMMIT] = {"etcd.backend_commit", "Commit of etcd's database (backend commit)"},
	[URING_APPEND] = {"uring.append", "Append made durable, io_uring"},
	{.name = NULL},
};

enum { WAL_RATE, WAL_USER, WAL_SYSTEM, ETCD_RATE, URING_RATE };
static const struct metric_spec metrics[] = {
	[WAL_RATE] = {"wal.rate", "Durable appends, one after the other", "writes/s",
		BETTER_HIGHER},
	[WAL_USER] = {"wal.cpu_user", "CPU time of a durable append, in this program", "s",
		BETTER_LOWER},
	[WAL_SYSTEM] = {"wal.cpu_system", "CPU time of a durable append, in the kernel", "s",
		BETTER_LOWER},
	[ETCD_RATE] = {"etcd.rate", "Log entries made durable", "writes/s", BETTER_HIGHER},
	[URING_RATE] = {"uring.rate", "Durable appends, several at a time", "writes/s",
		BETTER_HIGHER},
	{.name = NULL},
};

static const struct {
	int (*run)(struct fsync_trial *trial, const struct fsync_config *config,
		const struct scratch *scratch, int64_t duration_ns, struct problem *problem);
	size_t first_latency, latencies;
	const struct metric_spec *rate;
} modes[FSYNC_MODES] = {
	[FSYNC_WAL] = {fsync_wal_run, WAL_FSYNC, 2, &metrics[WAL_RATE]},
	[FSYNC_ETCD] = {fsync_etcd_run, ETCD_FSYNC, 3, &metrics[ETCD_RATE]},
	[FSYNC_URING] = {fsync_uring_run, URING_APPEND, 1, &metrics[URING_RATE]},
};

static bool has_mode(const struct fsync_config *use, enum fsync_mode mode)
{
	return use->modes >> mode & 1;
}

/* The two lists that a mode sweeps over; the second may be NULL. */
static void find_sweeps(const struct fsync_config *use, enum fsync_mode mode,
	const struct option_list **first, const struct option_list **second)
{
	*first = mode == FSYNC_ETCD ? &use->entries : &use->payloads;
	*second = mode == FSYNC_ETCD ? &use->rates : mode == FSYNC_URING ? &use->depths : NULL;
}

static size_t count_trials(const struct fsync_config *use, enum fsync_mode mode)
{
	const struct option_list *first, *second;

	if (!has_mode(use, mode))
		return 0;
	find_sweeps(use, mode, &first, &second);
	return first->count * (second ? second->count : 1);
}

static uint64_t duration_of(const struct fsync_config *use, enum fsync_mode mode)
{
	return mode == FSYNC_ETCD ? use->etcd_duration_ns : use->duration_ns;
}

uint64_t fsync_bytes(const struct fsync_config *use, enum fsync_mode mode)
{
	return mode == FSYNC_ETCD ? use->segment_bytes + use->database_bytes : use->file_bytes;
}

void fsync_fill(void *memory, size_t bytes, uint64_t seed)
{
	unsigned char *at = memory;
	uint64_t state = seed | 1;

	for (size_t i = 0; i < bytes; i++) {
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		at[i] = (unsigned char)(state >> 56);
	}
}

int fsync_write(int file, const void *memory, size_t bytes, int64_t offset, struct problem *problem)
{
	ssize_t written = pwrite(file, memory, bytes, offset);

	if (written == (ssize_t)bytes)
		return 0;
	if (written < 0)
		return problem_errno(problem, "writing %zu bytes failed", bytes);
	return problem_set(problem, -ENOSPC,
		"only %zd of %zu bytes were written: the file system is full", written, bytes);
}

static int check(void *settings, struct problem *problem)
{
	const struct fsync_config *use = settings;
	size_t trials = 0;

	for (enum fsync_mode mode = 0; mode < FSYNC_MODES; mode++)
		trials += count_trials(use, mode);
	if (trials > TRIALS_MAX)
		return problem_set(problem, -EINVAL,
			"the lists ask for %zu combinations, at most %d are allowed: shorten --payload, "
			"--entry, --rate or --depth",
			trials, TRIALS_MAX);
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

	for (enum fsync_mode mode = 0; mode < FSYNC_MODES; mode++)
		seconds += (double)count_trials(use, mode) * SECONDS(duration_of(use, mode)) *
			   (double)use->repetitions;
	return seconds;
}

static bool supported(const void *settings, struct obstacle *obstacle)
{
	const struct fsync_config *use = settings;
	struct problem problem;
	uint64_t needed = 0;

	if (access(use->dir, W_OK | X_OK) < 0) {
		snprintf(obstacle->why, sizeof(obstacle->why),
			"cannot write in the directory %.200s: %s", use->dir, strerror(errno));
		snprintf(obstacle->enable, sizeof(obstacle->enable),
			"Name a directory on the disk to test that you may write in: --dir DIR");
		return false;
	}
	for (enum fsync_mode mode = 0; mode < FSYNC_MODES; mode++)
		if (has_mode(use, mode) && fsync_bytes(use, mode) > needed)
			needed = fsync_bytes(use, mode);
	if (scratch_check_space(use->dir, needed, use->keep_free_bytes, &problem) == 0)
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
		"append --payload bytes to a file of --file-size reserved bytes, fdatasync, and again",
		"append --rate entries of --entry bytes a second to a reserved segment, fdatasync each; beside "
		"it, every 100 ms, write 12 scattered pages of a database, fdatasync, write a meta page, "
		"fdatasync",
		"keep --depth chains of write and fdatasync in flight through io_uring",
	};

	fprintf(out, "  1. make the directory ");
	text_print(out, use->dir);
	fprintf(out,
		"/.seatrial-XXXXXX, with files of reserved size\n"
		"  2. time 200 writes of 4 KiB with and without fdatasync, and count the flushes that reach\n"
		"     the device, to tell whether anything is durable here at all\n");
	fprintf(out, "  3. %llu times, in turns:\n", (unsigned long long)use->repetitions);
	for (enum fsync_mode mode = 0; mode < FSYNC_MODES; mode++)
		if (has_mode(use, mode))
			fprintf(out, "     - %s, %.3g s for each of %zu settings: %s\n",
				mode_names[mode], SECONDS(duration_of(use, mode)),
				count_trials(use, mode), steps[mode]);
	fprintf(out,
		"  4. remove the directory\n"
		"To repeat mode wal by hand with fio:\n"
		"     fio --name=wal --rw=write --ioengine=sync --fdatasync=1 --size=22m --bs=2300 "
		"--directory=DIR\n");
}

static void set_label(struct label *label, const char *name, uint64_t value)
{
	label->name = name;
	snprintf(label->value, sizeof(label->value), "%llu", (unsigned long long)value);
}

static int prepare_trial(struct fsync_trial *trial, struct record *record)
{
	set_label(&trial->labels[0], "payload", trial->payload);
	if (trial->mode == FSYNC_ETCD)
		set_label(&trial->labels[1], "rate", trial->rate);
	if (trial->mode == FSYNC_URING)
		set_label(&trial->labels[1], "depth", trial->depth);
	trial->latencies = modes[trial->mode].latencies;
	for (size_t i = 0; i < trial->latencies; i++) {
		struct fsync_latency *latency = &trial->latency[i];

		latency->spec = &distributions[modes[trial->mode].first_latency + i];
		latency->histogram = histogram_new();
		if (!latency->histogram)
			return -ENOMEM;
		latency->series = record_series(record, latency->spec, trial->labels);
	}
	return 0;
}

/* Fills `trials` with every combination asked for; returns how many. */
static size_t list_trials(const struct fsync_config *use, struct fsync_trial *trials)
{
	size_t count = 0;

	for (enum fsync_mode mode = 0; mode < FSYNC_MODES; mode++) {
		const struct option_list *first, *second;

		if (!has_mode(use, mode))
			continue;
		find_sweeps(use, mode, &first, &second);
		for (size_t i = 0; i < first->count; i++)
			for (size_t j = 0; j < (second ? second->count : 1); j++)
				trials[count++] = (struct fsync_trial){
					.mode = mode,
					.payload = first->at[i],
					.rate = mode == FSYNC_ETCD ? second->at[j] : 0,
					.depth = mode == FSYNC_URING ? second->at[j] : 0,
				};
	}
	return count;
}

/* One repetition of a trial; what it measured until an error or an interrupt is recorded too. */
static int repeat_trial(struct fsync_trial *trial, const struct fsync_config *use,
	const struct scratch *scratch, struct record *record, struct problem *problem)
{
	trial->writes = 0;
	trial->user_s = trial->system_s = 0;
	trial->elapsed_s = 0;
	for (size_t i = 0; i < trial->latencies; i++)
		histogram_reset(trial->latency[i].histogram);
	int result = modes[trial->mode].run(
		trial, use, scratch, (int64_t)duration_of(use, trial->mode), problem);
	if (trial->writes == 0 || trial->elapsed_s <= 0)
		return result;
	for (size_t i = 0; i < trial->latencies; i++)
		record_histogram(
			record, trial->latency[i].spec, trial->labels, trial->latency[i].histogram);
	record_value(record, modes[trial->mode].rate, trial->labels,
		(double)trial->writes / trial->elapsed_s);
	if (trial->mode == FSYNC_WAL) {
		record_value(record, &metrics[WAL_USER], trial->labels,
			trial->user_s / (double)trial->writes);
		record_value(record, &metrics[WAL_SYSTEM], trial->labels,
			trial->system_s / (double)trial->writes);
	}
	return result;
}

static int run_trials(struct fsync_trial *trials, size_t count, const struct fsync_config *use,
	const struct scratch *scratch, struct record *record, struct problem *problem)
{
	int result = 0;

	for (uint64_t repetition = 0; repetition < use->repetitions; repetition++)
		for (size_t i = 0; i < count && result == 0 && !interrupt_pending(); i++)
			result = repeat_trial(&trials[repetition % 2 ? count - 1 - i : i], use,
				scratch, record, problem);
	return result;
}

static void record_disk(
	struct record *record, const struct fsync_config *use, const struct disk *disk)
{
	const char *const texts[][2] = {{"directory", use->dir}, {"mount point", disk->mount_point},
		{"file system", disk->fs_type}, {"mount options", disk->mount_options},
		{"device", disk->device}, {"disk", disk->physical}, {"model", disk->model},
		{"transport", disk->transport}, {"scheduler", disk->scheduler},
		{"write cache", disk->write_cache}};
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
		json_object_set_new(target, "free bytes",
			json_integer((json_int_t)space.f_bavail * (json_int_t)space.f_frsize));
	record_target(record, target);
}

static void skip_uring(struct fsync_config *use, struct record *record)
{
	struct problem problem;

	if (!has_mode(use, FSYNC_URING) || fsync_uring_probe(&problem) == 0)
		return;
	record_skip(record, "mode uring", problem.text,
		"Linux 5.1 or newer with io_uring allowed (sysctl kernel.io_uring_disabled, seccomp)");
	use->modes &= ~(UINT64_C(1) << FSYNC_URING);
}

static int measure(const void *settings, struct record *record, struct problem *problem)
{
	static struct fsync_trial trials[TRIALS_MAX];
	struct fsync_config use = *(const struct fsync_config *)settings;
	struct disk disk;
	struct scratch scratch;
	int result = disk_of_path("/", use.dir, &disk, problem);

	if (result < 0)
		return result;
	record_disk(record, &use, &disk);
	skip_uring(&use, record);
	result = scratch_open(&scratch, use.dir, problem);
	if (result < 0)
		return result;
	result = fsync_check_durability(&use, &disk, &scratch, record, problem);
	size_t count = list_trials(&use, trials);
	for (size_t i = 0; i < count && result == 0; i++)
		result = prepare_trial(&trials[i], record);
	if (result == 0)
		result = run_trials(trials, count, &use, &scratch, record, problem);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < trials[i].latencies; j++)
			histogram_free(trials[i].latency[j].histogram);
	scratch_close(&scratch);
	return result;
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
		"steady load: log entries arrive at a fixed rate whatever the disk does, and beside them a "
		"database commits every 100 ms, so that the flushes disturb each other; its latencies count from "
		"the moment an entry was due. Mode uring keeps several appends in flight.\n\n"
		"The modes take turns within each repetition, in an order that reverses every time. Intervals rest on "
		"the spread between repetitions as well as on the number of samples, whichever is wider.\n\n"
		"Before all that it checks whether a flush is one: whether the file system is in memory, whether "
		"flushes reach the device, whether they are faster than the device can be.",
	.options = options,
	.config = &config,
	.metrics = metrics,
	.distributions = distributions,
	.check = check,
	.estimate = estimate,
	.supported = supported,
	.explain = explain,
	.measure = measure,
};
