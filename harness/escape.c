#include "escape.h"

#include "text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* What stands for one character of `length` bytes; NULL: itself. */
typedef const char *replace_function(const char *character, size_t length);

static void write_replaced(FILE *out, const char *text, replace_function *replace)
{
	while (*text) {
		const char *emit;
		size_t length;

		text += text_step(text, &emit, &length);
		const char *other = replace(emit, length);
		if (other)
			fputs(other, out);
		else
			fwrite(emit, 1, length, out);
	}
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
	write_replaced(out, text, replace_in_xml);
}

/* The length of which of these `text` begins with; 0: none. */
static size_t length_of_any(const char *const *beginnings, const char *text)
{
	for (; *beginnings; beginnings++)
		if (strncmp(text, *beginnings, strlen(*beginnings)) == 0)
			return strlen(*beginnings);
	return 0;
}

static const char *replace_in_csv(const char *character, size_t length)
{
	(void)length;
	return *character == '"' ? "\"\"" : NULL;
}

/* Whether a spreadsheet might calculate it: OWASP, CSV injection. Some of them strip spaces, and
 * take the wide forms alike. What becomes '?' on the way may have been a tab or a line break, after
 * which anything may be one. */
static bool is_formula(const char *text)
{
	static const char *const starts[] = {
		"=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", NULL};
	static const char *const spaces[] = {" ", "\u00a0", "\u3000", "\ufeff", NULL};
	size_t length;

	while ((length = length_of_any(spaces, text)) > 0)
		text += length;
	return length_of_any(starts, text) > 0;
}

void escape_csv(FILE *out, const char *text)
{
	bool quoted = strpbrk(text, "\",;| ") != NULL;

	if (quoted)
		fputc('"', out);
	if (is_formula(text))
		fputc('\'', out);
	write_replaced(out, text, replace_in_csv);
	if (quoted)
		fputc('"', out);
}

static bool is_letter(char c)
{
	return isascii(c) && isalpha(c);
}

static bool is_digit(char c)
{
	return isascii(c) && isdigit(c);
}

static bool begins_word(const char *text, const char *at)
{
	return at == text || !(is_letter(at[-1]) || is_digit(at[-1]));
}

/* What GitHub or GitLab take for a reference, though nothing marks it as one: a commit's hash,
 * "GH-1" or any other tracker's "ABC-1", ":name:" of an emoji, "%name" of a milestone. */
static bool is_reference(const char *text, const char *at)
{
	size_t hex = strspn(at, "0123456789abcdefABCDEF");

	switch (*at) {
	case ':':
		return at[1] && at[1] != ' ' && !(at > text && is_digit(at[-1]) && is_digit(at[1]));
	case '%':
		return is_letter(at[1]) || is_digit(at[1]);
	case '-':
		return at > text && is_letter(at[-1]) && is_digit(at[1]);
	default:
		return hex >= 7 && begins_word(text, at) && !is_letter(at[hex]);
	}
}

/* Whether a line that begins so is an item of a list, a heading or a rule. */
static bool begins_block(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	if (digits)
		return text[digits] && strchr(".)", text[digits]) &&
		       (!text[digits + 1] || text[digits + 1] == ' ');
	if (*text == '-' || *text == '+')
		return !is_digit(text[1]);
	return *text && isascii(*text) && !is_letter(*text) && *text != '(';
}

/* Inside a word it opens no emphasis and closes none. */
static bool is_inner_underscore(const char *text, const char *at)
{
	return *at == '_' && at > text && (is_letter(at[-1]) || is_digit(at[-1])) &&
	       (is_letter(at[1]) || is_digit(at[1]));
}

/* Whether it means nothing but itself to Markdown, HTML and forges, wherever it stands. */
static bool is_plain(const char *text)
{
	if (begins_block(text) || strcasestr(text, "www."))
		return false;
	for (const char *at = text; *at; at++)
		if (isascii(*at) &&
			((!is_letter(*at) && !is_digit(*at) && !strchr(" .,:;%()/'=+?-", *at) &&
				 !is_inner_underscore(text, at)) ||
				is_reference(text, at)))
			return false;
	return true;
}

static size_t longest_backticks(const char *text)
{
	size_t longest = 0, run;

	for (; *text; text += run ? run : 1) {
		run = strspn(text, "`");
		longest = run > longest ? run : longest;
	}
	return longest;
}

static const char *replace_in_code(const char *character, size_t length)
{
	(void)length;
	/* "\|" is a bar, but a backslash before it would take its place. */
	return *character == '|' ? "\u00a6" : NULL;
}

static void write_times(FILE *out, const char *text, size_t times)
{
	while (times-- > 0)
		fputs(text, out);
}

/* In a code span nothing has a meaning but a bar, which would end the cell of a table even there,
 * and what is at its ends: there one space is taken off. */
static void write_code(FILE *out, const char *text)
{
	size_t ticks = longest_backticks(text) + 1;
	const char *space = strchr(" `", *text) || strchr(" `", text[strlen(text) - 1]) ? " " : "";

	write_times(out, "`", ticks);
	fputs(space, out);
	write_replaced(out, text, replace_in_code);
	fputs(space, out);
	write_times(out, "`", ticks);
}

/* As much of it as is shown. Returns whether that is all. */
static bool shorten(const char *text, char shown[4 * ESCAPE_MARKDOWN_MAX + 1])
{
	size_t used = 0;

	for (size_t i = 0; *text && i < ESCAPE_MARKDOWN_MAX; i++) {
		const char *emit;
		size_t length;

		text += text_step(text, &emit, &length);
		memcpy(shown + used, emit, length);
		used += length;
	}
	shown[used] = '\0';
	return *text == '\0';
}

void escape_markdown(FILE *out, const char *text)
{
	char shown[4 * ESCAPE_MARKDOWN_MAX + 1];
	bool whole = shorten(text, shown);

	if (is_plain(shown))
		fputs(shown, out);
	else
		write_code(out, shown);
	if (!whole)
		fputs(" (...)", out);
}

static const char *replace_in_message(const char *character, size_t length)
{
	(void)length;
	return *character == '%' ? "%25" : NULL;
}

void escape_message(FILE *out, const char *text)
{
	write_replaced(out, text, replace_in_message);
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
	write_replaced(out, text, replace_in_property);
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
	write_replaced(out, text, replace_in_label);
}

void escape_word(FILE *out, const char *text, const char *also)
{
	for (const char *at = text; *at; at++)
		fputc(isascii(*at) && (isalnum(*at) || strchr(also, *at)) ? *at : '_', out);
}
