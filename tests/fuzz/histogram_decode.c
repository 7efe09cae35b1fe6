/*
 * Whatever a result document holds as a histogram must be refused or become one that encodes to
 * itself. The first byte chooses where the rest goes in: as the text, or as plain or packed content
 * behind checksums that a fuzzer cannot guess. Content begins with the input XOR a good header.
 */
#include "base64.h"
#include "histogram.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define HEADER 40
enum way { AS_TEXT, AS_PLAIN, AS_PACKED, WAYS };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *text_of_bytes(const uint8_t *bytes, size_t count)
{
	char *text = malloc(base64_length(count) + 1);

	base64_write(bytes, count, text);
	return text;
}

static char *text_packed(const uint8_t *bytes, size_t count)
{
	uLongf length = compressBound(count);
	uint8_t *packed = malloc(8 + length);

	compress2(packed + 8, &length, bytes, count, Z_BEST_SPEED);
	memcpy(packed, "\x1c\x84\x93\x14", 4);
	for (int i = 0; i < 4; i++)
		packed[4 + i] = (uint8_t)(length >> (24 - 8 * i));
	char *text = text_of_bytes(packed, 8 + length);

	free(packed);
	return text;
}

/* Cookie, payload length, offset, 3 digits, 1 ns to 1 h, ratio 1.0; each XOR what the input has. */
static char *text_of_content(enum way way, const uint8_t *data, size_t size)
{
	uint8_t good[HEADER] = "\x1c\x84\x93\x13\0\0\0\0\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\x01"
			       "\0\0\x03\x46\x30\xb8\xa0\0\x3f\xf0\0\0\0\0\0";
	size_t payload = size > HEADER ? size - HEADER : 0;
	uint8_t *content = malloc(HEADER + payload);

	good[6] = (uint8_t)(payload >> 8);
	good[7] = (uint8_t)payload;
	for (size_t i = 0; i < HEADER; i++)
		content[i] = good[i] ^ (i < size ? data[i] : 0);
	if (payload)
		memcpy(content + HEADER, data + HEADER, payload);
	char *text = way == AS_PLAIN ? text_of_bytes(content, HEADER + payload)
				     : text_packed(content, HEADER + payload);

	free(content);
	return text;
}

static void check_round_trip(const struct histogram *histogram)
{
	struct histogram *again = NULL;
	char *text = histogram_encode(histogram);

	if (!text || histogram_decode(text, &again, NULL) < 0 || again->total != histogram->total ||
		memcmp(again->slots, histogram->slots, sizeof(again->slots)) != 0)
		abort();
	for (double q = 0; q <= 1; q += 0.25)
		if (histogram_quantile_ns(again, q) != histogram_quantile_ns(histogram, q))
			abort();
	histogram_free(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct histogram *histogram = NULL;
	struct problem problem = {""};

	if (size < 1)
		return 0;
	enum way way = data[0] % WAYS;
	char *text = way == AS_TEXT ? strndup((const char *)data + 1, size - 1)
				    : text_of_content(way, data + 1, size - 1);

	if (histogram_decode(text, &histogram, &problem) == 0)
		check_round_trip(histogram);
	else if (!problem.text[0] || histogram)
		abort();
	histogram_free(histogram);
	free(text);
	return 0;
}
