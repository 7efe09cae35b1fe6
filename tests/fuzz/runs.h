/*
 * runs: good runs to edit, what is made of them, and what all that is written for people holds to.
 */
#pragma once

#include "document.h"
#include "edit.h"
#include "report.h"
#include "sample.h"
#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The single quotes become double ones; every @ the next value. */
static const char run_template[] =
	"{'schema':'seatrial.run/1','id':'20260120T1504%02uZ-0a1b2c3d','suite':{'version':'0.1.0',"
	"'commit':'c'},'state':'complete','started':'2026-01-20T15:04:%02uZ','label':'l','preset':"
	"'quick','seed':1,'repeat':1,'host':{'id':'0123456789abcdef','kernel':'6.1','machine':'m',"
	"'os':'o','cpu':'c','cpus':1,'memory_bytes':1,'clocksource':'tsc'},'notes':[],"
	"'profiles':[{'schema':'seatrial.profile/1','name':'p','title':'T','description':'D',"
	"'requirements':[{'id':'a','title':'A','bench':'b','metric':'v','max':2,'unit':'s','severity':"
	"'required','source':'S','why':'W','do':'D'},{'id':'c','title':'C','bench':'b','fact':'f',"
	"'equals':1,'severity':'advised','source':'S','why':'W','do':'D'}]}],'results':[{'schema':"
	"'seatrial.result/1','bench':{'name':'b','question':'Q','method':'M'},'suite':{'version':"
	"'0.1.0','commit':'c'},'status':'complete','started':'2026-01-20T15:04:06Z','duration_s':2,"
	"'host':{'id':'0123456789abcdef'},'parameters':{'n':'1'},'preset':'quick','seed':1,"
	"'instrument':{'clock_read_s':1e-8},'conditions':{'steal_ratio':0},'metrics':["
	"{'name':'v','title':'V','unit':'s','better':'lower','labels':{'l':'1','m':'2'},'values':"
	"[@,@,@,@,@,@],'summary':{'n':6,'value':1.1,'low':1,'high':1.2,'confidence':0.95,'method':"
	"'median-order-statistics'}},{'name':'w','title':'W','unit':'bit/s','better':'higher','labels':"
	"{'l':'1'},'values':[@,@,@,@,@,0],'relative_to':'v','summary':{'n':6,'value':1.1,'low':1,"
	"'high':null,'confidence':0.95,'method':'median-order-statistics'}},{'name':'x','title':'X',"
	"'unit':'changes/day','better':'lower','labels':{},'values':[4,0,0,2,1,3],'events':10,"
	"'exposure':2,'summary':{'n':6,'value':5,'low':2,'high':10,'confidence':0.95,'method':"
	"'poisson-garwood'}},{'name':'y','title':'Y','unit':'s','better':'lower','against':'l','labels':"
	"{'l':'4'},'values':[@],'summary':{'n':1,'value':1.1,'low':null,'high':null,'confidence':0,"
	"'method':'median-order-statistics'}}],'distributions':[],'facts':[{'id':'f','topic':'t','title'"
	":'F','status':'pass','value':1,'why':'W'}],'skipped':[{'what':'d','why':'W','enable':'E'}]}]}";

__attribute__((noinline)) static void require(bool holds)
{
	if (!holds)
		abort();
}

/* A run with the number `n`, whose values are about `level`. */
static inline json_t *good_run(unsigned n, double level)
{
	char text[8192], *edited_text = NULL;
	unsigned noise = n + 1;
	size_t length;

	snprintf(text, sizeof(text), run_template, n, n);
	FILE *out = open_memstream(&edited_text, &length);
	for (const char *at = text; *at; at++) {
		noise = noise * 1103515245 + 12345;
		if (*at == '@')
			fprintf(out, "%.4f", level + (noise >> 16) % 100 * 1e-3);
		else
			fputc(*at == '\'' ? '"' : *at, out);
	}
	fclose(out);
	json_t *run = json_loads(edited_text, 0, NULL);
	free(edited_text);
	require(run && document_check_run(run, NULL) == 0);
	return run;
}

/* What sample.h promises. */
static inline void check_sample(const struct sample *sample)
{
	for (size_t i = 0; i < sample->count; i++)
		require(isfinite(sample->values[i]));
	require(sample->count && sample->repeats && isfinite(sample->value));
	require(sample->low <= sample->value && sample->value <= sample->high);
	require(isfinite(sample->events) && isfinite(sample->exposure) && sample->events >= 0);
	require(strcmp(sample->meaning->better, "lower") == 0 ||
		strcmp(sample->meaning->better, "higher") == 0);
}

static inline void check_samples(const struct sample_run *run)
{
	for (size_t i = 0; i < run->count; i++)
		check_sample(&run->samples[i]);
}

/* As sample_run_parse() for a run that is no text; NULL when it is refused. */
static inline const struct sample_run *add_run(struct sample_set *set, const json_t *run)
{
	struct problem problem = {""};

	if (document_check_run(run, &problem) < 0) {
		require(*problem.text);
		return NULL;
	}
	const struct sample_run *added = sample_set_add(set, run, NULL);
	check_samples(added);
	return added;
}

/* The same of a run that is `good`, perhaps after edits: not all of them are checked each time. */
static inline const struct sample_run *add_edited(
	struct sample_set *set, const json_t *run, const json_t *good)
{
	return run == good ? sample_set_add(set, run, NULL) : add_run(set, run);
}

#define KNOWN_MAX 16
#define KNOWN_FOR 1000 /* inputs */

/* Good runs that stay in a set: most of them are not edited. Not for what strips the set. */
struct known {
	struct sample_set *set;
	const json_t *good; /* an array */
	const struct sample_run *runs[KNOWN_MAX];
	size_t keys, used;
};

/* Before each input. The set is made anew when edits have put metrics into it. */
static inline void known_renew(struct known *known)
{
	const json_t *run;
	size_t i;

	if (known->set && sample_set_keys(known->set) == known->keys && ++known->used < KNOWN_FOR)
		return;
	sample_set_free(known->set);
	known->set = sample_set_new();
	known->used = 0;
	json_array_foreach((json_t *)known->good, i, run)
		known->runs[i] = add_run(known->set, run);
	known->keys = sample_set_keys(known->set);
}

/* Of the i-th run, perhaps after edits; NULL when it is refused. */
static inline const struct sample_run *known_add(struct known *known, size_t i, const json_t *run)
{
	return run == json_array_get(known->good, i) ? known->runs[i] : add_run(known->set, run);
}

static inline void known_forget(struct known *known, const struct sample_run *run)
{
	for (size_t i = 0; i < json_array_size(known->good); i++)
		if (known->runs[i] == run)
			return;
	sample_set_forget(known->set, run);
}

/* Well-formed UTF-8, with no controls but ends of lines. */
static inline void check_text(const char *text, size_t length)
{
	require(strlen(text) == length && text_is_utf8(text));
	for (const char *at = text; *at; at++)
		require((unsigned char)*at >= 0x20 || strchr("\r\n\t", *at));
}

/* No markup of the edits' either. */
static inline void check_page(const char *text, size_t length)
{
	check_text(text, length);
	require(!strstr(text, "<script>&") && !strstr(text, "<script>&amp;"));
}

/* That a document becomes such a page. */
static inline void check_page_of(const json_t *document,
	int (*report)(const json_t *, const struct report_options *, FILE *, struct problem *))
{
	const struct report_options options = {.gnuplot = "gnuplot"};
	struct problem problem = {""};
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	require(report(document, &options, out, &problem) == 0);
	fclose(out);
	check_page(text, length);
	free(text);
}
