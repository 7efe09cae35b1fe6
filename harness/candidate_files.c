#include "allocate.h"
#include "candidate.h"
#include "file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int is_document(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && file_has_ending(entry->d_name, ".json");
}

int candidate_files_list(const char *folder, struct dirent ***entries)
{
	return scandir(folder, entries, is_document, alphasort);
}

static void add(struct candidate_files *files, char *path)
{
	files->at = allocate_grow(files->at, files->count + 1, sizeof(*files->at));
	files->at[files->count++] = (struct index_file){.path = path};
}

char *candidate_files_path(const char *folder, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		path = NULL;
	return allocate_need(path);
}

void candidate_files_read(struct candidate_files *files, struct sample_set *set)
{
	index_read_files(set, files->at + files->read, files->count - files->read);
	files->read = files->count;
}

void candidate_files_add(struct candidate_files *files, const char *path)
{
	struct dirent **entries;
	struct stat status;

	if (stat(path, &status) < 0)
		return;
	if (S_ISREG(status.st_mode))
		add(files, allocate_text(path));
	int count = S_ISDIR(status.st_mode) ? candidate_files_list(path, &entries) : -1;
	for (int i = 0; i < count; i++) {
		add(files, candidate_files_path(path, entries[i]->d_name));
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

const struct sample_run *candidate_files_run(struct candidate_files *files, struct sample_set *set,
	const char *path, struct problem *problem)
{
	for (size_t i = 0; i < files->count; i++) {
		size_t at = (files->next + i) % files->count;
		struct index_file *file = &files->at[at];
		if (!file->path || strcmp(file->path, path) != 0)
			continue;
		free((char *)file->path);
		file->path = NULL;
		files->next = at + 1;
		if (!file->run)
			problem_set(problem, -EINVAL, "%s", file->problem);
		return file->run;
	}
	return sample_run_read(set, path, problem);
}

void candidate_files_clear(struct candidate_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free((char *)files->at[i].path);
		free(files->at[i].problem);
	}
	free(files->at);
	*files = (struct candidate_files){0};
}
