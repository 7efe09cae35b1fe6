#include "field.h"

#include <criterion/criterion.h>

static json_t *document;

static void open_document(void)
{
	document = json_pack("{s:s, s:s, s:i, s:i, s:f, s:n, s:[i], s:{s:s, s:s}}", "text", "hello",
		"empty", "", "count", 12034, "negative", -5, "real", 0.25, "null", "array", 1,
		"labels", "b", "2", "a", "1");
	cr_assert(document);
}

static void close_document(void)
{
	json_decref(document);
}

TestSuite(field, .init = open_document, .fini = close_document);

Test(field, reads_text_or_says_otherwise)
{
	cr_expect_str_eq(field_text(document, "text", "x"), "hello");
	cr_expect_str_eq(field_text(document, "empty", "x"), "x");
	cr_expect_str_eq(field_text(document, "count", "x"), "x");
	cr_expect_str_eq(field_text(document, "absent", "x"), "x");
	cr_expect_null(field_text(NULL, "text", NULL));
	cr_expect_str_eq(field_text(json_object_get(document, "array"), "text", "x"), "x");
}

Test(field, reads_numbers_of_either_kind)
{
	double value = 7;

	cr_expect(field_number(document, "count", &value) && value == 12034);
	cr_expect(field_number(document, "real", &value) && value == 0.25);
	cr_expect_not(field_number(document, "null", &value));
	cr_expect_not(field_number(document, "text", &value));
	cr_expect_eq(value, 0.25, "untouched");
	cr_expect_eq(field_count(document, "count"), 12034);
	cr_expect_eq(field_count(document, "negative"), 0);
	cr_expect_eq(field_count(document, "real"), 0);
}

Test(field, labels_match_when_all_of_some_are_there)
{
	json_t *some = json_pack("{s:s}", "a", "1"), *other = json_pack("{s:s}", "a", "2");
	const json_t *labels = json_object_get(document, "labels");

	cr_expect(field_labels_match(some, labels));
	cr_expect(field_labels_match(NULL, labels));
	cr_expect_not(field_labels_match(labels, some));
	cr_expect_not(field_labels_match(other, labels));
	cr_expect_not(field_labels_match(some, NULL));
	json_decref(some);
	json_decref(other);
}

Test(field, labels_read_as_words)
{
	char text[32];
	json_t *known = json_pack("{s:s}", "b", "2");
	const json_t *labels = json_object_get(document, "labels");

	cr_expect_str_eq(field_labels(labels, NULL, text, sizeof(text)), "b 2, a 1");
	cr_expect_str_eq(field_labels(labels, known, text, sizeof(text)), "a 1");
	cr_expect_str_eq(field_labels(NULL, NULL, text, sizeof(text)), "");
	cr_expect_str_eq(field_labels(labels, NULL, text, 6), "b 2, ");
	json_decref(known);
}

Test(field, values_are_for_people)
{
	char text[64];

	cr_expect_str_eq(
		field_value(json_object_get(document, "text"), NULL, text, sizeof(text)), "hello");
	cr_expect_str_eq(
		field_value(json_object_get(document, "real"), "s", text, sizeof(text)), "250 ms");
	cr_expect_str_eq(field_value(json_true(), NULL, text, sizeof(text)), "yes");
	cr_expect_str_eq(field_value(NULL, NULL, text, sizeof(text)), "unknown");
	cr_expect_str_eq(field_thousands(0, text, sizeof(text)), "0");
	cr_expect_str_eq(field_thousands(999, text, sizeof(text)), "999");
	cr_expect_str_eq(field_thousands(1234567, text, sizeof(text)), "1,234,567");
}

static void time_reads(const char *time, const char *expected)
{
	char text[64];
	json_t *object = json_pack("{s:s}", "t", time);

	cr_expect_str_eq(field_time(object, "t", text, sizeof(text)), expected);
	json_decref(object);
}

Test(field, times_are_for_people)
{
	time_reads("2026-01-02T15:04:05.123Z", "2 January 2026, 15:04 UTC");
	time_reads("2026-13-02T15:04:05Z", "2026-13-02T15:04:05Z");
	time_reads("yesterday", "yesterday");
}
