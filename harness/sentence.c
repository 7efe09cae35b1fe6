#include "sentence.h"

#include "text.h"

#include <stdarg.h>
#include <stdio.h>

void sentence_add(struct sentence *sentence, const char *format, ...)
{
	size_t room = sizeof(sentence->text) - sentence->used;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(sentence->text + sentence->used, room, format, arguments);
	va_end(arguments);
	if (length > 0)
		sentence->used += (size_t)length < room ? (size_t)length : room - 1;
}

const char *sentence_finish(const struct sentence *sentence, char *buffer, size_t size)
{
	/* Also repairs a character that the end of the text cut in two. */
	return text_printable(sentence->text, buffer, size);
}
