/*
 * etcd's backend: puts become pages of a bbolt file, in a commit every --backend-batch-interval.
 *
 * Revisions are keys that only grow, so a commit rewrites the last leaf, adds the full leaves that
 * the puts since the last one make, and rewrites the branches above the last leaf and the root of
 * buckets. bbolt writes no page in place: those that a commit gives up serve the commit after it,
 * the others come from the end of the file. README.md tells what was seen and read of etcd.
 */
#include "fsync_etcd.h"

#include "clock.h"
#include "interrupt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER_BYTES  16        /* of a page */
#define ELEMENT_BYTES (16 + 17) /* of a leaf or branch, with the revision that is its key */
#define FILL_BYTES    (ETCD_PAGE_BYTES * 9 / 10) /* what etcd fills of a page (FillPercent) */
#define KEYS_MIN      2                          /* of a node that is split off */
#define FANOUT        ((FILL_BYTES - HEADER_BYTES) / ELEMENT_BYTES)
#define META_PAGES    2
#define ALLOC_PAGES   (UINT64_C(16) * 1024 * 1024 / ETCD_PAGE_BYTES) /* bbolt's AllocSize */

/* kube-apiserver has old revisions removed; etcd does that in pieces, with a commit and a pause
 * after each (--compaction-batch-limit, --compaction-sleep-interval). */
#define COMPACTION_PUTS     1000
#define COMPACTION_PAUSE_NS INT64_C(10000000)

#define CHUNK_BYTES (1 << 20)

enum { LATENCY_COMMIT = 2 };

/* xorshift64*: enough to vary what is written. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static uint64_t item_bytes(const struct fsync_config *config, uint64_t value_bytes)
{
	return ELEMENT_BYTES + config->key_bytes + value_bytes + ETCD_KEY_OVERHEAD;
}

static uint64_t node_pages(uint64_t items, uint64_t bytes)
{
	return (HEADER_BYTES + items * bytes + ETCD_PAGE_BYTES - 1) / ETCD_PAGE_BYTES;
}

/* How many of `items` puts go to the next leaf: what bbolt's nodes split off. */
static uint64_t split(uint64_t items, uint64_t bytes)
{
	uint64_t fit = (FILL_BYTES - HEADER_BYTES) / bytes;

	if (items <= 2 * (uint64_t)KEYS_MIN || HEADER_BYTES + items * bytes < ETCD_PAGE_BYTES)
		return items;
	if (fit < KEYS_MIN)
		fit = KEYS_MIN;
	return fit < items - KEYS_MIN ? fit : items - KEYS_MIN - 1;
}

uint64_t fsync_growth_bytes(const struct fsync_config *config)
{
	uint64_t most = fsync_largest(&config->rates);
	uint64_t value = fsync_largest(&config->value_sizes);

	/* Compaction makes room for as much as came since the one before. */
	uint64_t ns = config->compaction_interval_ns;
	if (ns == 0 || ns > config->etcd_duration_ns)
		ns = config->etcd_duration_ns;
	uint64_t bytes = item_bytes(config, value), items = split(ETCD_PAGE_BYTES, bytes);
	double leaves = 2 * (double)ns / 1e9 * (double)most / (double)items;
	return (uint64_t)(leaves * (double)node_pages(items, bytes) * ETCD_PAGE_BYTES) +
	       2 * ALLOC_PAGES * ETCD_PAGE_BYTES;
}

static int grow(struct etcd_backend *backend)
{
	backend->end = backend->next + ALLOC_PAGES;
	if (ftruncate(backend->file, (off_t)(backend->end * ETCD_PAGE_BYTES)) < 0)
		return problem_errno(&backend->problem, "cannot make the database larger");
	return fsync(backend->file) < 0
		       ? problem_errno(&backend->problem, "fsync of the database failed")
		       : 0;
}

static int write_at(struct etcd_backend *backend, uint64_t first, uint64_t count)
{
	uint64_t bytes = count * ETCD_PAGE_BYTES;

	/* bbolt, too, copies the puts to the page. */
	memcpy(backend->node, backend->source + next_random(&backend->random) % ETCD_PAGE_BYTES,
		bytes);
	return fsync_write(backend->file, backend->node, bytes, (int64_t)(first * ETCD_PAGE_BYTES),
		&backend->problem);
}

/* Writes a node of `count` pages where there is room, and notes where in `owner`. */
static int write_node(struct etcd_backend *backend, uint64_t count, struct pages *owner)
{
	uint64_t first = pages_take(&backend->free, count);
	int result = 0;

	if (first == 0) {
		first = backend->next;
		backend->next += count;
		if (backend->next > backend->end)
			result = grow(backend);
	}
	pages_add(owner, first, count);
	return result < 0 ? result : write_at(backend, first, count);
}

static int write_leaves(struct etcd_backend *backend, uint64_t puts)
{
	uint64_t items = backend->tail + puts;
	int result = 0;

	while (result == 0) {
		uint64_t here = split(items, backend->item_bytes);
		bool is_last = here == items;

		result = write_node(backend, node_pages(here, backend->item_bytes),
			is_last ? &backend->edge : &backend->live);
		backend->tail = here;
		items -= here;
		if (is_last)
			break;
		backend->leaves++;
	}
	return result;
}

/* The branches above the last leaf, those that new leaves made full, and the root of buckets. */
static int write_branches(struct etcd_backend *backend, uint64_t leaves_before)
{
	int result = 0;

	for (uint64_t before = leaves_before, now = backend->leaves; now > 1 && result == 0;) {
		before = (before + FANOUT - 1) / FANOUT;
		now = (now + FANOUT - 1) / FANOUT;
		for (uint64_t i = before; i < now && result == 0; i++)
			result = write_node(backend, 1, &backend->live);
		if (result == 0)
			result = write_node(backend, 1, &backend->edge);
	}
	return result < 0 ? result : write_node(backend, 1, &backend->edge);
}

/* One bbolt commit of `puts`; what etcd exports as etcd_disk_backend_commit_duration_seconds. */
static int commit(struct etcd_backend *backend, uint64_t puts)
{
	uint64_t leaves_before = backend->leaves;
	int64_t start_ns = clock_now_ns();

	pages_move(&backend->free, &backend->freed);
	pages_move(&backend->freed, &backend->edge);
	int result = write_leaves(backend, puts);
	if (result == 0)
		result = write_branches(backend, leaves_before);
	if (result == 0)
		result = etcd_sync(backend->file, "database", &backend->problem);
	if (result == 0)
		result = write_at(backend, backend->commits % META_PAGES, 1);
	if (result == 0)
		result = etcd_sync(backend->file, "database", &backend->problem);
	if (result == 0)
		fsync_note(&backend->trial->latency[LATENCY_COMMIT], start_ns,
			clock_now_ns() - start_ns);
	backend->commits++;
	return result;
}

/* Commits what is applied by now; needs the lock, which it gives up meanwhile. */
static void commit_applied(struct etcd_backend *backend)
{
	uint64_t puts = backend->applied - backend->committed;

	backend->committing = true;
	backend->wants_commit = false;
	pthread_mutex_unlock(&backend->lock);
	int result = commit(backend, puts);
	pthread_mutex_lock(&backend->lock);
	backend->result = result;
	backend->committing = false;
	backend->committed += puts;
	backend->applied = backend->durable;
	pthread_cond_broadcast(&backend->changed);
}

/* Waits until a time, for less when something is to be done sooner. Needs the lock. */
static void wait_until(struct etcd_backend *backend, int64_t deadline_ns)
{
	struct timespec deadline = {
		.tv_sec = deadline_ns / INT64_C(1000000000),
		.tv_nsec = deadline_ns % INT64_C(1000000000),
	};
	uint64_t limit = backend->config->batch_limit;

	while (!backend->stop && !backend->wants_commit &&
		backend->applied - backend->committed < limit)
		if (pthread_cond_timedwait(&backend->changed, &backend->lock, &deadline) != 0)
			break;
}

/* Frees the leaves of the puts before: their keys have been put again since. Needs the lock. */
static void compact(struct etcd_backend *backend, uint64_t puts)
{
	pages_move(&backend->freed, &backend->live);
	for (uint64_t i = 0; i < puts && !backend->stop && backend->result == 0;
		i += COMPACTION_PUTS) {
		commit_applied(backend);
		wait_until(backend, clock_now_ns() + COMPACTION_PAUSE_NS);
	}
}

static void *run_backend(void *argument)
{
	struct etcd_backend *backend = argument;
	int64_t interval_ns = (int64_t)backend->config->compaction_interval_ns;
	int64_t compacted_ns = clock_now_ns();
	uint64_t compacted = 0;

	pthread_mutex_lock(&backend->lock);
	while (!backend->stop && backend->result == 0) {
		wait_until(backend, clock_now_ns() + (int64_t)backend->config->batch_interval_ns);
		if (backend->stop)
			break;
		if (backend->applied > backend->committed)
			commit_applied(backend);
		backend->wants_commit = false;
		if (interval_ns > 0 && clock_now_ns() - compacted_ns >= interval_ns) {
			compact(backend, backend->committed - compacted);
			compacted = backend->committed;
			compacted_ns += interval_ns;
		}
	}
	pthread_mutex_unlock(&backend->lock);
	return NULL;
}

uint64_t etcd_backend_apply(struct etcd_backend *backend, uint64_t count)
{
	pthread_mutex_lock(&backend->lock);
	backend->durable += count;
	if (!backend->committing)
		backend->applied = backend->durable;
	if (backend->applied - backend->committed >= backend->config->batch_limit)
		pthread_cond_broadcast(&backend->changed);
	uint64_t applied = backend->applied;
	pthread_mutex_unlock(&backend->lock);
	return applied;
}

uint64_t etcd_backend_room(struct etcd_backend *backend, uint64_t clients)
{
	pthread_mutex_lock(&backend->lock);
	while (backend->result == 0 && backend->durable - backend->applied >= clients)
		pthread_cond_wait(&backend->changed, &backend->lock);
	uint64_t room = backend->result < 0 ? 0 : clients - (backend->durable - backend->applied);
	pthread_mutex_unlock(&backend->lock);
	return room;
}

void etcd_backend_commit_soon(struct etcd_backend *backend)
{
	pthread_mutex_lock(&backend->lock);
	backend->wants_commit = true;
	pthread_cond_broadcast(&backend->changed);
	pthread_mutex_unlock(&backend->lock);
}

/* A page that a commit changes has been on the disk before, so all are written once. */
static int write_through(struct etcd_backend *backend, uint64_t bytes, struct problem *problem)
{
	static char chunk[CHUNK_BYTES];
	int result = 0;

	fsync_fill(chunk, CHUNK_BYTES, bench_common.seed);
	for (uint64_t at = 0; at < bytes && result == 0 && !interrupt_pending();
		at += CHUNK_BYTES) {
		uint64_t piece = bytes - at < CHUNK_BYTES ? bytes - at : CHUNK_BYTES;

		result = fsync_write(backend->file, chunk, piece, (int64_t)at, problem);
		/* In pieces: one flush of it all could not be interrupted. */
		if (result == 0 && at % (UINT64_C(64) * CHUNK_BYTES) == 0)
			result = etcd_sync(backend->file, "database", problem);
	}
	if (result == 0 && fsync(backend->file) < 0)
		result = problem_errno(problem, "fsync of the database failed");
	return result;
}

int etcd_backend_open(
	struct etcd_backend *backend, const struct scratch *scratch, struct problem *problem)
{
	uint64_t bytes = backend->config->database_bytes;
	pthread_condattr_t attributes;

	pthread_mutex_init(&backend->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&backend->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	backend->item_bytes = item_bytes(backend->config, backend->trial->payload);
	backend->random = bench_common.seed | 1;
	backend->next = bytes / ETCD_PAGE_BYTES;
	backend->leaves = backend->next / node_pages(KEYS_MIN, backend->item_bytes);
	backend->node_bytes = node_pages(2 * KEYS_MIN, backend->item_bytes) * ETCD_PAGE_BYTES;
	backend->node = malloc(backend->node_bytes);
	backend->source = malloc(backend->node_bytes + ETCD_PAGE_BYTES);
	backend->file = scratch_file(scratch, "db", bytes, problem);
	if (!backend->node || !backend->source)
		return problem_set(problem, -ENOMEM, "no memory for pages of the database");
	if (backend->file < 0)
		return backend->file;
	fsync_fill(backend->source, backend->node_bytes + ETCD_PAGE_BYTES, bench_common.seed);
	int result = write_through(backend, bytes, problem);
	if (result == 0)
		result = grow(backend);
	return result < 0 && backend->problem.text[0]
		       ? problem_set(problem, result, "%s", backend->problem.text)
		       : result;
}

void etcd_backend_close(struct etcd_backend *backend)
{
	if (backend->file >= 0)
		close(backend->file);
	pthread_cond_destroy(&backend->changed);
	pthread_mutex_destroy(&backend->lock);
	free(backend->source);
	free(backend->node);
}

int etcd_backend_start(struct etcd_backend *backend, struct problem *problem)
{
	int error = pthread_create(&backend->thread, NULL, run_backend, backend);

	if (error)
		return problem_set(problem, -error, "cannot start a thread: %s", strerror(error));
	backend->has_thread = true;
	return 0;
}

int etcd_backend_stop(struct etcd_backend *backend, struct problem *problem)
{
	if (!backend->has_thread)
		return 0;
	pthread_mutex_lock(&backend->lock);
	backend->stop = true;
	pthread_cond_broadcast(&backend->changed);
	pthread_mutex_unlock(&backend->lock);
	pthread_join(backend->thread, NULL);
	backend->has_thread = false;
	return backend->result < 0
		       ? problem_set(problem, backend->result, "%s", backend->problem.text)
		       : 0;
}
