#include "modules.h"

#include "procfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

/* modules.dep of a distribution has 0.7 MB, a configuration 0.3 MB. */
#define TEXT_LIMIT (16U << 20)

/* Reads a plain or gzip-compressed file; NULL when there is none. */
static char *read_packed(const char *root, const char *path)
{
	int descriptor = procfs_open(root, "%s", path);
	gzFile file = descriptor < 0 ? NULL : gzdopen(descriptor, "rb");
	char *text = NULL;
	size_t used = 0, size = 1U << 18;
	int got = 0;

	if (!file) {
		if (descriptor >= 0)
			close(descriptor);
		return NULL;
	}
	do {
		size *= 2;
		char *larger = realloc(text, size);
		if (!larger)
			break;
		text = larger;
		got = gzread(file, text + used, (unsigned int)(size - used - 1));
		used += got > 0 ? (size_t)got : 0;
	} while (got > 0 && used == size - 1 && size < TEXT_LIMIT);
	gzclose(file);
	if (text)
		text[used] = '\0';
	if (!used) {
		free(text);
		return NULL;
	}
	return text;
}

static void read_config(struct modules *modules, const char *release)
{
	static const char *const places[] = {"/proc/config.gz", "/boot/config-%s",
		"/lib/modules/%s/config", "/usr/lib/modules/%s/config"};
	size_t size = sizeof(modules->config_path);

	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && !modules->config; i++) {
		const char *mark = strstr(places[i], "%s");
		int length = mark ? (int)(mark - places[i]) : (int)strlen(places[i]);

		if (mark && !release[0])
			continue;
		snprintf(modules->config_path, size, "%.*s%s%s", length, places[i],
			mark ? release : "", mark ? mark + 2 : "");
		modules->config = read_packed(modules->root, modules->config_path);
	}
}

static char *read_list(const char *root, const char *release, const char *file)
{
	char *text = NULL;

	if (procfs_slurp(root, &text, TEXT_LIMIT, "/lib/modules/%s/%s", release, file) < 0)
		procfs_slurp(root, &text, TEXT_LIMIT, "/usr/lib/modules/%s/%s", release, file);
	return text;
}

void modules_read(struct modules *modules, const char *root, const char *release)
{
	*modules = (struct modules){.root = root};
	if (procfs_slurp(root, &modules->loaded, TEXT_LIMIT, "/proc/modules") < 0)
		modules->unsupported = procfs_exists(root, "/proc/sys/kernel") &&
				       !procfs_exists(root, "/proc/modules");
	procfs_slurp(root, &modules->filesystems, TEXT_LIMIT, "/proc/filesystems");
	if (release[0]) {
		modules->builtin = read_list(root, release, "modules.builtin");
		modules->dependencies = read_list(root, release, "modules.dep");
	}
	read_config(modules, release);
}

void modules_free(struct modules *modules)
{
	free(modules->loaded);
	free(modules->builtin);
	free(modules->dependencies);
	free(modules->filesystems);
	free(modules->config);
	*modules = (struct modules){0};
}

/* The kernel takes "-" and "_" in module names for the same. */
static bool same_name(const char *text, const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((text[i] == '-' ? '_' : text[i]) != (name[i] == '-' ? '_' : name[i]))
			return false;
	return true;
}

/* NULL after the last. */
static const char *next_line(const char *line)
{
	line = strchr(line, '\n');
	return line ? line + 1 : NULL;
}

/* A line that begins with the name and a space. */
static bool is_loaded(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = list; line && *line; line = next_line(line))
		if (strnlen(line, length + 1) > length && same_name(line, name, length) &&
			line[length] == ' ')
			return true;
	return false;
}

/* A line whose first path ends with "/NAME.ko", compressed (.ko.xz) or not. */
static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = list; line && *line; line = next_line(line)) {
		const char *end = line + strcspn(line, ":\n"), *file = end;

		while (file > line && file[-1] != '/')
			file--;
		if ((size_t)(end - file) >= length + 3 && same_name(file, name, length) &&
			!strncmp(file + length, ".ko", 3) &&
			(file + length + 3 == end || file[length + 3] == '.'))
			return true;
	}
	return false;
}

static bool in_filesystems(const char *list, const char *name)
{
	char line[64];

	snprintf(line, sizeof(line), "\t%s\n", name);
	return list && strstr(list, line);
}

char modules_option(const struct modules *modules, const char *option)
{
	char key[64], value[16];

	if (!modules->config)
		return 0;
	snprintf(key, sizeof(key), "CONFIG_%s", option);
	if (procfs_lookup(modules->config, key, value, sizeof(value)))
		return 'n';
	return value[0] == 'y' || value[0] == 'm' ? value[0] : 'n';
}

/* True when the running kernel has it active, loaded or not. */
static bool is_active(const struct modules *modules, const char *name, const char *sign)
{
	if (sign && !sign[0] ? in_filesystems(modules->filesystems, name)
			     : sign && procfs_exists(modules->root, "%s", sign))
		return true;
	return procfs_exists(modules->root, "/sys/module/%s", name);
}

enum module_state modules_state(
	const struct modules *modules, const char *name, const char *option, const char *sign)
{
	char configured = modules_option(modules, option);

	if (is_loaded(modules->loaded, name) ||
		procfs_exists(modules->root, "/sys/module/%s/initstate", name))
		return MODULE_LOADED;
	if (is_listed(modules->builtin, name) || configured == 'y')
		return MODULE_BUILT_IN;
	if (is_active(modules, name, sign))
		/* Where modules are listed and it is not among them, it is part of the kernel. */
		return modules->loaded || modules->unsupported ? MODULE_BUILT_IN : MODULE_LOADED;
	if (is_listed(modules->dependencies, name))
		return MODULE_LOADABLE;
	if (configured == 'n' || modules->dependencies || modules->unsupported)
		return MODULE_ABSENT;
	return MODULE_UNKNOWN;
}

/* "install NAME /bin/false" in one file. */
static bool forbids(const char *text, const char *name)
{
	for (const char *line = text; line && *line; line = next_line(line)) {
		char module[64], command[64];

		if (sscanf(line, " install %63s %63s", module, command) != 2)
			continue;
		const char *program = procfs_basename(command);
		if (strlen(module) == strlen(name) && same_name(module, name, strlen(name)) &&
			(!strcmp(program, "false") || !strcmp(program, "true")))
			return true;
	}
	return false;
}

bool modules_forbidden(const struct modules *modules, const char *name, char *file, size_t size)
{
	static const char *const places[] = {
		"/etc/modprobe.d", "/run/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d"};
	char *names[256];
	bool found = false;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places) && !found; i++) {
		ssize_t count = procfs_names(modules->root, names, 256, "%s", places[i]);

		for (ssize_t at = 0; at < count && !found; at++) {
			size_t length = strlen(names[at]);
			char *text = NULL;

			if (length < 5 || strcmp(names[at] + length - 5, ".conf") != 0 ||
				procfs_slurp(modules->root, &text, 1U << 20, "%s/%s", places[i],
					names[at]) < 0)
				continue;
			found = forbids(text, name);
			free(text);
			if (found)
				snprintf(file, size, "%s/%s", places[i], names[at]);
		}
		procfs_names_free(names, count);
	}
	return found;
}
