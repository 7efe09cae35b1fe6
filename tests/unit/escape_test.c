#include "escape.h"
#include "exposition_points.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

typedef void escape_function(FILE *out, const char *text);

/* What becomes of a text. */
static void gives(escape_function *function, const char *text, const char *expected)
{
	char *got = NULL;
	size_t length;
	FILE *out = open_memstream(&got, &length);

	function(out, text);
	fclose(out);
	cr_expect(eq(str, got, (char *)expected), "of %s", text);
	free(got);
}

Test(escape, xml)
{
	gives(escape_xml, "a<b>&\"c\"'", "a&lt;b&gt;&amp;&quot;c&quot;'");
	gives(escape_xml, "é\x01\xff\uffff\ufffe\ufffd]]>", "é????\ufffd]]&gt;");
	gives(escape_xml, "\xef\xbf", "??");
}

Test(escape, csv)
{
	gives(escape_csv, "plain", "plain");
	gives(escape_csv, "a,b \"c\"", "\"a,b \"\"c\"\"\"");
	gives(escape_csv, "=1+1", "'=1+1");
	gives(escape_csv, "@x y", "\"'@x y\"");
	gives(escape_csv, "\r=1", "'?=1");
	gives(escape_csv, "\uff1d1", "'\uff1d1");
	gives(escape_csv, "-", "'-");
	gives(escape_csv, "  =1", "\"'  =1\"");
	gives(escape_csv, "\u00a0\u3000\uff20a", "'\u00a0\u3000\uff20a");
	gives(escape_csv, " \t=1", "\"' ?=1\"");
	gives(escape_csv, "a=1", "a=1");
	gives(escape_csv, "", "");
}

Test(escape, markdown_that_means_nothing_stays_as_it_is)
{
	static const char *const plain[] = {"", "1.5 ms: 3 of 12 (25 %)", "-3 %", "+1.5", "2.5",
		"fsync, 99th percentile", "20260120T150405Z", "2026-01-20T15:04:05Z", "é: don't?",
		NULL};

	for (size_t i = 0; plain[i]; i++)
		gives(escape_markdown, plain[i], plain[i]);
}

Test(escape, markdown_that_means_something_is_code)
{
	static const char *const meant[] = {"<b>*x*</b>", "http://e.org", "WWW.e.org", "mailto:a",
		"@a", "#1", "GH-1", "x ABC-12", "!1", "a ~b", "%v1", ":tada:", ":100:", "0123abc",
		"by 0123456789abcdef0123456789abcdef01234567", "/close", "- a", "-", "---", "+ a",
		"===", "1. a", "12) a", "1.", "[a](b)", "&lt;", "a_b_", "a__b", "_a", "$x$", "\\",
		"~~a~~", NULL};
	char code[100];

	for (size_t i = 0; meant[i]; i++) {
		snprintf(code, sizeof(code), "`%s`", meant[i]);
		gives(escape_markdown, meant[i], code);
	}
	gives(escape_markdown, "    a", "`     a `");
	gives(escape_markdown, "a|b", "`a\u00a6b`");
	gives(escape_markdown, "`` ` ```", "```` `` ` ``` ````");
	gives(escape_markdown, "a\nb\xff<", "`a?b?<`");
}

Test(escape, markdown_that_is_long_is_cut)
{
	char text[ESCAPE_MARKDOWN_MAX + 2], cut[sizeof(text) + 10];

	memset(text, 'x', sizeof(text));
	text[ESCAPE_MARKDOWN_MAX] = '\0';
	gives(escape_markdown, text, text);
	snprintf(cut, sizeof(cut), "%s (...)", text);
	text[ESCAPE_MARKDOWN_MAX] = 'x';
	text[ESCAPE_MARKDOWN_MAX + 1] = '\0';
	gives(escape_markdown, text, cut);
}

Test(escape, command)
{
	gives(escape_message, "a%0Ab\nc:d,e", "a%250Ab?c:d,e");
	gives(escape_property, "a%0Ab\nc:d,e", "a%250Ab?c%3Ad%2Ce");
}

Test(escape, label)
{
	gives(escape_label, "a\"b\\c\nd", "a\\\"b\\\\c?d");
}

Test(exposition, units_are_base_units)
{
	static const struct {
		const char *unit, *words;
		double divisor;
	} expected[] = {
		{"s", "seconds", 1},
		{"B", "bytes", 1},
		{"bit/s", "bytes_per_second", 8},
		{"B/s", "bytes_per_second", 1},
		{"1", "", 1},
		{"ratio", "ratio", 1},
		{"writes/s", "writes_per_second", 1},
		{"s/GB", "seconds_per_byte", 1e9},
		{"s/kB", "seconds_per_byte", 1e3},
		{"s/Mpacket", "seconds_per_packet", 1e6},
		{"s/key", "seconds_per_key", 1},
		{"changes/day", "changes_per_day", 1},
		{"1/s", "per_second", 1},
		{"a b/\"", "a_b_per__", 1},
		{"", "", 1},
	};

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		char words[100];
		double divisor;
		points_unit(expected[i].unit, &divisor, words, sizeof(words));
		cr_expect(eq(str, words, (char *)expected[i].words));
		cr_expect(eq(dbl, divisor, expected[i].divisor), "%s", expected[i].unit);
	}
}
