/*
 * seatrial push: readings of runs to a store of time series.
 */
#include "allocate.h"
#include "command.h"
#include "document.h"
#include "exit_code.h"
#include "export.h"
#include "exposition.h"
#include "interrupt.h"
#include "push.h"
#include "settings.h"
#include "spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RUNS_MAX 1000

static struct {
	const char *token_file, *authorities, *host;
	uint64_t attempts, pause_ns, timeout_ns;
} options;

static const struct option_row rows[] = {
	{.name = "token-file",
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), token_file),
		.argument = "FILE",
		.help = "File with the token to send; nobody else may be able to read it. Without "
			"this, the variable SEATRIAL_TOKEN, else none"},
	{.name = "ca-file",
		.type = OPTION_PATH,
		.offset = offsetof(__typeof__(options), authorities),
		.argument = "FILE",
		.help = "Certificates to trust instead of the system's, for https"},
	{.name = "host",
		.type = OPTION_TEXT,
		.offset = offsetof(__typeof__(options), host),
		.argument = "NAME",
		.help = "Name to give the host, instead of its id"},
	{.name = "attempts",
		.type = OPTION_COUNT,
		.offset = offsetof(__typeof__(options), attempts),
		.argument = "N",
		.help = "How often to try before the readings are spooled",
		.value = {"5"},
		.min = 1,
		.max = 100},
	{.name = "pause",
		.type = OPTION_TIME,
		.offset = offsetof(__typeof__(options), pause_ns),
		.argument = "TIME",
		.help = "Wait before the second attempt, unless the store says how long; twice as "
			"long before each further one, at most 1 minute",
		.value = {"1s"},
		.max = UINT64_C(60000000000)},
	{.name = "timeout",
		.type = OPTION_TIME,
		.offset = offsetof(__typeof__(options), timeout_ns),
		.argument = "TIME",
		.help = "End an attempt that takes longer",
		.value = {"30s"},
		.min = 1000000,
		.max = UINT64_C(3600000000000)},
	{.name = NULL},
};

/* What is to be sent, the oldest first: from the spool, and new. */
struct queue {
	struct spool_entry *at;
	size_t count, sent, rejected, spooled;
};

static int write_push(const struct export_source *source, FILE *out, struct problem *problem)
{
	return exposition_write(source, EXPOSITION_PUSH, out, problem);
}

/* Puts one run in the queue, in place of what the spool has of it. Returns 0 or -1. */
static int add_run(struct queue *queue, const struct spool *spool, const char *reference,
	struct problem *problem)
{
	static const struct export_format format = {.name = "Prometheus text", .write = write_push};
	struct spool_entry entry = {.text = NULL};
	int64_t time_ms;
	size_t i = 0;

	json_t *run = export_load(reference, problem);
	if (run && strcmp(document_text(run, "schema"), EXPORT_GATE_SCHEMA) == 0)
		problem_set(problem, -EINVAL,
			"%.300s is what a gate decided, which has no readings to send; name a run",
			reference);
	else if (run && export_time(run, &time_ms, problem) == 0)
		entry.text = export_document(&format, run, options.host, &entry.length, problem);
	if (entry.text)
		spool_name(
			spool, time_ms, document_text(run, "id"), entry.name, sizeof(entry.name));
	json_decref(run);
	if (!entry.text)
		return -1;
	while (i < queue->count && strcmp(queue->at[i].name, entry.name) < 0)
		i++;
	if (i < queue->count && strcmp(queue->at[i].name, entry.name) == 0) {
		free(queue->at[i].text);
		queue->at[i].text = entry.text;
		queue->at[i].length = entry.length;
		return 0;
	}
	queue->at = allocate_grow(queue->at, queue->count + 1, sizeof(*queue->at));
	memmove(queue->at + i + 1, queue->at + i, (queue->count++ - i) * sizeof(*queue->at));
	queue->at[i] = entry;
	return 0;
}

static int fill(struct queue *queue, const struct spool *spool, int count, char **references,
	struct problem *problem)
{
	int spooled = spool_list(spool, &queue->at, problem);

	if (spooled < 0)
		return -1;
	queue->count = (size_t)spooled;
	/* What was spooled can go even when no run is left in the store. */
	if (count == 0)
		return add_run(queue, spool, "latest", problem) < 0 && !spooled ? -1 : 0;
	for (int i = 0; i < count; i++)
		if (add_run(queue, spool, references[i], problem) < 0)
			return -1;
	return 0;
}

/* Sends one entry. */
static enum push_outcome send_entry(const struct push_target *target, const struct spool *spool,
	struct spool_entry *entry, struct problem *problem)
{
	bool from_spool = !entry->text;
	int failure = from_spool ? spool_read(spool, entry, problem) : 0;

	if (failure == -ENOENT)
		return PUSH_SENT;
	if (failure)
		return PUSH_REFUSED;
	enum push_outcome outcome = push_send(target, entry->text, entry->length, problem);
	if (outcome == PUSH_SENT || outcome == PUSH_REJECTED)
		spool_remove(spool, entry);
	if (from_spool || outcome == PUSH_SENT || outcome == PUSH_REJECTED) {
		free(entry->text);
		entry->text = NULL;
	}
	return outcome;
}

/* Keeps what is new, from the entry on, for the next push. */
static int keep(
	struct queue *queue, const struct spool *spool, size_t from, struct problem *problem)
{
	for (size_t i = from; i < queue->count; i++) {
		int failure = queue->at[i].text ? spool_write(spool, &queue->at[i], problem) : 0;
		if (failure)
			return failure;
		queue->spooled++;
	}
	return 0;
}

/* Adds to the sentence what became of the readings. */
static void conclude(
	struct queue *queue, const struct spool *spool, size_t from, struct problem *problem)
{
	struct problem why = *problem, full = {.text = ""};

	if (keep(queue, spool, from, &full) < 0)
		problem_set(problem, -EIO, "%.300s; %.420s", why.text, full.text);
	else
		problem_set(problem, -EIO,
			"%.400s; %zu %s in %.200s and will go with the next push", why.text,
			queue->spooled, queue->spooled == 1 ? "run is" : "runs are", spool->path);
}

/* Returns an exit code. */
static int send_queue(const struct push_target *target, const struct spool *spool,
	struct queue *queue, struct problem *problem)
{
	struct problem why = {.text = ""}, rejection = {.text = ""};

	for (size_t i = 0; i < queue->count; i++) {
		enum push_outcome outcome = send_entry(target, spool, &queue->at[i], &why);
		switch (outcome) {
		case PUSH_SENT:
			queue->sent++;
			break;
		case PUSH_REJECTED:
			queue->rejected++;
			rejection = why;
			break;
		case PUSH_REFUSED:
			*problem = why;
			return EXIT_CODE_FAILURE;
		case PUSH_UNREACHABLE:
		case PUSH_INTERRUPTED:
			*problem = why;
			conclude(queue, spool, i, problem);
			return outcome == PUSH_INTERRUPTED ? EXIT_CODE_INTERRUPTED
							   : EXIT_CODE_FAILURE;
		}
	}
	if (!queue->rejected)
		return EXIT_CODE_OK;
	problem_set(problem, -EINVAL, "%zu of %zu runs were not taken: %.500s", queue->rejected,
		queue->count, rejection.text);
	return EXIT_CODE_FAILURE;
}

static void release(struct queue *queue)
{
	for (size_t i = 0; i < queue->count; i++)
		free(queue->at[i].text);
	free(queue->at);
}

static int push_runs(
	const struct push_target *target, int count, char **references, struct problem *problem)
{
	struct queue queue = {.at = NULL};
	struct terminal terminal;
	struct store store;
	struct spool spool;
	int code = EXIT_CODE_FAILURE;

	if (settings_open_store(&store, problem) < 0)
		return EXIT_CODE_FAILURE;
	spool_open(&spool, &store, target->base);
	if (fill(&queue, &spool, count, references, problem) == 0) {
		*problem->text = '\0';
		code = send_queue(target, &spool, &queue, problem);
		terminal_open(&terminal, stdout);
		if (queue.sent)
			terminal_say(&terminal, 0, "Sent %zu %s to %s.", queue.sent,
				queue.sent == 1 ? "run" : "runs", target->base);
	}
	release(&queue);
	return code;
}

static int command_push_main(int count, char **operands, struct problem *problem)
{
	static struct push_target target;

	if (count == 0) {
		problem_set(problem, 0, "name the URL of a store");
		return EXIT_CODE_USAGE;
	}
	target.authorities = options.authorities;
	target.attempts = options.attempts;
	target.pause_ns = options.pause_ns;
	target.timeout_ns = options.timeout_ns;
	interrupt_catch();
	int code = EXIT_CODE_USAGE;
	if (push_target_set(&target, operands[0], options.token_file, problem) == 0)
		code = push_runs(&target, count - 1, operands + 1, problem);
	push_forget(&target);
	return code;
}

static const struct option_row *const tables[] = {rows, settings_store, settings_help, NULL};
static void *const configs[] = {&options, &settings, &settings, NULL};

static const struct option_program program = {
	.name = "seatrial push",
	.summary = "Send runs to a store of time series",
	.operands = "URL [RUN]...",
	.description =
		"Sends the readings of runs, their intervals and their verdicts to a store that imports "
		"Prometheus' text, such as VictoriaMetrics, each with the time when its run began: sent "
		"twice, they are the same samples.\n\n"
		"  seatrial push https://metrics.example --token-file ~/.metrics-token\n"
		"  seatrial push http://localhost:8428 20261123T02 latest\n\n"
		"URL is the store's; \"/api/v1/import/prometheus\" is added, so that a prefix such as "
		"/insert/0/prometheus of a cluster is part of it. RUN is as for `seatrial show`; "
		"without any, the latest is sent.\n\n"
		"What cannot be sent now, because the store is away or asks to wait longer, is kept in "
		"the directory spool of the runs' store, at most 1,000 runs and 64 MiB, and goes first "
		"with the next push to the same URL.\n\n"
		"Certificates are verified, redirects are not followed, and a token is only sent by "
		"https or to this host itself.\n\n"
		"The exit status is 0 when all was sent, 1 when something was spooled or refused, 2 for "
		"a wrong command line, and 130 when it was interrupted.",
	.tables = tables,
};

const struct command command_push = {
	.program = &program,
	.configs = configs,
	.operands = 1 + RUNS_MAX,
	.function = command_push_main,
};
