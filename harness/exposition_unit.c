/* Units in the words that Prometheus' naming has for them. */
#include "exposition_points.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Lower-case letters and digits; everything else becomes '_'. */
static void spell(const char *text, size_t length, char *buffer, size_t size)
{
	size_t i = 0;

	for (; i < length && i + 1 < size; i++)
		buffer[i] = isascii(text[i]) && isalnum(text[i]) ? (char)tolower(text[i]) : '_';
	buffer[i] = '\0';
}

static void numerator(const char *text, size_t length, double *divisor, char *buffer, size_t size)
{
	if (length == 1 && *text == 's')
		snprintf(buffer, size, "seconds");
	else if (length == 1 && *text == 'B')
		snprintf(buffer, size, "bytes");
	else if (length == 1 && *text == '1')
		*buffer = '\0';
	else if (length == 3 && strncmp(text, "bit", 3) == 0) {
		snprintf(buffer, size, "bytes");
		*divisor *= 8;
	} else
		spell(text, length, buffer, size);
}

static void denominator(const char *text, double *divisor, char *buffer, size_t size)
{
	static const char prefixes[] = "kMGT";
	const char *prefix = *text ? strchr(prefixes, *text) : NULL;

	/* "k" is a prefix of bytes only: it begins words, too. */
	if (prefix && text[1] && (*text != 'k' || strcmp(text, "kB") == 0)) {
		for (const char *at = prefixes; at <= prefix; at++)
			*divisor *= 1000;
		text++;
	}
	if (strcmp(text, "s") == 0)
		snprintf(buffer, size, "second");
	else if (strcmp(text, "B") == 0)
		snprintf(buffer, size, "byte");
	else
		spell(text, strlen(text), buffer, size);
}

const char *points_unit(const char *unit, double *divisor, char *buffer, size_t size)
{
	const char *slash = strchr(unit, '/');
	char above[40], below[40];

	*divisor = 1;
	numerator(
		unit, slash ? (size_t)(slash - unit) : strlen(unit), divisor, above, sizeof(above));
	if (!slash) {
		snprintf(buffer, size, "%s", above);
		return buffer;
	}
	denominator(slash + 1, divisor, below, sizeof(below));
	snprintf(buffer, size, "%s%sper_%s", above, *above ? "_" : "", below);
	return buffer;
}
