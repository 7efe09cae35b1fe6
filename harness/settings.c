#include "settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct settings settings;

const struct option_row settings_store[] = {
	{.name = "store",
		.type = OPTION_PATH,
		.offset = offsetof(struct settings, store),
		.argument = "DIR",
		.help = "Directory of stored runs; without it $XDG_DATA_HOME/seatrial/results, else "
			"~/.local/share/seatrial/results"},
	{.name = NULL},
};

const struct option_row settings_bench[] = {
	{.name = "bench-dir",
		.type = OPTION_PATH,
		.offset = offsetof(struct settings, bench_dir),
		.argument = "DIR",
		.help = "Directory of the benchmark programs; without it that of seatrial itself"},
	{.name = NULL},
};

const struct option_row settings_profile[] = {
	{.name = "profile-dir",
		.type = OPTION_PATH,
		.offset = offsetof(struct settings, profile_dir),
		.argument = "DIR",
		.help = "Directory of profiles, looked into before the ones that come with "
			"seatrial"},
	{.name = NULL},
};

const struct option_row settings_signers[] = {
	{.name = "allowed-signers",
		.type = OPTION_PATH,
		.offset = offsetof(struct settings, keys.allowed_signers),
		.argument = "FILE",
		.help = "Whose SSH signatures count: a list as ssh-keygen(1) describes it"},
	{.name = "public-key",
		.type = OPTION_PATH,
		.offset = offsetof(struct settings, keys.public_key),
		.argument = "FILE",
		.help = "Whose minisign signatures count: a public key of minisign"},
	{.name = NULL},
};

const struct option_row settings_output[] = {
	{.name = "json",
		.type = OPTION_FLAG,
		.offset = offsetof(struct settings, json),
		.help = "Print a JSON document instead of text for people"},
	{.name = "quiet",
		.letter = 'q',
		.type = OPTION_FLAG,
		.offset = offsetof(struct settings, quiet),
		.help = "Print no text for people and no progress, only errors"},
	{.name = NULL},
};

const struct option_row settings_help[] = {
	{.name = "help",
		.letter = 'h',
		.type = OPTION_FLAG,
		.offset = offsetof(struct settings, help),
		.help = "Print this help"},
	{.name = NULL},
};

const char *const *settings_profile_directories(void)
{
	static const char *directories[SETTINGS_PROFILE_DIRECTORIES];
	static char beside[PATH_MAX];
	size_t count = 0;

	if (settings.profile_dir)
		directories[count++] = settings.profile_dir;
	ssize_t length = readlink("/proc/self/exe", beside, sizeof(beside) - 64);
	while (length > 0 && beside[length - 1] != '/')
		length--;
	if (length > 0) {
		snprintf(beside + length, sizeof(beside) - (size_t)length,
			"../share/seatrial/profiles");
		directories[count++] = beside;
	}
	directories[count++] = SEATRIAL_PROFILES;
	directories[count] = NULL;
	return directories;
}

int settings_open_store(struct store *store, struct problem *problem)
{
	return store_open(store, settings.store, problem);
}
