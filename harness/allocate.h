/*
 * allocate: allocations of a program that ends when there is no more of it.
 */
#pragma once

#include <stddef.h>

/* `memory` itself; ends the program with a sentence on stderr when it is NULL. */
void *allocate_need(void *memory);

/* As calloc(3), realloc(3) to `count` items, and strdup(3), but never NULL. */
void *allocate_zero(size_t count, size_t size);
void *allocate_grow(void *memory, size_t count, size_t size);
char *allocate_text(const char *text);
