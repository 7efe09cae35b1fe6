/*
 * settings: options that several subcommands share.
 */
#pragma once

#include "options.h"
#include "signature.h"
#include "store.h"

#include <stdbool.h>

struct settings {
	const char *store, *bench_dir, *profile_dir;
	struct signature_keys keys;
	bool json, quiet, help;
};
extern struct settings settings;

extern const struct option_row settings_store[];   /* --store */
extern const struct option_row settings_bench[];   /* --bench-dir */
extern const struct option_row settings_profile[]; /* --profile-dir */
extern const struct option_row settings_signers[]; /* --allowed-signers, --public-key */
extern const struct option_row settings_output[];  /* --json, --quiet */
extern const struct option_row settings_help[];    /* --help */

#define SETTINGS_PROFILE_DIRECTORIES 4

/* Where profiles are looked for: --profile-dir, beside this program's bin/
 * (share/seatrial/profiles), and where they were installed. NULL-terminated; the strings live as
 * long as the program. */
const char *const *settings_profile_directories(void);

/* The store that --store names or the user's own. Returns 0 or a negative errno with a sentence. */
int settings_open_store(struct store *store, struct problem *problem);
