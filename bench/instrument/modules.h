/*
 * modules: what state a part of the kernel is in, found without loading or opening anything that
 * could make the kernel load it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum module_state {
	MODULE_UNKNOWN,
	MODULE_ABSENT,
	MODULE_LOADABLE, /* a file that modprobe finds */
	MODULE_LOADED,
	MODULE_BUILT_IN,
};

/* The evidence, read once. A NULL text was not to be had. */
struct modules {
	const char *root;
	char *loaded;          /* /proc/modules */
	char *builtin;         /* modules.builtin of the running release */
	char *dependencies;    /* modules.dep */
	char *filesystems;     /* /proc/filesystems */
	char *config;          /* the kernel's configuration */
	char config_path[256]; /* where it came from */
	bool unsupported;      /* a kernel without loadable modules */
};

void modules_read(struct modules *modules, const char *root, const char *release);
void modules_free(struct modules *modules);

/* The state of module `name` ("ip_vs"). `option` is the configuration option that builds it,
 * without CONFIG_. `sign` is a file that exists when it is active, or "" for a name in
 * /proc/filesystems, or NULL. */
enum module_state modules_state(
	const struct modules *modules, const char *name, const char *option, const char *sign);

/* 'y', 'm', 'n' (not set), or 0 when the configuration is not known. */
char modules_option(const struct modules *modules, const char *option);

/* True when modprobe's configuration forbids to load it ("install NAME /bin/false"); the file is
 * named. */
bool modules_forbidden(const struct modules *modules, const char *name, char *file, size_t size);
