/*
 * The trials: which there are, what they measure, and their repetitions.
 */
#include "fsync.h"

#include "clock.h"
#include "interrupt.h"

#include <errno.h>
#include <unistd.h>

enum { WAL_FSYNC, WAL_APPEND, ETCD_FSYNC, ETCD_APPEND, ETCD_COMMIT, URING_APPEND };
const struct distribution_spec fsync_distributions[] = {
	[WAL_FSYNC] = {"wal.fsync", "fdatasync after an append, back to back"},
	[WAL_APPEND] = {"wal.append", "Append made durable, back to back"},
	[ETCD_FSYNC] = {"etcd.wal_fsync", "fdatasync of etcd's log (WAL fsync)"},
	[ETCD_APPEND] = {"etcd.append", "Log entry durable, from when it was due"},
	[ETCD_COMMIT] = {"etcd.backend_commit", "Commit of etcd's database (backend commit)"},
	[URING_APPEND] = {"uring.append", "Append made durable, io_uring"},
	{.name = NULL},
};

enum {
	WAL_RATE,
	WAL_USER,
	WAL_SYSTEM,
	ETCD_RATE,
	ETCD_STALLS,
	ETCD_CHANGES,
	URING_RATE,
	KNEE_RATE
};
const struct metric_spec fsync_metrics[] = {
	[WAL_RATE] = {"wal.rate", "Durable appends, one after the other", "writes/s",
		BETTER_HIGHER},
	[WAL_USER] = {"wal.cpu_user", "CPU time of a durable append, in this program", "s",
		BETTER_LOWER},
	[WAL_SYSTEM] = {"wal.cpu_system", "CPU time of a durable append, in the kernel", "s",
		BETTER_LOWER},
	[ETCD_RATE] = {"etcd.rate", "Log entries made durable", "writes/s", BETTER_HIGHER},
	[ETCD_STALLS] = {"etcd.stalls", "Flushes of at least a heartbeat interval of etcd",
		"stalls/day", BETTER_LOWER},
	[ETCD_CHANGES] = {"etcd.leader_changes", "Leaders that an etcd cluster would lose",
		"changes/day", BETTER_LOWER},
	[URING_RATE] = {"uring.rate", "Durable appends, several at a time", "writes/s",
		BETTER_HIGHER},
	[KNEE_RATE] = {"etcd.sustainable", "Writes that etcd's disk can keep up with in time",
		"writes/s", BETTER_HIGHER},
	{.name = NULL},
};

static const struct {
	int (*run)(struct fsync_trial *trial, const struct fsync_config *config,
		const struct scratch *scratch, int64_t duration_ns, struct problem *problem);
	size_t first_latency, latencies;
	const struct metric_spec *rate;
} modes[FSYNC_MODES] = {
	[FSYNC_WAL] = {fsync_wal_run, WAL_FSYNC, 2, &fsync_metrics[WAL_RATE]},
	[FSYNC_ETCD] = {fsync_etcd_run, ETCD_FSYNC, 3, &fsync_metrics[ETCD_RATE]},
	[FSYNC_URING] = {fsync_uring_run, URING_APPEND, 1, &fsync_metrics[URING_RATE]},
	[FSYNC_KNEE] = {fsync_knee_run, 0, 0, &fsync_metrics[KNEE_RATE]},
};

bool fsync_has_mode(const struct fsync_config *use, enum fsync_mode mode)
{
	return use->modes >> mode & 1;
}

/* The two lists that a mode sweeps over; the second may be NULL. */
static void find_sweeps(const struct fsync_config *use, enum fsync_mode mode,
	const struct option_list **first, const struct option_list **second)
{
	*first = mode == FSYNC_ETCD || mode == FSYNC_KNEE ? &use->value_sizes : &use->payloads;
	*second = mode == FSYNC_ETCD ? &use->rates : mode == FSYNC_URING ? &use->depths : NULL;
}

size_t fsync_count_trials(const struct fsync_config *use, enum fsync_mode mode)
{
	const struct option_list *first, *second;

	if (!fsync_has_mode(use, mode))
		return 0;
	find_sweeps(use, mode, &first, &second);
	return first->count * (second ? second->count : 1);
}

uint64_t fsync_duration_ns(const struct fsync_config *use, enum fsync_mode mode)
{
	if (mode == FSYNC_KNEE)
		return use->probe_ns;
	return mode == FSYNC_ETCD ? use->etcd_duration_ns : use->duration_ns;
}

uint64_t fsync_most_repetitions(const struct fsync_config *use)
{
	if (use->soak_ns)
		return FSYNC_SOAK_PARTS;
	return use->settle.count && use->most_repetitions > use->repetitions ? use->most_repetitions
									     : use->repetitions;
}

uint64_t fsync_memory(const struct fsync_config *use)
{
	uint64_t latencies = 0;

	for (enum fsync_mode mode = 0; mode < FSYNC_MODES; mode++)
		latencies += fsync_count_trials(use, mode) * modes[mode].latencies;
	return latencies *
	       ((fsync_most_repetitions(use) + 1) * sizeof(struct histogram) + SERIES_BYTES);
}

uint64_t fsync_largest(const struct option_list *list)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->at[i] > largest)
			largest = list->at[i];
	return largest;
}

/* Of the database, in mode etcd or knee, whichever is more. */
static uint64_t growth_bytes(const struct fsync_config *use)
{
	struct fsync_config knee = *use;
	uint64_t etcd_bytes = fsync_has_mode(use, FSYNC_ETCD) ? fsync_growth_bytes(use) : 0;

	if (!fsync_has_mode(use, FSYNC_KNEE))
		return etcd_bytes;
	knee.rates = (struct option_list){1, {use->knee_most}};
	knee.etcd_duration_ns = use->probe_ns;
	uint64_t knee_bytes = fsync_growth_bytes(&knee);

	return knee_bytes > etcd_bytes ? knee_bytes : etcd_bytes;
}

/* A batch may run past the end of its segment: all clients' puts, if as many come in a repetition.
 */
static uint64_t batch_bytes(const struct fsync_config *use)
{
	uint64_t entry_bytes = fsync_largest(&use->value_sizes) + use->key_bytes + 64;
	uint64_t puts = (uint64_t)((double)fsync_largest(&use->rates) *
				   (double)use->etcd_duration_ns / 1e9);

	return (puts < use->clients ? puts : use->clients) * entry_bytes;
}

uint64_t fsync_bytes(const struct fsync_config *use)
{
	uint64_t bytes = 0;

	/* The knee is searched with files of the names that mode etcd has. */
	if (fsync_has_mode(use, FSYNC_ETCD) || fsync_has_mode(use, FSYNC_KNEE))
		bytes += 3 * (use->segment_bytes + batch_bytes(use)) + use->database_bytes +
			 growth_bytes(use);
	if (fsync_has_mode(use, FSYNC_WAL))
		bytes += use->file_bytes;
	if (fsync_has_mode(use, FSYNC_URING))
		bytes += use->file_bytes;
	return bytes;
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

static void set_label(struct label *label, const char *name, uint64_t value)
{
	label->name = name;
	snprintf(label->value, sizeof(label->value), "%llu", (unsigned long long)value);
}

int fsync_prepare_trial(struct fsync_trial *trial, struct record *record, struct problem *problem)
{
	bool is_put = trial->mode == FSYNC_ETCD || trial->mode == FSYNC_KNEE;

	set_label(&trial->labels[0], is_put ? "value_size" : "payload", trial->payload);
	if (trial->mode == FSYNC_ETCD)
		set_label(&trial->labels[1], "rate", trial->rate);
	if (trial->mode == FSYNC_URING)
		set_label(&trial->labels[1], "depth", trial->depth);
	trial->latencies = modes[trial->mode].latencies;
	for (size_t i = 0; i < trial->latencies; i++) {
		struct fsync_latency *latency = &trial->latency[i];

		latency->spec = &fsync_distributions[modes[trial->mode].first_latency + i];
		latency->histogram = histogram_new();
		if (!latency->histogram)
			return problem_set(problem, -ENOMEM, "no memory for a histogram");
		latency->series = record_series(record, latency->spec, trial->labels);
	}
	return 0;
}

/* Fills `trials` with every combination asked for; returns how many. */
size_t fsync_list_trials(const struct fsync_config *use, struct fsync_trial *trials)
{
	size_t count = 0;

	for (enum fsync_mode mode = 0; mode < FSYNC_MODES; mode++) {
		const struct option_list *first, *second;

		if (!fsync_has_mode(use, mode))
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

void fsync_begin_repetition(struct fsync_trial *trial)
{
	trial->writes = 0;
	trial->user_s = trial->system_s = 0;
	trial->elapsed_s = 0;
	for (size_t i = 0; i < trial->latencies; i++)
		histogram_reset(trial->latency[i].histogram);
}

int fsync_run_slice(struct fsync_trial *trial, const struct fsync_config *use,
	const struct scratch *scratch, struct problem *problem)
{
	return modes[trial->mode].run(
		trial, use, scratch, (int64_t)fsync_duration_ns(use, trial->mode), problem);
}

void fsync_end_repetition(
	struct fsync_trial *trial, const struct fsync_config *use, struct record *record)
{
	if ((trial->writes == 0 && trial->mode != FSYNC_KNEE) || trial->elapsed_s <= 0)
		return;
	for (size_t i = 0; i < trial->latencies; i++)
		record_histogram(
			record, trial->latency[i].spec, trial->labels, trial->latency[i].histogram);
	record_value(record, modes[trial->mode].rate, trial->labels,
		(double)trial->writes / trial->elapsed_s);
	if (trial->mode == FSYNC_ETCD)
		fsync_note_elections(trial, use, &fsync_metrics[ETCD_STALLS],
			&fsync_metrics[ETCD_CHANGES], record);
	if (trial->mode == FSYNC_WAL) {
		record_value(record, &fsync_metrics[WAL_USER], trial->labels,
			trial->user_s / (double)trial->writes);
		record_value(record, &fsync_metrics[WAL_SYSTEM], trial->labels,
			trial->system_s / (double)trial->writes);
	}
}

/* One repetition of a trial; what it measured until an error or an interrupt is recorded too. */
static int repeat_trial(struct fsync_trial *trial, const struct fsync_config *use,
	const struct scratch *scratch, struct record *record, struct problem *problem)
{
	fsync_begin_repetition(trial);
	int result = fsync_run_slice(trial, use, scratch, problem);
	fsync_end_repetition(trial, use, record);
	return result;
}

/* Whether the repetitions asked for have been made and more would change no answer. */
static bool is_enough(uint64_t repetitions, const struct fsync_config *use, struct record *record)
{
	char open[512];

	if (repetitions < use->repetitions)
		return false;
	if (settle_is_reached(&use->settle, record, open, sizeof(open)))
		return true;
	if (repetitions < use->most_repetitions && clock_now_ns() < use->give_up_ns)
		return false;
	record_warn(record, "after %llu repetitions it is still not clear: %s",
		(unsigned long long)repetitions, open);
	return true;
}

int fsync_run_trials(struct fsync_trial *trials, size_t count, const struct fsync_config *use,
	const struct scratch *scratch, struct record *record, struct problem *problem)
{
	int result = 0;

	for (uint64_t repetition = 0; result == 0 && !is_enough(repetition, use, record);
		repetition++) {
		if (interrupt_pending())
			break;
		for (size_t i = 0; i < count && result == 0 && !interrupt_pending(); i++)
			result = repeat_trial(&trials[repetition % 2 ? count - 1 - i : i], use,
				scratch, record, problem);
	}
	return result;
}
