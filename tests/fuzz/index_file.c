/*
 * Whatever is in the file of an index, and in the journal beside it, the runs of the store are
 * found and read as they are, and no other file goes. The input is a byte of settings, then changes
 * to the bytes of a good index, or a whole file.
 */
#include "index_private.h"
#include "runs.h"

#include "folder.h"

#include <stdbool.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RUNS      3
#define GOOD_MAX  (256 << 10)
#define PAGE_SIZE 4096 /* SQLite's, and the least that changes are counted in */

enum settings { WHOLE = 1, JOURNAL = 2, SUPER = 4, CUT = 8, AGAIN = 16 };

static struct store store;
static uint8_t good[GOOD_MAX];
static size_t good_size;

static void remove_index(void)
{
	static const char *const names[] = {
		INDEX_FILE, INDEX_FILE "-journal", INDEX_FILE "-wal", INDEX_FILE "-shm"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
}

static void check_run_of(struct index *index, const char *id)
{
	struct problem problem = {""};
	const struct sample_run *run = index_run(index, id, &problem);

	require(run && strcmp(run->id, id) == 0 && strcmp(run->label, "l") == 0);
	require(run->count >= 4);
	check_samples(run);
}

/* All runs are there, by their label as by the host, and nothing is said against any. */
static void check_index(void)
{
	struct problem warning, problem = {""};
	struct sample_set *set = sample_set_new();
	struct index *index = index_open(&store, set, &warning);
	json_t *unusable = json_array();
	char(*ids)[STORE_ID_LENGTH + 1] = NULL;

	require(strlen(warning.text) < sizeof(warning.text));
	require(index_find(index, "l", &ids, unusable, &problem) == RUNS);
	require(json_array_size(unusable) == 0);
	for (size_t i = 0; i < RUNS; i++)
		check_run_of(index, ids[i]);
	free(ids);
	json_decref(unusable);
	index_close(index);
	sample_set_free(set);
}

static void read_good(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" INDEX_FILE, folder);
	FILE *file = fopen(path, "re");
	require(file);
	good_size = fread(good, 1, sizeof(good), file);
	require(good_size >= (size_t)3 * PAGE_SIZE && good_size < sizeof(good));
	fclose(file);
}

/* A store of runs, and its index. */
static void make_store(void)
{
	char name[64];

	folder_open();
	snprintf(store.path, sizeof(store.path), "%s", folder);
	for (unsigned i = 0; i < RUNS; i++) {
		json_t *run = good_run(i, 1);
		char *text = json_dumps(run, 0);

		snprintf(name, sizeof(name), "%s.json", document_text(run, "id"));
		folder_write(name, text, strlen(text));
		free(text);
		json_decref(run);
	}
	check_index();
	read_good();
}

/* Each change is a place in three bytes, how many bytes there are, and those bytes. */
static void change(uint8_t *file, size_t length, const uint8_t *data, size_t size)
{
	while (size >= 4) {
		size_t at = ((size_t)data[0] << 16 | (size_t)data[1] << 8 | data[2]) % length;
		size_t count = data[3] < size - 4 ? data[3] : size - 4;

		if (count > length - at)
			count = length - at;
		memcpy(file + at, data + 4, count);
		data += 4 + count;
		size -= 4 + count;
	}
}

static void write_index(unsigned settings, const uint8_t *data, size_t size)
{
	static uint8_t file[GOOD_MAX];
	size_t length = good_size;

	if (settings & WHOLE) {
		folder_write(INDEX_FILE, data, size);
		return;
	}
	memcpy(file, good, length);
	if (settings & CUT && size >= 2) {
		length = ((size_t)data[0] << 8 | data[1]) * 16 % good_size + 1;
		data += 2;
		size -= 2;
	}
	change(file, length, data, size);
	folder_write(INDEX_FILE, file, length);
}

/* A journal that waits to be played back; with SUPER it names a file that SQLite would take for the
 * list of the journals of one transaction over several databases, and remove. */
static void write_journal(unsigned settings, const uint8_t *data, size_t size)
{
	static const uint8_t begin[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
	char name[PATH_MAX], *text = NULL;
	uint32_t sum = 0, words[2];
	size_t length;
	FILE *out = open_memstream(&text, &length);

	fwrite(begin, 1, sizeof(begin), out);
	fwrite(data, 1, size, out);
	if (settings & SUPER) {
		snprintf(name, sizeof(name), "%s/bystander", folder);
		for (const char *at = name; *at; at++)
			sum += (uint32_t)(unsigned char)*at;
		words[0] = htobe32((uint32_t)strlen(name));
		words[1] = htobe32(sum);
		fprintf(out, "%s", name);
		fwrite(words, 1, sizeof(words), out);
		fwrite(begin, 1, sizeof(begin), out);
	}
	fclose(out);
	folder_write(INDEX_FILE "-journal", text, length);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char bystander[PATH_MAX];

	if (!good_size)
		make_store();
	if (size < 1)
		return 0;
	unsigned settings = *data++;
	size_t half = settings & JOURNAL ? --size / 2 : --size;
	remove_index();
	folder_write("bystander", "b", 1);
	write_index(settings, data, half);
	if (settings & JOURNAL)
		write_journal(settings, data + half, size - half);
	check_index();
	/* With what that left. */
	if (settings & AGAIN)
		check_index();
	snprintf(bystander, sizeof(bystander), "%s/bystander", folder);
	require(access(bystander, F_OK) == 0);
	return 0;
}
