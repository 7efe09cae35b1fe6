#include "index_private.h"

#include "allocate.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#define THREADS_MOST 8
#define AHEAD        64 /* rows that wait to be written */

/* A file to be read, in the store or outside, and what it holds. */
struct lesson {
	struct index_listed *run;
	struct index_file *file;
	struct index_row row;
	bool kept, done; /* `kept`: the file did not change meanwhile */
};

/* Those that all threads take theirs from; one thread writes, in this order. */
struct course {
	const struct store *store;
	const struct sample_set *set; /* only for what it judges by */
	struct lesson *lessons;
	size_t count, next, written;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
};

/* What one thread reads runs into. */
struct reader {
	struct sample_set *set;
	struct index_encoder encoder;
};

static void learn(const struct store *store, struct reader *reader, struct lesson *lesson)
{
	struct index_row *row = &lesson->row;
	struct problem problem;
	const char *path = lesson->file ? lesson->file->path : NULL;
	char stored[PATH_MAX];

	if (!path) {
		store_file(store, lesson->run->id, stored, sizeof(stored));
		path = stored;
	}
	bool there = index_stamp_of(path, &row->stamp);
	const struct sample_run *run = sample_run_read(reader->set, path, &problem);
	if (run) {
		index_encode(&reader->encoder, run, row);
		sample_set_forget(reader->set, run);
	} else {
		row->problem = allocate_text(problem.text);
	}
	struct index_stamp after;
	lesson->kept =
		there && index_stamp_of(path, &after) && index_same_stamp(&row->stamp, &after);
	/* Texts that came with a row that is not kept come again with the next. */
	if (!lesson->kept)
		index_clear_encoder(&reader->encoder);
}

/* The next one, unless too many wait to be written. */
static struct lesson *take(struct course *course)
{
	if (course->next == course->count || course->next >= course->written + AHEAD)
		return NULL;
	return &course->lessons[course->next++];
}

/* With the mutex held, which it releases meanwhile. */
static void take_part(struct course *course, struct reader *reader, struct lesson *lesson)
{
	pthread_mutex_unlock(&course->mutex);
	learn(course->store, reader, lesson);
	pthread_mutex_lock(&course->mutex);
	lesson->done = true;
	pthread_cond_broadcast(&course->changed);
}

/* With a copy of what the set judges by, as reference counts are of one thread. */
static struct reader reader_new(const struct sample_set *like)
{
	struct reader reader = {.set = sample_set_new()};
	const json_t *judges = sample_set_judges(like);

	if (judges) {
		json_t *copy = allocate_need(json_deep_copy(judges));
		sample_set_judge_by(reader.set, copy);
		json_decref(copy);
	}
	return reader;
}

static void reader_clear(struct reader *reader)
{
	index_clear_encoder(&reader->encoder);
	sample_set_free(reader->set);
}

static void *read_along(void *data)
{
	struct course *course = data;
	struct reader reader = reader_new(course->set);

	pthread_mutex_lock(&course->mutex);
	while (course->next < course->count) {
		struct lesson *lesson = take(course);
		if (lesson)
			take_part(course, &reader, lesson);
		else
			pthread_cond_wait(&course->changed, &course->mutex);
	}
	pthread_mutex_unlock(&course->mutex);
	reader_clear(&reader);
	return NULL;
}

static char *take_text(char **text)
{
	char *taken = *text ? *text : allocate_text("");

	*text = NULL;
	return taken;
}

static void write_lesson(struct index *index, struct lesson *lesson)
{
	/* A file that changes meanwhile is read again next time. */
	if (lesson->kept)
		index_put_row(index, lesson->run->id, &lesson->row);
	lesson->run->label = take_text(&lesson->row.label);
	lesson->run->host = take_text(&lesson->row.host);
	lesson->run->problem = take_text(&lesson->row.problem);
}

static void take_over(struct index *index, struct lesson *lesson)
{
	struct index_file *file = lesson->file;
	struct problem problem;

	if (lesson->row.problem) {
		file->problem = take_text(&lesson->row.problem);
		return;
	}
	index_meet_texts(index, &lesson->row);
	file->run = index_decode(index, &lesson->row);
	if (!file->run)
		file->run = sample_run_read(index->set, file->path, &problem);
	if (!file->run)
		file->problem = allocate_text(problem.text);
}

static void finish_lesson(struct index *index, struct lesson *lesson)
{
	if (lesson->file)
		take_over(index, lesson);
	else
		write_lesson(index, lesson);
	index_clear_row(&lesson->row);
}

/* Writes what was read, and reads while there is nothing to write. */
static void lead(struct course *course, struct index *index)
{
	struct reader reader = reader_new(course->set);

	pthread_mutex_lock(&course->mutex);
	while (course->written < course->count) {
		struct lesson *written = &course->lessons[course->written], *lesson;
		if (written->done) {
			pthread_mutex_unlock(&course->mutex);
			finish_lesson(index, written);
			pthread_mutex_lock(&course->mutex);
			course->written++;
			pthread_cond_broadcast(&course->changed);
		} else if ((lesson = take(course))) {
			take_part(course, &reader, lesson);
		} else {
			pthread_cond_wait(&course->changed, &course->mutex);
		}
	}
	pthread_mutex_unlock(&course->mutex);
	reader_clear(&reader);
}

/* How many threads are of use, with this one. */
static size_t threads_for(size_t count)
{
	cpu_set_t allowed;
	int cpus = sched_getaffinity(0, sizeof(allowed), &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
	size_t most = cpus > THREADS_MOST ? THREADS_MOST : (size_t)cpus;

	return count < most ? count : most;
}

/* Starts threads that read along; this one keeps the signals. Returns how many. */
static size_t start(struct course *course, pthread_t threads[THREADS_MOST])
{
	size_t wanted = threads_for(course->count), started = 0;
	sigset_t all, before;

	/* While there is but one. */
	json_object_seed(0);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	while (started + 1 < wanted &&
		pthread_create(&threads[started], NULL, read_along, course) == 0)
		started++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

static struct course course_of(const struct index *index, size_t count)
{
	return (struct course){.store = index->store,
		.set = index->set,
		.lessons = allocate_zero(count, sizeof(struct lesson)),
		.count = count,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER};
}

static void hold(struct course *course, struct index *index)
{
	pthread_t threads[THREADS_MOST];
	size_t started = start(course, threads);

	lead(course, index);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	free(course->lessons);
}

void index_learn(struct index *index, struct index_listed *const *runs, size_t count)
{
	if (!count)
		return;
	struct course course = course_of(index, count);
	for (size_t i = 0; i < count; i++)
		course.lessons[i].run = runs[i];
	hold(&course, index);
}

void index_read_files(struct sample_set *set, struct index_file *files, size_t count)
{
	struct index nowhere = {.set = set};

	if (!count)
		return;
	struct course course = course_of(&nowhere, count);
	for (size_t i = 0; i < count; i++)
		course.lessons[i].file = &files[i];
	hold(&course, &nowhere);
	index_forget_shared(&nowhere);
}
