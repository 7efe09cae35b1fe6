/*
 * edit: a fuzzer does not guess JSON. Its input is a list of edits to a good document: a path down
 * it, and what to put at its end.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

static const char *const values[] = {"null", "true", "-1", "0", "1e308", "9007199254740993", "\"\"",
	"\"\\u001b[31m\\u202e\"", "\"HISTFAAA\"", "\"warn\"", "\"failed\"", "1e-320",
	"4611686018427387904", "[]", "{}", "[{}]", "\"=1+1\"", "\"<script>&'|`\\\"\"", "-1e308",
	"1e18", "0.5", "\"lower\"", "[1,1,1,1,1,1]", "[1e308,-1e308,0,1e-320]"};
#define VALUES (sizeof(values) / sizeof(values[0]))

/* The n-th child of an array or object; its key, if it has one, in *key. */
static json_t *child_at(json_t *node, size_t n, const char **key)
{
	void *iterator = json_object_iter(node);

	*key = NULL;
	if (json_is_array(node))
		return json_array_get(node, n);
	while (n--)
		iterator = json_object_iter_next(node, iterator);
	*key = json_object_iter_key(iterator);
	return json_object_iter_value(iterator);
}

static void put(json_t *node, size_t n, const char *key, json_t *value)
{
	if (key)
		json_object_set_new(node, key, value);
	else
		json_array_set_new(node, n, value);
}

/* The n-th child, of this document alone: what others have, too, is copied first. */
static json_t *own_child(json_t *node, size_t n, const char *key, json_t *child)
{
	if (child->refcount == 1)
		return child;
	child = json_copy(child);
	put(node, n, key, child);
	return child;
}

/* One edit: replaces a value, or repeats it once more when it is in an array. Returns the bytes
 * used. */
static size_t edit(json_t *node, const uint8_t *data, size_t size)
{
	for (size_t used = 0; used + 2 <= size; used++) {
		size_t count = json_is_array(node) ? json_array_size(node) : json_object_size(node);
		const char *key;

		if (!count)
			return used + 1;
		size_t n = (data[used] & 0x7f) % count;
		json_t *child = child_at(node, n, &key);
		if (!(data[used] & 0x80) && (json_is_array(child) || json_is_object(child))) {
			node = own_child(node, n, key, child);
			continue;
		}
		if (data[used + 1] < VALUES)
			put(node, n, key,
				json_loads(values[data[used + 1]], JSON_DECODE_ANY, NULL));
		else if (!key)
			json_array_append(node, child);
		return used + 2;
	}
	return size;
}

/* The document after all edits that the input holds; a new reference. It shares with the good one
 * what was not edited. */
static inline json_t *edited(const json_t *good, const uint8_t *data, size_t size)
{
	json_t *document = json_copy((json_t *)good);

	for (size_t used; size; data += used, size -= used)
		used = edit(document, data, size);
	return document;
}
