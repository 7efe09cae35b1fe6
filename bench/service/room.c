#include "room.h"

#include "exit_code.h"

#include <stdio.h>
#include <stdlib.h>

void *room_for(size_t count, size_t size)
{
	void *room = calloc(count + 1, size);

	if (!room) {
		fputs("seatrial: out of memory; the measurement is lost\n", stderr);
		exit(EXIT_CODE_FAILURE);
	}
	return room;
}
