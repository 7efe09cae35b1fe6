#include "base64.h"
#include "histogram.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define HIGHEST HISTOGRAM_HIGHEST_NS

/* The plain form, under construction. */
struct form {
	uint8_t *bytes;
	size_t length;
};

static void form_put(struct form *form, uint64_t value, int bytes)
{
	while (bytes--)
		form->bytes[form->length++] = (uint8_t)(value >> 8 * bytes);
}

static void form_header(
	struct form *form, uint64_t payload, uint64_t digits, uint64_t lowest, uint64_t highest)
{
	form_put(form, 0x1c849313, 4);
	form_put(form, payload, 4);
	form_put(form, 0, 4);
	form_put(form, digits, 4);
	form_put(form, lowest, 8);
	form_put(form, highest, 8);
	form_put(form, 0x3ff0000000000000, 8);
}

/* Decodes bytes; on success the caller's. */
static int decode_bytes(
	const uint8_t *bytes, size_t count, struct histogram **out, struct problem *problem)
{
	char *text = malloc(base64_length(count) + 1);

	base64_write(bytes, count, text);
	int status = histogram_decode(text, out, problem);

	free(text);
	return status;
}

/* Packs `form` as the compressed form, `claimed` bytes long (0: the truth), cutting `cut` off its
 * end. */
static int decode_packed(
	const struct form *form, size_t claimed, size_t cut, struct histogram **out)
{
	struct problem problem = {""};
	uLongf packed_length = compressBound(form->length);
	struct form packed = {malloc(8 + packed_length), 0};

	cr_assert(eq(
		int, compress(packed.bytes + 8, &packed_length, form->bytes, form->length), Z_OK));
	form_put(&packed, 0x1c849314, 4);
	form_put(&packed, claimed ? claimed : packed_length - cut, 4);
	int status = decode_bytes(packed.bytes, 8 + packed_length - cut, out, &problem);

	cr_assert(eq(int, status < 0, problem.text[0] != '\0'));
	free(packed.bytes);
	return status;
}

/* Whether a plain form with this payload is taken. */
static int decode_payload(const void *payload, size_t length)
{
	uint8_t bytes[256];
	struct form form = {bytes, 0};
	struct histogram *histogram = NULL;
	struct problem problem = {""};

	form_header(&form, length, 3, 1, HIGHEST);
	memcpy(bytes + form.length, payload, length);
	int status = decode_bytes(bytes, form.length + length, &histogram, &problem);

	cr_assert(eq(int, status < 0, problem.text[0] != '\0'));
	histogram_free(histogram);
	return status;
}

static int decode_text(const char *text)
{
	struct histogram *histogram = NULL;
	struct problem problem = {""};
	int status = histogram_decode(text, &histogram, &problem);

	cr_assert(eq(int, status < 0, problem.text[0] != '\0'));
	cr_assert(eq(int, status < 0, histogram == NULL));
	histogram_free(histogram);
	return status;
}

static void assert_round_trip(const struct histogram *histogram)
{
	struct histogram *decoded = NULL;
	char *text = histogram_encode(histogram);

	cr_assert(eq(int, strncmp(text, "HISTFAAA", 8), 0));
	cr_assert(eq(int, histogram_decode(text, &decoded, NULL), 0));
	cr_assert(eq(u64, decoded->total, histogram->total));
	cr_assert(eq(int, memcmp(decoded->slots, histogram->slots, sizeof(decoded->slots)), 0));
	if (histogram->total) {
		cr_assert(
			eq(sz, histogram_slot(decoded->min_ns), histogram_slot(histogram->min_ns)));
		cr_assert(
			eq(sz, histogram_slot(decoded->max_ns), histogram_slot(histogram->max_ns)));
		cr_assert(ge(i64, decoded->max_ns, histogram->max_ns));
		cr_assert(le(i64, decoded->min_ns, histogram->min_ns));
	}
	histogram_free(decoded);
	free(text);
}

Test(histogram_codec, decodes_in_place_of_anything)
{
	struct histogram *used = histogram_new(), *fresh = histogram_new();
	struct problem problem = {""};

	histogram_record(fresh, 5000);
	histogram_record(fresh, 7000000);
	char *text = histogram_encode(fresh);
	histogram_record(used, 0);
	histogram_record(used, HIGHEST);
	histogram_record(used, HIGHEST + 1);
	cr_assert(eq(int, histogram_decode_into(text, used, &problem), 0));
	cr_assert(eq(int, memcmp(used->slots, fresh->slots, sizeof(used->slots)), 0));
	cr_assert(eq(u64, used->total, 2));
	cr_assert(eq(u64, used->refused, 0));
	/* Cut short amid its counts or its sum. */
	char *cut = strdup(text);
	cut[strlen(cut) / 4 * 4 - 8] = '\0';
	cr_assert(lt(int, histogram_decode_into(cut, used, &problem), 0));
	histogram_reset(fresh);
	cr_assert(eq(int, memcmp(used, fresh, sizeof(*used)), 0));
	free(cut);
	free(text);
	histogram_free(used);
	histogram_free(fresh);
}

Test(histogram_codec, gives_back_what_it_was_given)
{
	static const int64_t edges[] = {
		0, 1, 2047, 2048, 4095, 4096, 1000003, HIGHEST - 1, HIGHEST};
	struct histogram *histogram = histogram_new();

	assert_round_trip(histogram);
	for (size_t i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
		histogram_record(histogram, edges[i]);
		assert_round_trip(histogram);
	}
	for (int64_t value = 1; value < HIGHEST; value += value / 3 + 1)
		for (int times = 0; times < value % 777; times++)
			histogram_record(histogram, value);
	assert_round_trip(histogram);
	histogram_free(histogram);
}

Test(histogram_codec, counts_of_every_width_survive)
{
	struct histogram *histogram = histogram_new();

	for (int bits = 0; bits < 53; bits++) {
		histogram_reset(histogram);
		histogram->total = histogram->slots[histogram_slot(5000)] = UINT64_C(1) << bits;
		histogram->min_ns = histogram->max_ns = 5000;
		assert_round_trip(histogram);
	}
	histogram_free(histogram);
}

Test(histogram_codec, empty_slots_at_the_end_are_left_out)
{
	struct histogram *histogram = histogram_new();

	histogram_record(histogram, 100);
	char *low = histogram_encode(histogram);

	histogram_record(histogram, HIGHEST);
	char *high = histogram_encode(histogram);
	uint8_t packed[256], plain[256];
	uLongf length = sizeof(plain);
	ssize_t count = base64_read(low, packed, NULL);

	cr_assert(eq(int, uncompress(plain, &length, packed + 8, (uLong)count - 8), Z_OK));
	/* A header, 100 empty slots as -100 in two bytes, and a one. */
	cr_assert(eq(int, memcmp(plain + 40, "\xc7\x01\x02", 3), 0));
	cr_assert(eq(ulong, length, 43));
	cr_assert(gt(sz, strlen(high), strlen(low)));
	free(high);
	free(low);
	histogram_free(histogram);
}

/* One line of unit/data/histogram/vectors.txt; its README says what the histograms hold. */
static void assert_vector(
	const char *form, int64_t lowest, int digits, uint64_t beyond, const char *text)
{
	struct histogram *histogram = NULL;
	struct problem problem = {""};

	cr_assert(eq(int, histogram_decode(text, &histogram, &problem), 0), "%s", problem.text);
	cr_assert(eq(u64, histogram->total, 1000));
	cr_assert(eq(u64, histogram->refused, beyond));
	/* Off by half a slot of theirs and one of ours. */
	double precision = 0.5 * pow(10, -digits) + 0.001;

	for (uint64_t i = 0; i < 1000; i++) {
		double exact = (double)(i * i * i * 3000 + 100);
		double told = (double)histogram_rank_ns(histogram, i + 1);

		cr_assert(le(dbl, fabs(told - exact), exact * precision + (double)lowest / 2),
			"%s, %d digits: value %d is %f, not %f", form, digits, (int)i, told, exact);
	}
	histogram_free(histogram);
}

Test(histogram_codec, reads_what_other_implementations_wrote)
{
	FILE *file = fopen(TEST_DATA "/histogram/vectors.txt", "r");
	char writer[8], form[16];
	long long lowest, highest;
	unsigned long long beyond;
	int digits, vectors = 0;
	char *text;

	cr_assert(ne(ptr, file, NULL));
	while (fscanf(file, "%7s %15s %lld %lld %d %llu %ms", writer, form, &lowest, &highest,
		       &digits, &beyond, &text) == 7) {
		assert_vector(form, lowest, digits, beyond, text);
		free(text);
		vectors++;
	}
	cr_assert(eq(int, vectors, 11));
	fclose(file);
}

Test(histogram_codec, agrees_slot_by_slot_with_java_at_equal_precision)
{
	FILE *file = fopen(TEST_DATA "/histogram/vectors.txt", "r");
	struct histogram *expected = histogram_new();
	struct histogram *decoded = NULL;
	char *text = NULL;
	size_t room = 0;

	for (int64_t i = 0; i < 1000; i++)
		histogram_record(expected, i * i * i * 3000 + 100);
	for (int line = 1; line <= 3; line++)
		cr_assert(gt(long, getline(&text, &room, file), 0));
	text[strcspn(text, "\n")] = '\0';
	cr_assert(eq(int, histogram_decode(strrchr(text, ' ') + 1, &decoded, NULL), 0));
	cr_assert(eq(int, memcmp(decoded->slots, expected->slots, sizeof(expected->slots)), 0));
	free(text);
	fclose(file);
	histogram_free(decoded);
	histogram_free(expected);
}

Test(histogram_codec, every_truncation_is_refused)
{
	struct histogram *histogram = histogram_new();

	for (int64_t value = 100; value < HIGHEST; value *= 2)
		histogram_record(histogram, value);
	char *text = histogram_encode(histogram);

	cr_assert(eq(int, decode_text(text), 0));
	for (size_t length = strlen(text); length-- > 0;) {
		text[length] = '\0';
		cr_assert(eq(int, decode_text(text), -EINVAL), "cut to %zu", length);
	}
	free(text);
	histogram_free(histogram);
}

Test(histogram_codec, every_damaged_character_is_noticed_or_harmless)
{
	struct histogram *histogram = histogram_new();

	for (int64_t value = 100; value < HIGHEST; value *= 2)
		histogram_record(histogram, value);
	char *text = histogram_encode(histogram);

	/* From the zlib stream on, its checksum vouches for the content. */
	for (size_t i = 12; i < strlen(text) - 4; i++) {
		char kept = text[i];

		text[i] = kept == 'A' ? 'B' : 'A';
		cr_assert(lt(int, decode_text(text), 0), "character %zu", i);
		text[i] = kept;
	}
	free(text);
	histogram_free(histogram);
}

Test(histogram_codec, what_is_not_base64_is_refused)
{
	static const char *const texts[] = {"", "A", "AA", "AAA", "====", "A===", "AA==", "HIST",
		"HISTFAAA", "HIST FAAA", "HISTFAA\n", "\xff\xfe\xfd\xfc", "HIST=AAA",
		"hello, world"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		cr_assert(eq(int, decode_text(texts[i]), -EINVAL), "%s", texts[i]);
}

Test(histogram_codec, other_formats_are_refused)
{
	/* V0, V1, the double histogram's, and none. */
	static const uint32_t cookies[] = {0x1c849308, 0x1c849301, 0x1c849302, 0x1c849309,
		0x0c72124e, 0x0c72124f, 0, UINT32_MAX};

	for (size_t i = 0; i < sizeof(cookies) / sizeof(*cookies); i++) {
		uint8_t bytes[64];
		struct form form = {bytes, 0};
		struct histogram *histogram = NULL;
		struct problem problem;

		form_header(&form, 1, 3, 1, HIGHEST);
		form_put(&form, 2, 1);
		form.length = 0;
		form_put(&form, cookies[i], 4);
		cr_assert(eq(int, decode_bytes(bytes, 41, &histogram, &problem), -EINVAL));
		cr_assert(eq(ptr, histogram, NULL));
	}
}

Test(histogram_codec, impossible_ranges_are_refused)
{
	static const uint64_t ranges[][3] = {{0, 1, HIGHEST}, {6, 1, HIGHEST},
		{UINT32_MAX, 1, HIGHEST}, {3, 0, HIGHEST}, {3, 1, 1}, {3, 1, 0},
		{3, HIGHEST, HIGHEST}, {3, 1, UINT64_MAX}, {3, UINT64_MAX, UINT64_MAX},
		{5, UINT64_C(1) << 60, INT64_MAX}};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		uint8_t bytes[64];
		struct form form = {bytes, 0};
		struct histogram *histogram = NULL;
		struct problem problem;

		form_header(&form, 1, ranges[i][0], ranges[i][1], ranges[i][2]);
		form_put(&form, 2, 1);
		cr_assert(eq(int, decode_bytes(bytes, form.length, &histogram, &problem), -EINVAL),
			"range %zu", i);
	}
}

Test(histogram_codec, the_widest_range_is_taken)
{
	static const uint64_t ranges[][3] = {
		{5, 1, INT64_MAX}, {1, 1, 2}, {3, UINT64_C(1) << 51, INT64_MAX}};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		uint8_t bytes[64];
		struct form form = {bytes, 0};
		struct histogram *histogram = NULL;

		form_header(&form, 1, ranges[i][0], ranges[i][1], ranges[i][2]);
		form_put(&form, 2, 1);
		cr_assert(eq(int, decode_bytes(bytes, form.length, &histogram, NULL), 0));
		cr_assert(eq(u64, histogram->total + histogram->refused, 1));
		cr_assert(le(i64, histogram->max_ns, HIGHEST));
		/* A slot wider than our range, and so with its middle beyond. */
		if (ranges[i][1] > HIGHEST)
			cr_assert(eq(u64, histogram->slots[histogram_slot(HIGHEST)], 1));
		histogram_free(histogram);
	}
}

Test(histogram_codec, bad_numbers_are_refused)
{
	/* -33,792 empties every slot; one more is one too many. */
	cr_assert(eq(int, decode_payload("\x02", 1), 0));
	cr_assert(eq(int, decode_payload("\xff\x8f\x04", 3), 0));
	cr_assert(eq(int, decode_payload("\x81\x90\x04", 3), -EINVAL));
	cr_assert(eq(int, decode_payload("\xff\x8f\x04\x02", 4), -EINVAL));
	/* A number that goes on beyond the payload. */
	cr_assert(eq(int, decode_payload("\x80", 1), -EINVAL));
	cr_assert(eq(int, decode_payload("\x02\xff\xff\xff", 4), -EINVAL));
	/* The most negative number, whose absolute value does not exist; the largest positive. */
	cr_assert(eq(int, decode_payload("\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9), -EINVAL));
	cr_assert(eq(int, decode_payload("\xfe\xff\xff\xff\xff\xff\xff\xff\xff", 9), -EINVAL));
	/* 2^52 twice is allowed, three times is more than anything counts to. */
	cr_assert(eq(int,
		decode_payload("\x80\x80\x80\x80\x80\x80\x80\x10"
			       "\x80\x80\x80\x80\x80\x80\x80\x10",
			16),
		0));
	cr_assert(eq(int,
		decode_payload("\x80\x80\x80\x80\x80\x80\x80\x10"
			       "\x80\x80\x80\x80\x80\x80\x80\x10"
			       "\x02",
			17),
		-EINVAL));
	/* More bytes than the number needs are no fault of the counts. */
	cr_assert(eq(int, decode_payload("\x82\x80\x80\x80\x80\x80\x80\x80\x00", 9), 0));
}

Test(histogram_codec, claimed_lengths_are_not_believed)
{
	static const uint64_t claims[][2] = {{0, -EINVAL}, {1, -EINVAL}, {3, -EINVAL},
		{HISTOGRAM_SLOTS * 9, -EINVAL}, {HISTOGRAM_SLOTS * 9 + 1, -E2BIG},
		{INT32_MAX, -E2BIG}, {UINT32_MAX, -E2BIG}};
	uint8_t bytes[64];
	struct histogram *histogram = NULL;
	struct problem problem;

	for (size_t i = 0; i < sizeof(claims) / sizeof(*claims); i++) {
		struct form form = {bytes, 0};

		form_header(&form, claims[i][0], 3, 1, HIGHEST);
		form_put(&form, 0x0202, 2);
		cr_assert(eq(int, decode_bytes(bytes, form.length, &histogram, &problem),
			(int)claims[i][1]));
		cr_assert(eq(int, decode_packed(&form, 0, 0, &histogram), (int)claims[i][1]));
	}
	struct form form = {bytes, 0};

	form_header(&form, 2, 3, 1, HIGHEST);
	form_put(&form, 0x0202, 2);
	cr_assert(eq(int, decode_packed(&form, 1, 0, &histogram), -EINVAL));
	cr_assert(eq(int, decode_packed(&form, UINT32_MAX, 0, &histogram), -EINVAL));
	cr_assert(eq(int, decode_packed(&form, 0, 1, &histogram), -EINVAL));
	cr_assert(eq(int, decode_packed(&form, 0, 4, &histogram), -EINVAL));
	cr_assert(eq(ptr, histogram, NULL));
	cr_assert(eq(int, decode_packed(&form, 0, 0, &histogram), 0));
	histogram_free(histogram);
}

/* 64 MiB of zeros pack to 64 KiB: as more empty slots than there are, and as content behind the
 * counts. */
Test(histogram_codec, what_unpacks_to_too_much_is_refused)
{
	const size_t length = 64 << 20;
	struct form form = {calloc(length, 1), 0};
	struct histogram *histogram = NULL;

	form_header(&form, length - 40, 3, 1, HIGHEST);
	form.length = length;
	cr_assert(eq(int, decode_packed(&form, 0, 0, &histogram), -E2BIG));
	form.length = 0;
	form_header(&form, HISTOGRAM_SLOTS * 9, 3, 1, HIGHEST);
	form.length = length;
	cr_assert(eq(int, decode_packed(&form, 0, 0, &histogram), -EINVAL));
	form.length = 0;
	form_header(&form, 1, 3, 1, HIGHEST);
	form.length = length;
	cr_assert(eq(int, decode_packed(&form, 0, 0, &histogram), -EINVAL));
	free(form.bytes);
}
