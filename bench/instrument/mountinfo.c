#include "mountinfo.h"

#include "procfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/* A node with thousands of pods has some MB. */
#define MOUNTINFO_LIMIT (16U << 20)

/* Octal escapes (\040 space, \011 tab, \012 line feed, \134 backslash), in place. */
static char *decode(char *text)
{
	char *out = text;

	for (const char *in = text; *in; in++) {
		if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' && in[2] >= '0' && in[2] <= '7' &&
			in[3] >= '0' && in[3] <= '7') {
			*out++ = (char)((in[1] - '0') * 64 + (in[2] - '0') * 8 + (in[3] - '0'));
			in += 3;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
	return text;
}

/* Splits a line in place; false when it is not of the documented form. */
static bool parse(char *line, struct mount *mount)
{
	enum { ID, PARENT, DEVICE, TOP, POINT, OPTIONS, FIXED };
	enum { TYPE, SOURCE, SUPER, TAIL };
	char *head[FIXED], *tail[TAIL], *word;

	for (int i = 0; i < FIXED; i++)
		if (!(head[i] = strsep(&line, " ")))
			return false;
	do /* optional fields, ended by a lone hyphen */
		word = strsep(&line, " ");
	while (word && strcmp(word, "-") != 0);
	for (int i = 0; i < TAIL; i++)
		if (!(tail[i] = strsep(&line, " ")))
			return false;
	*mount = (struct mount){.id = strtoull(head[ID], NULL, 10),
		.top = decode(head[TOP]),
		.mount_point = decode(head[POINT]),
		.options = decode(head[OPTIONS]),
		.fs_type = decode(tail[TYPE]),
		.source = decode(tail[SOURCE]),
		.super_options = decode(tail[SUPER])};
	return sscanf(head[DEVICE], "%u:%u", &mount->major, &mount->minor) == 2;
}

int mountinfo_read(const char *root, struct mountinfo *table, struct problem *problem)
{
	size_t lines = 1;

	*table = (struct mountinfo){0};
	ssize_t length = procfs_slurp(root, &table->text, MOUNTINFO_LIMIT, "/proc/self/mountinfo");
	if (length < 0)
		return problem_set(problem, (int)length, "cannot read /proc/self/mountinfo: %s",
			strerror((int)-length));
	for (const char *at = table->text; *at; at++)
		lines += *at == '\n';
	table->mounts = calloc(lines, sizeof(*table->mounts));
	if (!table->mounts)
		return problem_set(problem, -ENOMEM, "out of memory for %zu mounts", lines);

	char *rest = table->text, *line;
	while ((line = strsep(&rest, "\n")))
		table->count += parse(line, &table->mounts[table->count]);
	return 0;
}

void mountinfo_free(struct mountinfo *table)
{
	free(table->mounts);
	free(table->text);
	*table = (struct mountinfo){0};
}

/* How much of `path` a mount point covers; -1 when the path is not below it. */
static ssize_t covered(const char *mount_point, const char *path)
{
	size_t length = strlen(mount_point);

	if (!strcmp(mount_point, "/"))
		return 0;
	if (strncmp(mount_point, path, length) != 0 || (path[length] && path[length] != '/'))
		return -1;
	return (ssize_t)length;
}

const struct mount *mountinfo_covering(const struct mountinfo *table, const char *path)
{
	const struct mount *found = NULL;
	ssize_t best = 0;

	for (size_t i = 0; i < table->count; i++) {
		ssize_t length = covered(table->mounts[i].mount_point, path);
		if (length >= best) {
			best = length;
			found = &table->mounts[i];
		}
	}
	return found;
}

const struct mount *mountinfo_by_id(const struct mountinfo *table, unsigned long long id)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->mounts[i].id == id)
			return &table->mounts[i];
	return NULL;
}

bool mountinfo_has_option(const char *options, const char *option)
{
	size_t length = strlen(option);

	for (const char *at = options; *at;) {
		const char *end = strchrnul(at, ',');
		if ((size_t)(end - at) == length && !strncmp(at, option, length))
			return true;
		at = *end ? end + 1 : end;
	}
	return false;
}
