/*
 * Whether "durable" is true here. An fdatasync that is not one is fast, and every figure after it
 * is worth nothing; so this comes first, and says what can be told from inside:
 *   - a file system in memory keeps nothing;
 *   - a device that says it has a volatile cache must be sent a flush for each fdatasync, and the
 * kernel counts those it sends;
 *   - a flush that takes no longer than a write into the page cache, or less than the claimed kind
 * of device can do, was not waited for by somebody. Whether the hypervisor passes a flush on to its
 * disk, only pulling its plug would tell;
 *   - a flush that fails has lost data, whatever the next one says.
 */
#include "fsync.h"

#include "clock.h"
#include "interrupt.h"
#include "units.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROBE_BYTES   4096
#define PROBE_WRITES  200
#define PROBE_TIME_NS INT64_C(1500000000)
#define IDLE_TIME_NS  INT64_C(200000000)

/* Below these a flush is too good to be true. A flush over a network is a round trip and a remote
 * write; a disk of 15,000 turns a minute needs 2 ms for half a turn; flash without a protected
 * cache programs a page in about 0.1 ms or more, and with one answers over PCIe and the block layer
 * in 10 us or more. */
#define REMOTE_FLUSH_NS     INT64_C(50000)
#define ROTATIONAL_FLUSH_NS INT64_C(1000000)
#define FLASH_FLUSH_NS      INT64_C(8000)
#define LEAST_RATIO         1.5

/* Flushes for each fdatasync: ours that show that they are sent, and others' that hide it. */
#define ENOUGH_FLUSHES 0.5
#define FEW_OTHERS     0.25
#define TRIES          4

struct probe {
	int64_t write_ns, durable_ns; /* medians: write alone; write and fdatasync */
	uint64_t syncs;
	double flushes_per_sync; /* at least ours; negative: the kernel does not tell */
	double others_per_sync;  /* at most those of other programs meanwhile */
};

static int time_writes(int file, bool sync, struct histogram *times, struct problem *problem)
{
	char page[PROBE_BYTES];
	int64_t end_ns = clock_now_ns() + PROBE_TIME_NS;

	fsync_fill(page, sizeof(page), bench_common.seed);
	histogram_reset(times);
	for (int64_t i = 0; i < PROBE_WRITES && clock_now_ns() < end_ns && !interrupt_pending();
		i++) {
		int64_t start_ns = clock_now_ns();
		int result = fsync_write(file, page, sizeof(page), i * PROBE_BYTES, problem);

		if (result == 0 && sync && fdatasync(file) < 0)
			result = problem_errno(problem, "fdatasync failed");
		if (result < 0)
			return result;
		histogram_record(times, clock_now_ns() - start_ns);
	}
	return 0;
}

/* The rate at which other programs make the device flush, watched for a while in which we do not;
 * negative when the kernel does not tell. */
static double flushes_of_others(const struct disk *disk)
{
	uint64_t before, after;
	int64_t start_ns = clock_now_ns();

	if (disk_flushes(disk, &before) < 0)
		return -1;
	clock_sleep_until_ns(start_ns + IDLE_TIME_NS);
	if (disk_flushes(disk, &after) < 0)
		return -1;
	return (double)(after - before) / (double)(clock_now_ns() - start_ns);
}

static int run_probe(struct probe *probe, const struct disk *disk, const struct scratch *scratch,
	struct problem *problem)
{
	uint64_t before = 0, after = 0;
	struct histogram *times = histogram_new();
	int file = -1, result;

	if (!times)
		return problem_set(problem, -ENOMEM, "no memory for a histogram");
	result = file = scratch_file(scratch, "probe", PROBE_BYTES * PROBE_WRITES, problem);
	if (file >= 0)
		result = time_writes(file, false, times, problem);
	probe->write_ns = histogram_quantile_ns(times, 0.5);
	if (result == 0 && fsync(file) < 0)
		result = problem_errno(problem, "fsync failed");
	if (result < 0)
		goto out;
	double others_per_ns = flushes_of_others(disk);
	int64_t start_ns = clock_now_ns();
	bool counted = others_per_ns >= 0 && disk_flushes(disk, &before) == 0;
	result = time_writes(file, true, times, problem);
	counted = counted && disk_flushes(disk, &after) == 0;
	double took_ns = (double)(clock_now_ns() - start_ns);
	/* They may make more than just before or after, by chance. */
	double others = fmax(others_per_ns, counted ? flushes_of_others(disk) : 0) * took_ns;
	others += 3 * sqrt(others);
	probe->durable_ns = histogram_quantile_ns(times, 0.5);
	probe->syncs = times->total;
	if (counted && probe->syncs) {
		probe->flushes_per_sync =
			fmax(0, (double)(after - before) - others) / (double)probe->syncs;
		probe->others_per_sync = others / (double)probe->syncs;
	}
out:
	if (file >= 0)
		close(file);
	histogram_free(times);
	return result;
}

static const char why_flush[] =
	"What Kubernetes has acknowledged must survive a power cut: etcd and databases rest on it";
static const char kernel_source[] =
	"Linux, Documentation/block/writeback_cache_control.rst and Documentation/ABI/stable/sysfs-block";

/* Whether too few flushes may be the doing of others: the kernel merges some of theirs with ours.
 */
static bool is_disturbed(const struct probe *probe)
{
	return probe->flushes_per_sync >= 0 && probe->flushes_per_sync < ENOUGH_FLUSHES &&
	       probe->others_per_sync > FEW_OTHERS;
}

/* Fills status, value, why and remedy of durability.flush. */
static void judge_flush(struct fact *fact, const struct disk *disk, const struct probe *probe)
{
	bool caches = strcmp(disk->write_cache, "write back") == 0;
	char text[256];

	if (disk->is_volatile) {
		fact->status = FACT_FAIL;
		snprintf(text, sizeof(text), "nothing is durable: %s lives in memory",
			disk->fs_type);
		fact->remedy =
			"Choose a --dir on a disk: readings of a file system in memory say nothing";
	} else if (strcmp(disk->fs_type, "overlay") == 0 && disk_has_option(disk, "volatile")) {
		fact->status = FACT_FAIL;
		snprintf(text, sizeof(text),
			"nothing is durable: this overlay is mounted volatile and drops every flush");
		fact->remedy =
			"Choose a --dir that is no part of a container's image, e.g. a volume";
	} else if (disk->remote && !disk->device[0]) {
		fact->status = FACT_UNKNOWN;
		snprintf(text, sizeof(text), "up to the server: %s goes over the network",
			disk->fs_type);
		fact->remedy =
			"Ask the provider whether the server answers before data is on stable storage";
	} else if (!caches && disk->write_cache[0]) {
		fact->status = FACT_PASS;
		snprintf(text, sizeof(text),
			"no flush is needed: the device says that it has no volatile write cache");
	} else if (probe->flushes_per_sync < 0) {
		fact->status = FACT_UNKNOWN;
		snprintf(text, sizeof(text), "this kernel does not count flushes of this device");
		fact->remedy = "Use Linux 5.5 or newer, or a directory on a local disk";
	} else if (probe->flushes_per_sync >= ENOUGH_FLUSHES) {
		fact->status = FACT_PASS;
		snprintf(text, sizeof(text), "%s%.1f flushes reached the device for each fdatasync",
			probe->others_per_sync > FEW_OTHERS ? "at least " : "",
			probe->flushes_per_sync);
	} else if (is_disturbed(probe)) {
		fact->status = FACT_UNKNOWN;
		snprintf(text, sizeof(text),
			"other programs flush this device too often to tell our flushes from theirs");
		fact->remedy = "Stop what writes to this disk and repeat";
	} else {
		fact->status = FACT_FAIL;
		snprintf(text, sizeof(text),
			"only %.2f flushes reached the device for each fdatasync, though it has a volatile cache",
			probe->flushes_per_sync);
		fact->remedy =
			"Look for nobarrier or barrier=0 in the mount options, for an ext4 without "
			"a journal, or for a block layer in between that drops flushes, and remove it";
	}
	fact->value = json_string(text);
}

/* A virtual disk is "rotational" unless its hypervisor says otherwise, and so is what a storage
 * server offers: only of a disk that is attached itself does the claim mean something. */
static bool claims_to_spin(const struct disk *disk)
{
	static const char *const attached[] = {"sata", "sas", "scsi", "usb", NULL};
	static const char *const virtual_models[] = {
		"QEMU", "VBOX", "VMware", "Virtual", "NUTANIX", NULL};
	bool claims = false;

	for (size_t i = 0; attached[i]; i++)
		claims |= strcmp(disk->transport, attached[i]) == 0;
	for (size_t i = 0; virtual_models[i]; i++)
		claims &= !strstr(disk->model, virtual_models[i]);
	return claims && disk->rotational == 1;
}

static void judge_speed(struct fact *fact, const struct disk *disk, const struct probe *probe)
{
	double ratio = (double)probe->durable_ns / (double)(probe->write_ns ? probe->write_ns : 1);
	char text[256], durable[32], write[32];

	units_format((double)probe->durable_ns / 1e9, "s", durable, sizeof(durable));
	units_format((double)probe->write_ns / 1e9, "s", write, sizeof(write));
	fact->status = FACT_WARN;
	fact->remedy =
		"Ask the provider whether the disk has a cache that survives a power cut; if nobody knows, "
		"treat acknowledged data as lost after one, and the readings below as too good";
	if (ratio < LEAST_RATIO) {
		fact->status = disk->is_volatile ? FACT_FAIL : FACT_WARN;
		snprintf(text, sizeof(text),
			"no: %s with fdatasync, %s without, so nobody waits for the disk", durable,
			write);
	} else if (disk->remote && probe->durable_ns < REMOTE_FLUSH_NS) {
		snprintf(text, sizeof(text),
			"no: %s is less than a way over a network and back takes", durable);
	} else if (claims_to_spin(disk) && probe->durable_ns < ROTATIONAL_FLUSH_NS) {
		snprintf(text, sizeof(text),
			"no: %s is less than half a turn of the spinning disk that this device says it is",
			durable);
	} else if (probe->durable_ns < FLASH_FLUSH_NS) {
		snprintf(text, sizeof(text), "no: %s is less than any disk takes", durable);
	} else {
		fact->status = FACT_PASS;
		fact->remedy = NULL;
		snprintf(text, sizeof(text), "yes: %s with fdatasync, %s without", durable, write);
	}
	fact->value = json_string(text);
}

int fsync_check_durability(const struct fsync_config *config, const struct disk *disk,
	const struct scratch *scratch, struct record *record, struct problem *problem)
{
	struct probe probe;
	int result = 0;

	for (int tries = 0; tries < TRIES && result == 0; tries++) {
		probe = (struct probe){.flushes_per_sync = -1};
		result = run_probe(&probe, disk, scratch, problem);
		if (!is_disturbed(&probe) || interrupt_pending())
			break;
	}
	if (result < 0 || !probe.syncs)
		return result;
	struct fact flush = {
		.id = "durability.flush",
		.topic = "Durability",
		.title = "A flush reaches the device",
		.why = why_flush,
		.source = kernel_source,
	};
	judge_flush(&flush, disk, &probe);
	record_fact(record, &flush);

	struct fact speed = {
		.id = "durability.speed",
		.topic = "Durability",
		.title = "A flush takes as long as this kind of disk must need",
		.why = "An impossibly fast flush means that a cache somewhere answers for the disk",
	};
	judge_speed(&speed, disk, &probe);
	record_fact(record, &speed);
	if (flush.status == FACT_FAIL || speed.status != FACT_PASS)
		record_warn(record,
			"fsync in %s may not make data durable: see the facts under Durability before "
			"you trust the latencies",
			config->dir);
	return 0;
}

/* What a file system answers for a disk that failed: with the error itself, the device gone, its
 * own data unreadable, or with no more writes. None of these is for want of space or of rights. */
static bool is_disk_error(int result)
{
	static const int errors[] = {
		EIO, ENODEV, ENXIO, EREMOTEIO, EROFS, EUCLEAN, EBADMSG, ETIMEDOUT, ENOLINK};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (result == -errors[i])
			return true;
	return false;
}

void fsync_record_errors(struct record *record, int result, const struct problem *problem)
{
	struct fact fact = {
		.id = "durability.errors",
		.topic = "Durability",
		.title = "The disk carries out every write and flush",
		.status = FACT_PASS,
		.why = "After a failed flush the kernel may drop what it could not write and let the next "
		       "flush succeed, so data may be lost that a program takes for safe. etcd stops "
		       "at the first such error",
		.source =
			"fsync(2), errors; PostgreSQL, https://wiki.postgresql.org/wiki/Fsync_Errors",
	};
	char text[sizeof(problem->text) + 64];

	if (result < 0 && !is_disk_error(result))
		return;
	if (result < 0) {
		fact.status = FACT_FAIL;
		fact.remedy =
			"Do not use this disk: data on it may be lost already. Look for its errors in "
			"dmesg, copy what is on it, and replace it or have the provider do so";
		snprintf(text, sizeof(text), "no, and the test ended there: %s", problem->text);
		fact.value = json_string(text);
	} else {
		fact.value = json_string("yes: no error was reported");
	}
	record_fact(record, &fact);
}
