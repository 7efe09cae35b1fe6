/*
 * program: which program made a document, by what its file holds.
 */
#pragma once

#include "problem.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/stat.h>

#define PROGRAM_SHA256_LENGTH 64 /* hexadecimal digits */

/* A program's file as it was when it was looked at. */
struct program_file {
	struct stat status;
	char sha256[PROGRAM_SHA256_LENGTH + 1];
};

/* Reads the file at `path` and takes its checksum (FIPS 180-4, by libsodium). Returns 0 or a
 * negative errno with a sentence. */
int program_look(const char *path, struct program_file *file, struct problem *problem);

/* Whether the file at `path` is still that file, and nobody wrote to it or put it there since it
 * was looked at. */
bool program_is_same(const char *path, const struct program_file *file);

/* {"name", "sha256", "bytes"}, as documents have it; a new reference. */
json_t *program_json(const char *name, const struct program_file *file);

/* The same of the program that runs; NULL when its file cannot be read. */
json_t *program_self(const char *name);
