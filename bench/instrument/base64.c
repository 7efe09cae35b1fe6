#include "base64.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* The last one pads. */
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
#define PADDING 64

void base64_write(const uint8_t *bytes, size_t count, char *text)
{
	for (size_t i = 0; i < count; i += 3) {
		bool second = i + 1 < count;
		bool third = i + 2 < count;
		uint32_t bits = (uint32_t)bytes[i] << 16;

		if (second)
			bits |= (uint32_t)bytes[i + 1] << 8;
		if (third)
			bits |= bytes[i + 2];
		*text++ = digits[bits >> 18];
		*text++ = digits[bits >> 12 & 63];
		*text++ = digits[second ? bits >> 6 & 63 : PADDING];
		*text++ = digits[third ? bits & 63 : PADDING];
	}
	*text = '\0';
}

static int digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

ssize_t base64_read(const char *text, uint8_t *bytes, struct problem *problem)
{
	size_t length = strlen(text);
	size_t padding = 0;
	uint8_t *out = bytes;
	uint32_t bits = 0;

	while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
		padding++;
	if (length % 4)
		return problem_set(problem, -EINVAL,
			"base64: %zu characters are not whole groups of 4; was the text cut short?",
			length);
	for (size_t i = 0; i < length - padding; i++) {
		int value = digit_value(text[i]);

		if (value < 0)
			return problem_set(problem, -EINVAL,
				"base64: character %zu (code %u) is not one of its digits", i + 1,
				(unsigned)(uint8_t)text[i]);
		bits = bits << 6 | (uint32_t)value;
		if (i % 4 == 0)
			continue;
		*out++ = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	return out - bytes;
}
