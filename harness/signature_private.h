/*
 * signature_private: what signature.c shares with signature_make.c.
 */
#pragma once

#include "problem.h"
#include "signature.h"

#include <stddef.h>

#define SIGNATURE_MAX       ((size_t)64 << 10)
#define SIGNATURE_SPACE_MAX 32
#define SIGNATURE_WORDS_MAX 128

enum signature_kind { SIGNATURE_SSH, SIGNATURE_MINISIGN, SIGNATURE_KINDS };

struct signature_tool {
	const char *kind, *suffix, *program, *package;
};
extern const struct signature_tool signature_tools[SIGNATURE_KINDS];

/* What a signature is of, so that it is good for nothing else: "seatrial-run". Returns `buffer`. */
const char *signature_space(const struct signed_file *file, char buffer[SIGNATURE_SPACE_MAX]);

/* The same with which one it is, for minisign's trusted comment: "seatrial-run ID", printable.
 * Returns `buffer`. */
const char *signature_words(const struct signed_file *file, char buffer[SIGNATURE_WORDS_MAX]);

/* The first line of what a tool said on stderr, printable, without its name; "it says nothing" when
 * that is empty. Returns `buffer`. */
const char *signature_complaint(const char *errors, char *buffer, size_t size);
