/*
 * The serial form of HdrHistogram, version 2, as its Java implementation writes it; all numbers are
 * big endian:
 *
 *   compressed  cookie 0x1c849314, length of what follows (4 bytes), a zlib stream of the plain one
 *   plain       cookie 0x1c849313, payload length (4), normalising index offset (4), significant
 *               digits (4), lowest discernible value (8), highest trackable value (8), ratio to
 *               a value of type double (8), payload
 *   payload     the counts of slots 0, 1, ... as ZigZag LEB128 numbers of at most 9 bytes; a
 *               negative number -n stands for n empty slots; none for those after the last in use
 *
 * Decoding unpacks through a small buffer and never holds the payload: what a hostile stream
 * unpacks to costs no memory, and no more time than the largest legitimate histogram.
 */
#include "base64.h"
#include "histogram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define COOKIE_PLAIN      0x1c849303u
#define COOKIE_COMPRESSED 0x1c849304u
#define COOKIE_WORD_SIZE  0xf0u /* the bits that say how wide counters were in older versions */
#define COOKIE_VERSION_2  0x10u /* what version 2 puts there */

#define SIGNIFICANT_DIGITS 3
#define HEADER_BYTES       40
#define NUMBER_BYTES       9 /* the longest ZigZag LEB128 number in this format */

static uint8_t *put_big_endian(uint8_t *at, uint64_t value, int bytes)
{
	for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
		*at++ = (uint8_t)(value >> shift);
	return at;
}

static uint8_t *put_number(uint8_t *at, int64_t number)
{
	uint64_t bits = (uint64_t)number << 1 ^ -(uint64_t)(number < 0);

	for (int i = 1; i < NUMBER_BYTES && bits > 0x7f; i++) {
		*at++ = (uint8_t)(bits | 0x80);
		bits >>= 7;
	}
	*at++ = (uint8_t)bits;
	return at;
}

static uint8_t *put_counts(uint8_t *at, const struct histogram *histogram)
{
	size_t end = histogram_slot(histogram->max_ns) + 1;

	for (size_t slot = 0; slot < end;) {
		size_t zeros = 0;

		while (slot + zeros < end && !histogram->slots[slot + zeros])
			zeros++;
		if (zeros > 1) {
			at = put_number(at, -(int64_t)zeros);
			slot += zeros;
		} else {
			at = put_number(at, (int64_t)histogram->slots[slot++]);
		}
	}
	return at;
}

/* Writes the plain form and returns its length; `bytes` has room for PLAIN_BYTES_MAX. */
#define PLAIN_BYTES_MAX (HEADER_BYTES + (size_t)HISTOGRAM_SLOTS * NUMBER_BYTES)
static size_t plain_write(const struct histogram *histogram, uint8_t *bytes)
{
	uint8_t *end = put_counts(bytes + HEADER_BYTES, histogram);
	double ratio = 1;
	uint64_t ratio_bits;
	uint8_t *at = bytes;

	memcpy(&ratio_bits, &ratio, sizeof(ratio_bits));
	at = put_big_endian(at, COOKIE_PLAIN | COOKIE_VERSION_2, 4);
	at = put_big_endian(at, (uint64_t)(end - bytes - HEADER_BYTES), 4);
	at = put_big_endian(at, 0, 4);
	at = put_big_endian(at, SIGNIFICANT_DIGITS, 4);
	at = put_big_endian(at, 1, 8);
	at = put_big_endian(at, HISTOGRAM_HIGHEST_NS, 8);
	put_big_endian(at, ratio_bits, 8);
	return (size_t)(end - bytes);
}

char *histogram_encode(const struct histogram *histogram)
{
	uint8_t *plain = malloc(PLAIN_BYTES_MAX);
	uint8_t *packed = NULL;
	char *text = NULL;

	if (!plain)
		goto out;
	size_t plain_bytes = plain_write(histogram, plain);
	uLongf packed_bytes = compressBound(plain_bytes);

	packed = malloc(8 + packed_bytes);
	if (!packed || compress2(packed + 8, &packed_bytes, plain, plain_bytes,
			       Z_BEST_COMPRESSION) != Z_OK)
		goto out;
	put_big_endian(packed, COOKIE_COMPRESSED | COOKIE_VERSION_2, 4);
	put_big_endian(packed + 4, packed_bytes, 4);
	text = malloc(base64_length(8 + packed_bytes) + 1);
	if (text)
		base64_write(packed, 8 + packed_bytes, text);
out:
	free(packed);
	free(plain);
	return text;
}

/* More values than this nothing measures; counts and their sums stay exact as doubles, too. */
#define COUNT_MAX (UINT64_C(1) << 53)

/* The plain form as a stream of bytes, unpacked a buffer at a time where it is compressed. */
struct unpacker {
	const uint8_t *at, *end;
	bool compressed, ended;
	z_stream stream;
	uint8_t buffer[16384];
};

/* Makes at least one more byte available. Returns 0, or -EINVAL at the end or where the stream is
 * bad. */
static int unpacker_refill(struct unpacker *in)
{
	if (!in->compressed || in->ended)
		return -EINVAL;
	in->stream.next_out = in->buffer;
	in->stream.avail_out = sizeof(in->buffer);
	int status = inflate(&in->stream, Z_NO_FLUSH);

	in->at = in->buffer;
	in->end = in->stream.next_out;
	in->ended = status == Z_STREAM_END;
	return (status == Z_OK || in->ended) && in->at < in->end ? 0 : -EINVAL;
}

/* The next byte, or -EINVAL. */
static inline int unpacker_byte(struct unpacker *in)
{
	if (in->at == in->end && unpacker_refill(in) < 0)
		return -EINVAL;
	return *in->at++;
}

static int get_big_endian(struct unpacker *in, int bytes, uint64_t *value)
{
	*value = 0;
	for (int i = 0; i < bytes; i++) {
		int byte = unpacker_byte(in);

		if (byte < 0)
			return byte;
		*value = *value << 8 | (uint64_t)byte;
	}
	return 0;
}

/* Reads a number of at most `limit` bytes. Returns how many it had, or -EINVAL. */
static int get_number(struct unpacker *in, uint64_t limit, int64_t *number)
{
	uint64_t bits = 0;
	int length = 0;
	int byte;

	do {
		byte = (uint64_t)length < limit ? unpacker_byte(in) : -EINVAL;
		if (byte < 0)
			return byte;
		/* The ninth byte has no continuation bit: all its 8 bits are value. */
		if (length == NUMBER_BYTES - 1)
			bits |= (uint64_t)byte << 56;
		else
			bits |= (uint64_t)(byte & 0x7f) << (7 * length);
		length++;
	} while (byte & 0x80 && length < NUMBER_BYTES);
	*number = (int64_t)(bits >> 1 ^ -(bits & 1));
	return length;
}

/* How the writer laid its slots out. */
struct layout {
	int unit_bits; /* slots of bucket 0 are 2^unit_bits ns wide */
	int sub_bucket_bits;
	uint64_t slots;
	uint64_t payload_bytes;
};

static int layout_set(struct layout *layout, uint64_t digits, uint64_t lowest, uint64_t highest)
{
	/* Bits that tell 2 * 10^digits values apart. */
	static const int sub_bucket_bits[] = {0, 5, 8, 11, 15, 18};

	if (digits < 1 || digits > 5 || lowest < 1 || highest > INT64_MAX || lowest > highest / 2)
		return -EINVAL;
	layout->sub_bucket_bits = sub_bucket_bits[digits];
	layout->unit_bits = 63 - __builtin_clzll(lowest);

	int covered_bits = layout->unit_bits + layout->sub_bucket_bits;
	uint64_t buckets = 1;

	if (covered_bits > 62)
		return -EINVAL;
	while (highest >> covered_bits) {
		covered_bits++;
		buckets++;
	}
	layout->slots = (buckets + 1) << (layout->sub_bucket_bits - 1);
	return 0;
}

/* Adds `count` values of the writer's slot `index`. */
static int layout_place(
	const struct layout *layout, uint64_t index, uint64_t count, struct histogram *into)
{
	int half_bits = layout->sub_bucket_bits - 1;
	uint64_t bucket = (index >> layout->sub_bucket_bits) ? (index >> half_bits) - 1 : 0;
	int width_bits = (int)bucket + layout->unit_bits;
	uint64_t lowest = (index - (bucket << half_bits)) << width_bits;
	uint64_t middle = lowest + ((UINT64_C(1) << width_bits) >> 1);

	if (count > COUNT_MAX - into->total || count > COUNT_MAX - into->refused)
		return -EINVAL;
	if (lowest > HISTOGRAM_HIGHEST_NS) {
		into->refused += count;
		return 0;
	}
	/* The last slot begins within the range, but its middle is already beyond. */
	if (middle > HISTOGRAM_HIGHEST_NS)
		middle = HISTOGRAM_HIGHEST_NS;
	into->slots[histogram_slot((int64_t)middle)] += count;
	into->total += count;
	if ((int64_t)middle < into->min_ns)
		into->min_ns = (int64_t)middle;
	if ((int64_t)middle > into->max_ns)
		into->max_ns = (int64_t)middle;
	return 0;
}

/* Two fields are read over. Counts are written in the order of their values, whatever the index
 * offset was in the writer's memory. And the ratio says nothing: hdr-histogram-js writes an integer
 * 1 there. */
static int header_read(struct unpacker *in, struct layout *layout, struct problem *problem)
{
	uint64_t cookie, offset, digits, lowest, highest, ratio;

	if (get_big_endian(in, 4, &cookie) < 0 ||
		get_big_endian(in, 4, &layout->payload_bytes) < 0 ||
		get_big_endian(in, 4, &offset) < 0 || get_big_endian(in, 4, &digits) < 0 ||
		get_big_endian(in, 8, &lowest) < 0 || get_big_endian(in, 8, &highest) < 0 ||
		get_big_endian(in, 8, &ratio) < 0)
		return problem_set(
			problem, -EINVAL, "histogram: damaged or cut short within its header");
	if ((cookie & ~COOKIE_WORD_SIZE) != COOKIE_PLAIN)
		return problem_set(problem, -EINVAL,
			"histogram: its content is not version 2 of HdrHistogram's format (cookie %08x)",
			(unsigned)cookie);
	if (layout_set(layout, digits, lowest, highest) < 0)
		return problem_set(problem, -EINVAL,
			"histogram: impossible range: %llu significant digits, %llu to %llu ns",
			(unsigned long long)digits, (unsigned long long)lowest,
			(unsigned long long)highest);
	if (layout->payload_bytes > layout->slots * NUMBER_BYTES)
		return problem_set(problem, -E2BIG,
			"histogram: it claims %llu bytes, more than its %llu slots can need",
			(unsigned long long)layout->payload_bytes,
			(unsigned long long)layout->slots);
	return 0;
}

static int payload_read(struct unpacker *in, const struct layout *layout, struct histogram *into,
	struct problem *problem)
{
	uint64_t left = layout->payload_bytes;
	uint64_t index = 0;

	while (left) {
		int64_t number;
		int length = get_number(in, left, &number);

		if (length < 0)
			return problem_set(problem, length,
				"histogram: damaged or cut short %llu bytes before its end",
				(unsigned long long)left);
		left -= (uint64_t)length;

		uint64_t slots = number < 0 ? -(uint64_t)number : 1;

		if (slots > layout->slots - index)
			return problem_set(problem, -EINVAL,
				"histogram: it has counts beyond its own highest value");
		if (number > 0 && layout_place(layout, index, (uint64_t)number, into) < 0)
			return problem_set(
				problem, -EINVAL, "histogram: its counts add up to more than 2^53");
		index += slots;
	}
	/* Asking for one byte more makes zlib check its own sum of the content. */
	if (unpacker_byte(in) >= 0 || in->compressed != in->ended || in->stream.avail_in)
		return problem_set(
			problem, -EINVAL, "histogram: it does not end where it says it does");
	return 0;
}

/* Minimum and maximum are not in the format: they become the ends of their slots. */
static void widen_extremes(struct histogram *histogram)
{
	if (!histogram->total)
		return;
	int64_t highest = histogram_slot_highest_ns(histogram_slot(histogram->max_ns));

	histogram->min_ns = histogram_slot_lowest_ns(histogram_slot(histogram->min_ns));
	histogram->max_ns = highest < HISTOGRAM_HIGHEST_NS ? highest : HISTOGRAM_HIGHEST_NS;
}

/* Points the unpacker at the plain form inside `bytes`. */
static int unpacker_open(struct unpacker *in, uint8_t *bytes, size_t count, struct problem *problem)
{
	uint64_t cookie, length;

	in->at = bytes;
	in->end = bytes + count;
	if (get_big_endian(in, 4, &cookie) < 0 || get_big_endian(in, 4, &length) < 0)
		return problem_set(problem, -EINVAL, "histogram: cut short after %zu bytes", count);
	if ((cookie & ~COOKIE_WORD_SIZE) != COOKIE_COMPRESSED) {
		in->at = bytes;
		return 0;
	}
	if (length != count - 8)
		return problem_set(problem, -EINVAL,
			"histogram: it claims %llu compressed bytes and has %zu",
			(unsigned long long)length, count - 8);
	if (inflateInit(&in->stream) != Z_OK)
		return problem_set(problem, -ENOMEM, "histogram: not enough memory to unpack it");
	in->stream.next_in = bytes + 8;
	in->stream.avail_in = (uInt)length;
	in->at = in->end = in->buffer;
	in->compressed = true;
	return 0;
}

/* Empties it, of which only the slots between its extremes can be in use. */
static void clear_used(struct histogram *histogram)
{
	if (histogram->total) {
		size_t first = histogram_slot(histogram->min_ns);
		size_t last = histogram_slot(histogram->max_ns);

		memset(histogram->slots + first, 0, (last - first + 1) * sizeof(*histogram->slots));
	}
	histogram->total = histogram->refused = 0;
	histogram->min_ns = INT64_MAX;
	histogram->max_ns = 0;
}

int histogram_decode_into(const char *base64, struct histogram *into, struct problem *problem)
{
	uint8_t *bytes = malloc(strlen(base64) / 4 * 3 + 1);
	struct unpacker in;
	struct layout layout = {0};

	in.stream = (z_stream){0};
	in.compressed = in.ended = false;
	clear_used(into);
	if (!bytes)
		return problem_set(problem, -ENOMEM, "histogram: not enough memory to read it");
	ssize_t count = base64_read(base64, bytes, problem);
	int status = count < 0 ? (int)count : unpacker_open(&in, bytes, (size_t)count, problem);

	if (status == 0)
		status = header_read(&in, &layout, problem);
	if (status == 0)
		status = payload_read(&in, &layout, into, problem);
	if (status < 0)
		clear_used(into);
	else
		widen_extremes(into);
	inflateEnd(&in.stream);
	free(bytes);
	return status;
}

int histogram_decode(const char *base64, struct histogram **out, struct problem *problem)
{
	struct histogram *histogram = histogram_new();

	if (!histogram)
		return problem_set(problem, -ENOMEM, "histogram: not enough memory to read it");
	int status = histogram_decode_into(base64, histogram, problem);

	if (status == 0)
		*out = histogram;
	else
		histogram_free(histogram);
	return status;
}
