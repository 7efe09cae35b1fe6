/*
 * descriptors: how many files this process may have open. Loads of many flows need more than the
 * usual soft limit, 1,024; the tools of the rig keep that, since select() knows no more.
 */
#pragma once

#include "problem.h"

#include <stddef.h>

/* Raises the soft limit to the hard one, once. Returns 0, or -EMFILE with a sentence when `wanted`
 * more descriptors are not to be had; `what` they are for: "256 flows over 6 ways". */
int descriptors_raise(size_t wanted, const char *what, struct problem *problem);

/* Undoes that; in a child too, after fork(). */
void descriptors_restore(void);
