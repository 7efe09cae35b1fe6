#include "shell.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* What a real shell makes of the word. */
static void survives(const char *word)
{
	char command[1024], read[512] = "";
	FILE *out = fmemopen(command, sizeof(command), "w");

	fputs("printf %s ", out);
	shell_word(out, word);
	fclose(out);
	FILE *shell = popen(command, "re"); // NOLINT(cert-env33-c): the point of the test
	cr_assert(shell);
	size_t size = fread(read, 1, sizeof(read) - 1, shell);
	read[size] = '\0';
	cr_expect_eq(pclose(shell), 0);
	cr_expect_str_eq(read, word, "%s", command);
}

Test(shell, a_word_stays_one_word)
{
	static const char *const words[] = {"plain", "", "two words", "it's", "''", "$(echo x)",
		"`id`", "a;b", "*", "~", "\\", "\"", "$HOME", "--dir=/a b", "line\nbreak", "#",
		"!x", "{a,b}", "&", "µs"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		survives(words[i]);
}

Test(shell, plain_words_need_no_quotes)
{
	char text[64];
	FILE *out = fmemopen(text, sizeof(text), "w");

	shell_word(out, "--dir=/var/lib/a-b_c,1.5:2");
	fclose(out);
	cr_expect_str_eq(text, "--dir=/var/lib/a-b_c,1.5:2");
}
