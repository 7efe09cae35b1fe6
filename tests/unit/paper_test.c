#include "paper.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static char *catch_output(void (*write)(const char *, FILE *), const char *text)
{
	char *caught = NULL;
	size_t size;
	FILE *out = open_memstream(&caught, &size);

	write(text, out);
	fclose(out);
	return caught;
}

static void resolve(const char *rules, FILE *out)
{
	paper_resolve(
		rules, ":root { --ink: #111; --c0: #0072b2;\n--h: 1px }\nb { --other: 2px; }", out);
}

static void expect(void (*write)(const char *, FILE *), const char *text, const char *wanted)
{
	char *caught = catch_output(write, text);

	cr_expect_str_eq(caught, wanted);
	free(caught);
}

Test(paper, variables_become_their_values_and_others_stay)
{
	expect(resolve, "a { color: var(--ink) }", "a { color: #111 }");
	expect(resolve, "a { border: 1px solid var(--c0); width: var(--h) }",
		"a { border: 1px solid #0072b2; width: 1px  }");
	expect(resolve, "var(--other) var(--in", "var(--other) var(--in)");
	expect(resolve, "", "");
}

Test(paper, contents_name_every_part_as_the_body_does)
{
	static const char body[] =
		"<h2>One &lt;b&gt;</h2><p>text</p><h3>no part</h3><h2>Two <span>x</span></h2><h2>cut";
	char *contents = catch_output(paper_contents, body),
	     *written = catch_output(paper_body, body);

	cr_expect(strstr(contents, "<a href=\"#part-0\">One &lt;b&gt;</a>"));
	cr_expect(strstr(contents, "<a href=\"#part-1\">Two x</a>"));
	cr_expect_not(strstr(contents, "part-2"));
	cr_expect(strstr(written, "<h2 id=\"part-0\">One"));
	cr_expect(strstr(written, "<h2 id=\"part-1\">Two"));
	cr_expect(strstr(written, "<h3>no part</h3>"));
	free(contents);
	free(written);
}

Test(paper, a_drawing_brings_its_style_without_variables)
{
	char *written = catch_output(paper_body,
		"<svg class=\"plot\" viewBox=\"0 0 440 300\" role=\"img\"><path/></svg>"
		"<svg class=\"plot\" viewBox=\"0 0 30 8\"></svg><svg class=\"plot\"");
	size_t styles = 0;

	for (const char *at = written; (at = strstr(at, "<style>")); at++)
		styles++;
	cr_expect_eq(styles, 2);
	cr_expect_not(strstr(written, "var("));
	cr_expect(strstr(written, ".i10 { stroke: #0072b2; }"));
	cr_expect(strstr(written, "viewBox=\"-14 0 472 300\" role=\"img\">"));
	cr_expect(strstr(written, "viewBox=\"0 0 30 8\">"));
	free(written);
}
