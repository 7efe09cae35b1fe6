#include "allocate.h"

#include "exit_code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *allocate_need(void *memory)
{
	if (memory)
		return memory;
	fputs("seatrial: out of memory\n", stderr);
	exit(EXIT_CODE_FAILURE);
}

void *allocate_zero(size_t count, size_t size)
{
	return allocate_need(calloc(count ? count : 1, size));
}

void *allocate_grow(void *memory, size_t count, size_t size)
{
	return allocate_need(reallocarray(memory, count ? count : 1, size));
}

char *allocate_text(const char *text)
{
	return allocate_need(strdup(text));
}
