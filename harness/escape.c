#include "escape.h"

#include "text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What stands for one character of `length` bytes; NULL: itself. */
typedef const char *replace_function(const char *character, size_t length);

/* Writes at most `most` characters of a text. Returns what is left of it. */
static const char *write_replaced(
	FILE *out, const char *text, size_t most, replace_function *replace)
{
	for (; *text && most > 0; most--) {
		const char *emit;
		size_t length;

		text += text_step(text, &emit, &length);
		const char *other = replace(emit, length);
		if (other)
			fputs(other, out);
		else
			fwrite(emit, 1, length, out);
	}
	return text;
}

static const char *replace_in_xml(const char *character, size_t length)
{
	/* U+FFFE and U+FFFF are well-formed UTF-8, but no characters of XML. */
	if (length == 3 && memcmp(character, "\xef\xbf", 2) == 0 && (character[2] & 0x3f) >= 0x3e)
		return "?";
	switch (*character) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	default:
		return NULL;
	}
}

void escape_xml(FILE *out, const char *text)
{
	write_replaced(out, text, SIZE_MAX, replace_in_xml);
}

static const char *replace_in_csv(const char *character, size_t length)
{
	(void)length;
	return *character == '"' ? "\"\"" : NULL;
}

/* Whether a spreadsheet might calculate it; in East Asian locales the wide forms count, too. */
static bool is_formula(const char *text)
{
	static const char *const wide[] = {"\uff1d", "\uff0b", "\uff0d", "\uff20"};

	/* What becomes '?' on the way may have been a tab or a line break, which do as well. */
	if (*text && strchr("=+-@\t\r\n", *text))
		return true;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (strncmp(text, wide[i], strlen(wide[i])) == 0)
			return true;
	return false;
}

void escape_csv(FILE *out, const char *text)
{
	bool quoted = strpbrk(text, "\",;| ") != NULL;

	if (quoted)
		fputc('"', out);
	if (is_formula(text))
		fputc('\'', out);
	write_replaced(out, text, SIZE_MAX, replace_in_csv);
	if (quoted)
		fputc('"', out);
}

/* What GitHub makes a link of, though nothing marks it as one: "http://", "www.example.org". */
static bool is_in_address(const char *character)
{
	return (*character == ':' && character[1] == '/') ||
	       (*character == '.' && isascii(character[1]) && isalpha(character[1]));
}

static const char *replace_in_markdown(const char *character, size_t length)
{
	static char escaped[3] = "\\";

	(void)length;
	switch (*character) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	/* Whatever Markdown makes of it, GitHub looks for "@name" and "#1" in the text that comes
	 * of it: a space of no width parts them. */
	case '@':
		return "\\@\u200b";
	case '#':
		return "\\#\u200b";
	default:
		break;
	}
	if (!strchr("\\`*_{}[]!|~$\"", *character) && !is_in_address(character))
		return NULL;
	escaped[1] = *character;
	return escaped;
}

void escape_markdown(FILE *out, const char *text)
{
	if (*write_replaced(out, text, ESCAPE_MARKDOWN_MAX, replace_in_markdown))
		fputs(" [...]", out);
}

static const char *replace_in_message(const char *character, size_t length)
{
	(void)length;
	return *character == '%' ? "%25" : NULL;
}

void escape_message(FILE *out, const char *text)
{
	write_replaced(out, text, SIZE_MAX, replace_in_message);
}

static const char *replace_in_property(const char *character, size_t length)
{
	switch (*character) {
	case ':':
		return "%3A";
	case ',':
		return "%2C";
	default:
		return replace_in_message(character, length);
	}
}

void escape_property(FILE *out, const char *text)
{
	write_replaced(out, text, SIZE_MAX, replace_in_property);
}

static const char *replace_in_label(const char *character, size_t length)
{
	(void)length;
	switch (*character) {
	case '\\':
		return "\\\\";
	case '"':
		return "\\\"";
	default:
		return NULL;
	}
}

void escape_label(FILE *out, const char *text)
{
	write_replaced(out, text, SIZE_MAX, replace_in_label);
}

void escape_word(FILE *out, const char *text, const char *also)
{
	for (const char *at = text; *at; at++)
		fputc(isascii(*at) && (isalnum(*at) || strchr(also, *at)) ? *at : '_', out);
}
