#include "html.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static char *text;
static size_t size;

static FILE *open_page(void)
{
	FILE *out = open_memstream(&text, &size);

	cr_assert(out);
	return out;
}

static void expect_page(FILE *out, const char *expected)
{
	fclose(out);
	cr_expect_str_eq(text, expected);
	free(text);
}

Test(html, escapes_what_fills_a_template)
{
	FILE *out = open_page();

	html(out, "<p title=\"%s\">%d of %zu: %s, 100%%</p>", "\"><script>'&", -3, (size_t)7,
		"<b onclick=x>");
	expect_page(out, "<p title=\"&quot;&gt;&lt;script&gt;&#39;&amp;\">-3 of 7: "
			 "&lt;b onclick=x&gt;, 100%</p>");
}

Test(html, nothing_for_no_text)
{
	FILE *out = open_page();
	const char *volatile nothing = NULL;

	html(out, "<p>%s</p>", nothing);
	expect_page(out, "<p></p>");
}

Test(html, refuses_other_directives, .signal = SIGABRT)
{
	FILE *out = open_page();
	const char *volatile template = "%u";

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	html(out, template, 1U);
#pragma GCC diagnostic pop
}

Test(html, makes_controls_and_overrides_visible)
{
	FILE *out = open_page();

	html_text(out, "a\x1b[31mb\nc\xc2\x9b"
		       "d\xe2\x80\xae"
		       "e\xff");
	expect_page(out, "a?[31mb?c?d?e?");
}

Test(html, cuts_what_is_too_long_and_says_so)
{
	char *many = malloc(3 * HTML_TEXT_MAX);
	FILE *out = open_page();

	memset(many, '&', 3 * HTML_TEXT_MAX - 1);
	many[3 * HTML_TEXT_MAX - 1] = '\0';
	html_text(out, many);
	fclose(out);
	cr_expect_eq(strncmp(text, "&amp;&amp;", 10), 0);
	cr_expect(strstr(text, "(cut)"));
	cr_expect_lt(size, 5 * HTML_TEXT_MAX + 20);
	free(text);
	free(many);
}

static void links_as(const char *from, const char *expected)
{
	FILE *out = open_page();

	html_linked(out, from);
	expect_page(out, expected);
}

#define LINK(to) "<a rel=\"noopener noreferrer\" href=\"" to "\">" to "</a>"

Test(html, links_addresses_and_nothing_else)
{
	links_as("see https://etcd.io/docs/, section 2.",
		"see " LINK("https://etcd.io/docs/") ", section 2.");
	links_as("(http://a.b/c_(d)?e=f&g)", "(" LINK("http://a.b/c_(d)?e=f&amp;g") ")");
	links_as("https://a.b http://c.d", LINK("https://a.b") " " LINK("http://c.d"));
	links_as("javascript:alert(1) data:text/html,x file:///etc ftp://a.b",
		"javascript:alert(1) data:text/html,x file:///etc ftp://a.b");
	links_as("http:// https://. HTTPS://a.b", "http:// https://. HTTPS://a.b");
	links_as("https://a.b/\"onclick=alert(1)", LINK("https://a.b/") "&quot;onclick=alert(1)");
	links_as("https://a.b/<script>", LINK("https://a.b/") "&lt;script&gt;");
	links_as("", "");
	links_as(NULL, "");
}

Test(html, parts_paragraphs_at_blank_lines)
{
	FILE *out = open_page();

	html_paragraphs(out, "one\nmore & more\n\n\ntwo");
	expect_page(out, "<p>one\nmore &amp; more</p>\n<p>two</p>\n");
	out = open_page();
	html_paragraphs(out, NULL);
	expect_page(out, "");
}

Test(html, keeps_line_breaks_where_asked)
{
	FILE *out = open_page();

	html_lines(out, "a\r\n<b>\n");
	expect_page(out, "a?\n&lt;b&gt;\n");
}
