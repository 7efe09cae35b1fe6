#include "base64.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

Test(base64, is_that_of_rfc_4648)
{
	static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
		{"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"}, {"\xfb\xff\xfe", "+//+"}};
	char text[16];
	uint8_t bytes[16];

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		size_t length = strlen(pairs[i][0]);

		base64_write((const uint8_t *)pairs[i][0], length, text);
		cr_assert(eq(str, text, (char *)pairs[i][1]));
		cr_assert(eq(long, base64_read(text, bytes, NULL), (long)length));
		cr_assert(eq(int, memcmp(bytes, pairs[i][0], length), 0));
	}
}

Test(base64, nothing_else_is_read)
{
	static const char *const texts[] = {"A", "AB", "ABC", "ABCDE", "====", "A===", "=ABC",
		"AB=C", "AB D", "AB\nD", "AB-_", "ABC\x80"};
	uint8_t bytes[16];

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct problem problem = {""};

		cr_assert(
			eq(long, base64_read(texts[i], bytes, &problem), -EINVAL), "%s", texts[i]);
		cr_assert(gt(sz, strlen(problem.text), 0));
	}
}
