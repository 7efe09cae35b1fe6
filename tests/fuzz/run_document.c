/*
 * Whatever a run document holds, it is refused or judged; and what is judged has a word for every
 * line. The input is a list of edits to a good run: a path down the document, and what to put at
 * its end.
 */
#include "edit.h"
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
	run = edited(good, data, size);
	verdict = verdict_of_run(run, &problem);
	require(verdict || *problem.text);
	if (verdict)
		check_verdict(verdict);
	json_decref(verdict);
	json_decref(run);
	return 0;
}
