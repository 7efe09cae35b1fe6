#include "text.h"

#include <string.h>

size_t text_decode(const char *text, uint32_t *character)
{
	static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *at = (const unsigned char *)text;
	size_t length;

	if (at[0] < 0x80) {
		*character = at[0];
		return 1;
	}
	if ((at[0] & 0xe0) == 0xc0)
		length = 2;
	else if ((at[0] & 0xf0) == 0xe0)
		length = 3;
	else if ((at[0] & 0xf8) == 0xf0)
		length = 4;
	else
		return 0;
	*character = at[0] & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80) /* stops at the NUL, too */
			return 0;
		*character = *character << 6 | (at[i] & 0x3f);
	}
	if (*character < lowest[length] || *character > 0x10ffff ||
		*character >> 11 == 0xd800 >> 11)
		return 0;
	return length;
}

/* False for what can move the cursor, start an escape sequence, break a line, or make text read in
 * another order than it is written (Unicode Standard Annex 9, explicit directional formatting). */
static bool harmless(uint32_t character)
{
	if (character < 0x20 || (character >= 0x7f && character <= 0x9f))
		return false;
	if (character >= 0x2028 && character <= 0x202e) /* line separators, embeddings, overrides */
		return false;
	return character < 0x2066 || character > 0x2069; /* isolates */
}

size_t text_step(const char *text, const char **emit, size_t *emit_length)
{
	uint32_t character;
	size_t length = text_decode(text, &character);

	if (length && harmless(character)) {
		*emit = text;
		*emit_length = length;
		return length;
	}
	*emit = "?";
	*emit_length = 1;
	return length ? length : 1;
}

bool text_is_utf8(const char *text)
{
	uint32_t character;

	while (*text) {
		size_t length = text_decode(text, &character);
		if (!length)
			return false;
		text += length;
	}
	return true;
}

const char *text_printable(const char *text, char *buffer, size_t size)
{
	size_t used = 0;

	if (!size)
		return buffer;
	while (*text) {
		const char *emit;
		size_t length;

		text += text_step(text, &emit, &length);
		if (used + length >= size)
			break;
		memcpy(buffer + used, emit, length);
		used += length;
	}
	buffer[used] = '\0';
	return buffer;
}

void text_print(FILE *out, const char *text)
{
	while (*text) {
		const char *emit;
		size_t length;

		text += text_step(text, &emit, &length);
		fwrite(emit, 1, length, out);
	}
}

char *text_strip(char *text)
{
	static const char white[] = " \t\n\v\f\r";
	size_t length;

	text += strspn(text, white);
	length = strlen(text);
	while (length && strchr(white, text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}
