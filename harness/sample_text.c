#include "sample_private.h"

#include "allocate.h"
#include "document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text that names a place on the host, in documents that do not say which parameters do. */
static bool is_place(const json_t *value)
{
	const char *text = json_string_value(value);

	return text && (strchr(text, '/') || strcmp(text, ".") == 0 || strcmp(text, "..") == 0);
}

char *sample_parameters_text(const json_t *result)
{
	json_t *kept = json_copy(json_object_get(result, "parameters"));
	const json_t *incidental = json_object_get(result, "incidental"), *name;
	size_t i;
	const char *key;
	json_t *value;
	void *next;

	json_array_foreach(incidental, i, name)
		if (json_is_string(name))
			json_object_del(kept, json_string_value(name));
	if (!incidental)
		json_object_foreach_safe(kept, next, key, value) if (is_place(value))
			json_object_del(kept, key);
	char *text = json_dumps(kept, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(kept);
	return allocate_need(text);
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void print_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\,=", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

char *sample_labels_text(const json_t *metric)
{
	json_t *labels = json_object_get(metric, "labels"), *value;
	size_t count = json_object_size(labels), used = 0, size;
	const char **names, *name;
	char *text = NULL;
	FILE *out;

	if (!json_is_object(labels))
		return NULL;
	json_object_foreach(labels, name, value)
		if (!json_is_string(value))
			return NULL;
	names = allocate_zero(count, sizeof(*names));
	json_object_foreach(labels, name, value)
		names[used++] = name;
	qsort(names, used, sizeof(*names), compare_names);
	out = allocate_need(open_memstream(&text, &size));
	for (size_t i = 0; i < used; i++) {
		fputs(i ? "," : "", out);
		print_escaped(out, names[i]);
		fputc('=', out);
		print_escaped(out, json_string_value(json_object_get(labels, names[i])));
	}
	fclose(out);
	free(names);
	return allocate_need(text);
}

json_t *sample_labels(const struct sample_key *key)
{
	json_t *labels = json_object();
	char *copy = allocate_text(key->labels), *to = copy, *name = copy, *value = NULL;

	for (const char *from = key->labels;; from++) {
		if (*from == '=' && !value) {
			*to++ = '\0';
			value = to;
		} else if (*from == ',' || *from == '\0') {
			*to++ = '\0';
			if (value)
				json_object_set_new(labels, name, json_string(value));
			if (*from == '\0')
				break;
			name = to;
			value = NULL;
		} else {
			if (*from == '\\' && from[1])
				from++;
			*to++ = *from;
		}
	}
	free(copy);
	return labels;
}
