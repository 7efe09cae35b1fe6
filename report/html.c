#include "html.h"

#include "text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void escape(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			putc(*text, out);
		}
	}
}

/* Writes the first `size` bytes of `text` in printable form, escaped. */
static void write_span(FILE *out, const char *text, size_t size)
{
	char copy[HTML_TEXT_MAX], printable[HTML_TEXT_MAX];
	bool cut = size >= sizeof(copy);

	if (cut)
		size = sizeof(copy) - 1;
	memcpy(copy, text, size);
	copy[size] = '\0';
	/* A character broken by the cut becomes '?'; the mark after it tells why. */
	escape(out, text_printable(copy, printable, sizeof(printable)));
	if (cut)
		fputs(" \u2026 (cut)", out);
}

void html_text(FILE *out, const char *text)
{
	if (text)
		write_span(out, text, strlen(text));
}

void html(FILE *out, const char *template, ...)
{
	va_list arguments;

	va_start(arguments, template);
	for (const char *at = template; *at; at++) {
		if (*at != '%') {
			putc(*at, out);
		} else if (*++at == 's') {
			html_text(out, va_arg(arguments, const char *));
		} else if (*at == 'd') {
			fprintf(out, "%d", va_arg(arguments, int));
		} else if (strncmp(at, "zu", 2) == 0) {
			fprintf(out, "%zu", va_arg(arguments, size_t));
			at++;
		} else if (*at == '%') {
			putc('%', out);
		} else {
			abort(); /* a directive that this writer does not promise */
		}
	}
	va_end(arguments);
}

/* The length of the address at `text`, or 0. Only characters that RFC 3986 allows; a full stop or
 * closing bracket at the end belongs to the sentence around it. */
static size_t address_length(const char *text)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"-._~:/?#[]@!$&'()*+,;=%";
	size_t scheme = strncmp(text, "https://", 8) == 0  ? 8
			: strncmp(text, "http://", 7) == 0 ? 7
							   : 0;

	if (!scheme)
		return 0;
	size_t length = strspn(text, allowed);
	while (length > scheme && strchr(".,;:!?)]'", text[length - 1]))
		length--;
	return length > scheme ? length : 0;
}

void html_linked(FILE *out, const char *text)
{
	if (text && strlen(text) >= HTML_TEXT_MAX) {
		html_text(out, text);
		return;
	}
	while (text && *text) {
		size_t plain = 0, length = 0;

		while (text[plain] && !(length = address_length(text + plain)))
			plain++;
		write_span(out, text, plain);
		text += plain;
		if (!length)
			return;
		fputs("<a rel=\"noopener noreferrer\" href=\"", out);
		write_span(out, text, length);
		fputs("\">", out);
		write_span(out, text, length);
		fputs("</a>", out);
		text += length;
	}
}

void html_paragraphs(FILE *out, const char *text)
{
	while (text && *text) {
		const char *end = strstr(text, "\n\n");
		size_t length = end ? (size_t)(end - text) : strlen(text);

		fputs("<p>", out);
		for (size_t at = 0; at < length;) {
			size_t line = strcspn(text + at, "\n");

			line = line < length - at ? line : length - at;
			write_span(out, text + at, line);
			at += line;
			if (at < length) {
				putc('\n', out);
				at++;
			}
		}
		fputs("</p>\n", out);
		text += length;
		text += strspn(text, "\n");
	}
}

void html_lines(FILE *out, const char *text)
{
	while (text && *text) {
		size_t length = strcspn(text, "\n");

		write_span(out, text, length);
		text += length;
		if (*text == '\n') {
			putc('\n', out);
			text++;
		}
	}
}
