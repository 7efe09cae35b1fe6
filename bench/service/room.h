/*
 * room: memory for readings. To lose them for want of it is fatal, as in record.h.
 */
#pragma once

#include <stddef.h>

/* Zeroed, for the caller to free; never NULL, for none, too. */
void *room_for(size_t count, size_t size);
