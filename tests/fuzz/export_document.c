/*
 * Whatever texts and numbers a run or a gate's decision holds, every format of it is refused or is
 * well-formed UTF-8 without control characters, and no text of it begins a line.
 *
 * The input is a document and a format, then a list of edits: which value of a good document, how
 * many bytes, and those bytes as its text; or, with none, a number.
 */
#include "export.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The single quotes become double ones. */
static const char run_template[] =
	"{'schema':'seatrial.run/1','id':'20260120T150405Z-0a1b2c3d','suite':{'version':'0.1.0',"
	"'commit':'c'},'state':'complete','started':'2026-01-20T15:04:05.5Z','label':'l','preset':"
	"'quick','seed':1,'repeat':1,'host':{'id':'0123456789abcdef'},'notes':[],'profiles':[{'schema':"
	"'seatrial.profile/1','name':'p','title':'T','description':'D','requirements':[{'id':'a',"
	"'title':'A','bench':'b','metric':'v','max':2,'unit':'s','severity':'required','source':'S',"
	"'why':'W','do':'D'}]}],'results':[{'schema':'seatrial.result/1','bench':{'name':'b',"
	"'question':'Q','method':'M'},'suite':{'version':'0.1.0','commit':'c'},'status':'complete',"
	"'started':'2026-01-20T15:04:06Z','duration_s':2,'parameters':{'n':'1'},'preset':'quick',"
	"'metrics':[{'name':'v','title':'V','unit':'s','better':'lower','labels':{'l':'1','m':'2'},"
	"'values':[1,2,3],'summary':{'n':3,'value':2,'low':1,'high':null,'confidence':0.5,'method':"
	"'median-order-statistics'}},{'name':'w','title':'W','unit':'bit/s','better':'higher','labels':"
	"{},'values':[1],'summary':{'n':1,'value':1,'low':null,'high':null,'confidence':0,'method':"
	"'median-order-statistics'}}],'distributions':[{'name':'d','title':'D','unit':'s','labels':"
	"{'l':'1'},'count':1,'beyond_range':0,'pooled':'x','repetitions':[]}],'facts':[],'skipped':[]}]}";
static const char gate_template[] =
	"{'schema':'seatrial.gate/1','created':'2026-01-20T15:04:05Z','baseline':{'name':'main'},"
	"'candidate':{'name':'branch'},'verdict':'regressed','metrics':[{'bench':'b','name':'v.p99',"
	"'title':'V','unit':'s','better':'lower','labels':{'l':'1'},'quantile':0.99,'threshold':0.05,"
	"'baseline':{'n':3,'value':1,'low':1,'high':2},'candidate':{'n':3,'value':2,'low':1,'high':2},"
	"'ratio':2,'low':1.5,'high':3,'p':0.01,'p_adjusted':0.02,'verdict':'regressed',"
	"'more_repetitions':3}],'not_compared':[{'what':'x','why':'y'}]}";

static const double numbers[] = {0, -1, 0.5, 1e308, -1e308, 5e-324, 1e18};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

#define FORMATS 12

static json_t *parse(const char *template)
{
	char *text = strdup(template);

	for (char *at = text; (at = strchr(at, '\'')); at++)
		*at = '"';
	json_t *document = json_loads(text, 0, NULL);
	free(text);
	return document;
}

static json_t *new_value(const uint8_t *data, size_t size, uint8_t which)
{
	return size ? json_stringn((const char *)data, size) : json_real(numbers[which % NUMBERS]);
}

/* Replaces the *n-th text or number below `node`, and counts *n down on the way. */
static bool replace(json_t *node, size_t *n, json_t *value)
{
	const char *key;
	json_t *child;
	size_t i;
	void *next;

	json_object_foreach_safe(node, next, key, child)
	{
		bool container = json_is_object(child) || json_is_array(child);
		if (!container && (*n)-- == 0)
			return json_object_set(node, key, value) == 0;
		if (container && replace(child, n, value))
			return true;
	}
	json_array_foreach(node, i, child) {
		bool container = json_is_object(child) || json_is_array(child);
		if (!container && (*n)-- == 0)
			return json_array_set(node, i, value) == 0;
		if (container && replace(child, n, value))
			return true;
	}
	return false;
}

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_text(const struct export_format *format, const char *text, size_t length)
{
	size_t lines = 0;

	require(strlen(text) == length && text_is_utf8(text));
	for (const char *at = text; *at; at++)
		require((unsigned char)*at >= 0x20 || *at == '\n' || *at == '\r');
	for (const char *at = text; at && *at; at = strchr(at, '\n'), at += at != NULL) {
		lines++;
		if (strcmp(format->name, "annotations") == 0)
			require(strncmp(at, "::", 2) == 0 && lines <= 10);
		if (strcmp(format->name, "prometheus") == 0)
			require(strncmp(at, "# ", 2) == 0 || strncmp(at, "seatrial_", 9) == 0);
		if (strcmp(format->name, "gitlab") == 0)
			require(strncmp(at, "seatrial_", 9) == 0);
		if (strcmp(format->name, "benchfmt") == 0)
			require(lines <= 3 || strncmp(at, "Unit ", 5) == 0 ||
				strncmp(at, "BenchmarkSeatrial/", 18) == 0);
		if (strcmp(format->name, "hlog") == 0)
			require(*at == '#' || *at == '"' || strncmp(at, "Tag=", 4) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static json_t *good[2];

	if (!good[0])
		good[0] = parse(run_template);
	require(export_formats[FORMATS - 1].name && !export_formats[FORMATS].name);
	if (!good[1])
		good[1] = parse(gate_template);
	if (size < 1)
		return 0;
	json_t *document = json_deep_copy(good[data[0] & 1]);
	const struct export_format *format = &export_formats[(data[0] >> 1) % FORMATS];
	size_t length;
	json_t *schema = json_incref(json_object_get(document, "schema"));
	data++, size--;
	while (size >= 2) {
		size_t n = data[0];
		length = data[1] < size - 2 ? data[1] : size - 2;
		json_t *value = new_value(data + 2, length, data[0]);
		if (value)
			replace(document, &n, value);
		json_decref(value);
		data += 2 + length;
		size -= 2 + length;
	}
	json_object_set_new(document, "schema", schema);
	struct problem problem = {""};
	char *text = export_document(format, document, NULL, &length, &problem);
	require(text || *problem.text);
	if (text)
		check_text(format, text, length);
	free(text);
	json_decref(document);
	return 0;
}
