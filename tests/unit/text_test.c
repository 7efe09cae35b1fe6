#include "text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *const malformed[] = {
	"\x80",
	"\xbf",
	"\xc0\x80",
	"\xc1\xbf", /* continuation alone; overlong */
	"\xc3",
	"\xe2\x82",
	"\xf0\x9f\x98", /* cut off */
	"\xe0\x9f\xbf",
	"\xf0\x8f\xbf\xbf", /* overlong */
	"\xed\xa0\x80",
	"\xed\xbf\xbf", /* surrogates */
	"\xf4\x90\x80\x80",
	"\xf5\x80\x80\x80",
	"\xfe",
	"\xff", /* beyond U+10FFFF */
	"ok\xff",
	"\xc3(",
	"\xe2(\xa1",
};

static const char *const well_formed[] = {
	"", "plain", "µs", "日本", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "😀"};

Test(text, knows_utf8)
{
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		cr_expect_not(text_is_utf8(malformed[i]), "%zu", i);
	for (size_t i = 0; i < sizeof(well_formed) / sizeof(well_formed[0]); i++)
		cr_expect(text_is_utf8(well_formed[i]), "%zu", i);
}

static void prints_as(const char *text, const char *expected)
{
	char buffer[256], *printed = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&printed, &size);

	cr_expect_str_eq(text_printable(text, buffer, sizeof(buffer)), expected);
	text_print(out, text);
	fclose(out);
	cr_expect_str_eq(printed, expected);
	free(printed);
}

Test(text, disarms_what_terminals_obey)
{
	prints_as("plain text, 日本 😀", "plain text, 日本 😀");
	prints_as("\x1b[31mred", "?[31mred");
	prints_as("a\nb\tc\rd\be", "a?b?c?d?e");
	prints_as("\x7f\xc2\x9b"
		  "31m\xc2\x80\xc2\x9f\xc2\xa0",
		"??31m??\xc2\xa0");
	prints_as("a\xe2\x80\xae"
		  "b\xe2\x80\xaa"
		  "c\xe2\x81\xa6"
		  "d\xe2\x81\xa9",
		"a?b?c?d?");
	prints_as("a\xe2\x80\xa8"
		  "b\xe2\x80\xa9",
		"a?b?");
	prints_as("\xff\xfe", "??");
	prints_as("\xe2\x82", "??");
	prints_as("", "");
}

Test(text, always_gives_utf8)
{
	char buffer[64];

	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		cr_expect(text_is_utf8(text_printable(malformed[i], buffer, sizeof(buffer))));
}

Test(text, cuts_between_characters)
{
	char buffer[8] = "xxxxxxx";

	cr_expect_str_eq(text_printable("abcdefgh", buffer, sizeof(buffer)), "abcdefg");
	cr_expect_str_eq(text_printable("日本語", buffer, sizeof(buffer)), "日本");
	cr_expect_str_eq(text_printable("abcde日", buffer, sizeof(buffer)), "abcde");
	cr_expect_str_eq(text_printable("abc", buffer, 1), "");
	buffer[0] = 'x';
	text_printable("abc", buffer, 0);
	cr_expect_eq(buffer[0], 'x');
}

Test(text, strips)
{
	char both[] = " \t word and word \r\n", none[] = "word", blank[] = " \n ", empty[] = "";

	cr_expect_str_eq(text_strip(both), "word and word");
	cr_expect_str_eq(text_strip(none), "word");
	cr_expect_str_eq(text_strip(blank), "");
	cr_expect_str_eq(text_strip(empty), "");
}
