/*
 * Whatever a run document holds, it is refused or judged; and what is judged has a word for every
 * line. The input is a list of edits to a good run: a path down the document, and what to put at
 * its end.
 */
#include "histogram.h"
#include "profile.h"
#include "verdict.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The single quotes become double ones, the @ a histogram. */
static const char template[] =
	"{'schema':'seatrial.run/1','id':'r','state':'complete','started':'s','notes':"
	"[{'bench':'b','what':'w'}],'profiles':[{'schema':'seatrial.profile/1','name':'p','title':'T',"
	"'description':'D','requirements':[{'id':'a','title':'A','bench':'b','metric':'d.p99',"
	"'labels':{'l':'1'},'max':1,'unit':'s','severity':'required','source':'S','why':'W','do':'D'},"
	"{'id':'b','title':'B','bench':'b','metric':'v','min':1,'max':9,'unit':'1','severity':"
	"'required','source':'S','why':'W. X','do':'D'},{'id':'c','title':'C','bench':'b','fact':'f',"
	"'equals':1,'severity':'advised','source':'S','why':'W','do':'D'}]}],'results':[{'schema':"
	"'seatrial.result/1','bench':{'name':'b'},'status':'complete','reason':'R','conditions':"
	"{'steal_ratio':0.5,'pressure_cpu_ratio':0.5,'throttled_periods':1},'metrics':[{'name':'d.p99',"
	"'unit':'s','labels':{'l':'1'},'distribution':'d','quantile':0.99},{'name':'v','unit':'1',"
	"'labels':{},'values':[1,2,3]}],'distributions':[{'name':'d','labels':{'l':'1'},'beyond_range'"
	":0,'repetitions':['@','@']}],'facts':[{'id':'f','status':'pass','value':1,'unit':'1','why':"
	"'W'}],'skipped':[{'what':'d','why':'W','enable':'E'}]}]}";

static const char *const values[] = {"null", "true", "-1", "0", "1e308", "9007199254740993", "\"\"",
	"\"\\u001b[31m\\u202e\"", "\"HISTFAAA\"", "\"warn\"", "\"failed\"", "[]", "{}", "[{}]"};
#define VALUES (sizeof(values) / sizeof(values[0]))

static json_t *parse_template(void)
{
	struct histogram *latencies = histogram_new();
	char *text = malloc(1 << 16), *end = text, *encoded;
	json_t *run;

	for (int64_t i = 0; i < 1000; i++)
		histogram_record(latencies, 1000000 + i * 1000);
	encoded = histogram_encode(latencies);
	for (const char *from = template; *from; from++) {
		if (*from == '@')
			end = stpcpy(end, encoded);
		else
			*end++ = *from == '\'' ? '"' : *from;
	}
	*end = '\0';
	run = json_loads(text, 0, NULL);
	histogram_free(latencies);
	free(encoded);
	free(text);
	return run;
}

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

/* One edit: replaces a value, or repeats it once more when it is in an array. Returns the bytes
 * used. */
static size_t edit(json_t *node, const uint8_t *data, size_t size)
{
	for (size_t used = 0; used + 2 <= size; used++) {
		size_t count = json_is_array(node) ? json_array_size(node) : json_object_size(node);
		const char *key;
		json_t *child, *value;

		if (!count)
			return used + 1;
		child = child_at(node, (data[used] & 0x7f) % count, &key);
		if (!(data[used] & 0x80) && (json_is_array(child) || json_is_object(child))) {
			node = child;
			continue;
		}
		value = data[used + 1] < VALUES
				? json_loads(values[data[used + 1]], JSON_DECODE_ANY, NULL)
				: json_deep_copy(child);
		if (key)
			json_object_set_new(node, key, value);
		else if (data[used + 1] < VALUES)
			json_array_set_new(node, (data[used] & 0x7f) % count, value);
		else
			json_array_append_new(node, value);
		return used + 2;
	}
	return size;
}

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool has_text(const json_t *object, const char *key)
{
	return json_string_length(json_object_get(object, key)) > 0;
}

static void check_verdict(const json_t *verdict)
{
	size_t i, k;
	json_t *profile, *line;

	require(has_text(verdict, "overall"));
	json_array_foreach(json_object_get(verdict, "profiles"), i, profile) {
		require(has_text(profile, "summary") && has_text(profile, "overall"));
		json_array_foreach(json_object_get(profile, "lines"), k, line)
			require(has_text(line, "text") && has_text(line, "reading") &&
				has_text(line, "limit") && has_text(line, "status"));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static json_t *good;
	struct problem problem = {""};
	json_t *run, *verdict;

	if (!good)
		good = parse_template();
	run = json_deep_copy(good);
	for (size_t used; size; data += used, size -= used)
		used = edit(run, data, size);
	verdict = verdict_of_run(run, &problem);
	require(verdict || *problem.text);
	if (verdict)
		check_verdict(verdict);
	json_decref(verdict);
	json_decref(run);
	return 0;
}
