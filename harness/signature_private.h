/*
 * signature_private: what signature.c shares with signature_make.c.
 */
#pragma once

#include "problem.h"

#include <stddef.h>

#define SIGNATURE_NAMESPACE "seatrial-run"
#define SIGNATURE_MAX       ((size_t)64 << 10)

enum signature_kind { SIGNATURE_SSH, SIGNATURE_MINISIGN, SIGNATURE_KINDS };

struct signature_tool {
	const char *kind, *suffix, *program, *package;
};
extern const struct signature_tool signature_tools[SIGNATURE_KINDS];

/* The first line of what a tool said on stderr, printable, without its name; "it says nothing" when
 * that is empty. Returns `buffer`. */
const char *signature_complaint(const char *errors, char *buffer, size_t size);
