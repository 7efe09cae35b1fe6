#include "terminal.h"

#include "text.h"

#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define WIDTH_DEFAULT 80
#define WIDTH_LEAST   40
#define WIDTH_MOST    100 /* longer lines are hard to read */

/* What our own texts use beyond ASCII, and what stands for it where there is only ASCII. */
static const struct {
	const char *utf8, *ascii;
} fallbacks[] = {
	{"\u2713", "+"}, /* check mark */
	{"\u2717", "x"}, /* ballot x */
	{"\u2026", "..."},
	{"\u2013", "-"},
	{"\u2014", "-"},
	{"\u2264", "<="},
	{"\u2265", ">="},
	{"\u00b1", "+-"},
	{"\u00b5", "u"}, /* micro sign */
	{"\u03bc", "u"}, /* mu */
	{"\u00d7", "x"},
	{"\u00a0", " "},
	{"\u202f", " "},
};

/* What the terminal says now, or 0. */
static int columns_now(int fd)
{
	struct winsize size;

	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static int width_of(int fd)
{
	const char *columns = getenv("COLUMNS");
	int width = columns_now(fd);

	if (width == 0 && columns)
		width = (int)strtol(columns, NULL, 10);
	if (width <= 0)
		return WIDTH_DEFAULT;
	return width < WIDTH_LEAST ? WIDTH_LEAST : width > WIDTH_MOST ? WIDTH_MOST : width;
}

void terminal_open(struct terminal *terminal, FILE *out)
{
	const char *kind = getenv("TERM"), *no_colour = getenv("NO_COLOR");
	int fd = fileno(out);

	terminal->out = out;
	terminal->live = fd >= 0 && isatty(fd) && kind && *kind && strcmp(kind, "dumb") != 0;
	terminal->colour = terminal->live && (!no_colour || *no_colour == '\0');
	terminal->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	terminal->width = fd >= 0 ? width_of(fd) : WIDTH_DEFAULT;
}

/* Replaces every character beyond ASCII, in place: no fallback is longer than what it stands for.
 */
static void to_ascii(char *text)
{
	char *to = text;

	while (*text) {
		size_t length = 1;
		const char *with = "?";
		if (!((unsigned char)*text & 0x80)) {
			*to++ = *text++;
			continue;
		}
		while (((unsigned char)text[length] & 0xc0) == 0x80)
			length++;
		for (size_t i = 0; i < sizeof(fallbacks) / sizeof(fallbacks[0]); i++)
			if (strncmp(text, fallbacks[i].utf8, length) == 0 &&
				strlen(fallbacks[i].utf8) == length)
				with = fallbacks[i].ascii;
		text += length;
		size_t used = strlen(with);
		memcpy(to, with, used);
		to += used;
	}
	*to = '\0';
}

/* A copy of `text` that can do no harm; the caller frees it. NULL when memory is short. */
static char *presentable(const struct terminal *terminal, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);

	if (!copy)
		return NULL;
	text_printable(text, copy, size);
	if (!terminal->utf8)
		to_ascii(copy);
	return copy;
}

static int columns_of(const char *text, size_t length)
{
	mbstate_t state = {0};
	int columns = 0;
	wchar_t wide;

	while (length > 0) {
		size_t used = mbrtowc(&wide, text, length, &state);
		if (used == 0 || used > length) {
			state = (mbstate_t){0};
			used = 1;
			columns++;
		} else {
			int own = wcwidth(wide);
			columns += own > 0 ? own : 0;
		}
		text += used;
		length -= used;
	}
	return columns;
}

int terminal_columns(const struct terminal *terminal, const char *text)
{
	char *copy = presentable(terminal, text);
	int columns = copy ? columns_of(copy, strlen(copy)) : 0;

	free(copy);
	return columns;
}

void terminal_write(const struct terminal *terminal, enum tone tone, const char *text)
{
	/* SGR of ECMA-48; the eight plain colours follow the user's own theme. */
	static const char *const codes[] = {
		[TONE_PLAIN] = NULL,
		[TONE_GOOD] = "32",
		[TONE_CAREFUL] = "33",
		[TONE_BAD] = "31",
		[TONE_STRONG] = "1",
		[TONE_FAINT] = "2",
	};
	char *copy = presentable(terminal, text);

	if (!copy)
		return;
	if (terminal->colour && codes[tone])
		fprintf(terminal->out, "\033[%sm%s\033[0m", codes[tone], copy);
	else
		fputs(copy, terminal->out);
	free(copy);
}

static void pad(FILE *out, int columns)
{
	fprintf(out, "%*s", columns > 0 ? columns : 0, "");
}

void terminal_wrap(const struct terminal *terminal, int column, int indent, const char *text)
{
	char *copy = presentable(terminal, text);
	bool first = true; /* on its line */

	for (char *word = copy ? copy + strspn(copy, " ") : NULL; word && *word;) {
		size_t length = strcspn(word, " ");
		int columns = columns_of(word, length);
		if (!first && column + 1 + columns > terminal->width) {
			fputc('\n', terminal->out);
			column = 0;
			first = true;
		}
		if (first) {
			pad(terminal->out, indent - column);
			column = column < indent ? indent : column;
		} else {
			fputc(' ', terminal->out);
			column++;
		}
		fwrite(word, 1, length, terminal->out);
		column += columns;
		first = false;
		word += length;
		word += strspn(word, " ");
	}
	fputc('\n', terminal->out);
	free(copy);
}

void terminal_say(const struct terminal *terminal, int indent, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	terminal_wrap(terminal, 0, indent, text);
	free(text);
}

void terminal_status(const struct terminal *terminal, const char *text)
{
	char *copy = terminal->live ? presentable(terminal, text) : NULL;
	size_t length = copy ? strlen(copy) : 0;
	/* A window may be narrower than what text is wrapped to, or have become so. */
	int now = columns_now(fileno(terminal->out));
	int width = now > 0 && now < terminal->width ? now : terminal->width;

	if (!copy)
		return;
	while (length > 0 && columns_of(copy, length) >= width)
		do
			length--;
		while (((unsigned char)copy[length] & 0xc0) == 0x80);
	fprintf(terminal->out, "\r%.*s\033[K", (int)length, copy);
	fflush(terminal->out);
	free(copy);
}

void terminal_status_clear(const struct terminal *terminal)
{
	if (!terminal->live)
		return;
	fputs("\r\033[K", terminal->out);
	fflush(terminal->out);
}
