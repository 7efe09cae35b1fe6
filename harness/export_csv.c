/* CSV by RFC 4180: one line a value of one repetition, with all that it takes to read it alone. */
#include "document.h"
#include "escape.h"
#include "export.h"

#include <stdlib.h>

static void write_field(FILE *out, const char *text)
{
	escape_csv(out, text);
	fputc(',', out);
}

static void write_sample(const struct export_source *source, const struct sample *sample, FILE *out)
{
	char *labels = export_labels(sample->key);

	for (size_t i = 0; i < sample->count; i++) {
		write_field(out, document_text(source->run, "id"));
		write_field(out, document_text(source->run, "started"));
		write_field(out, source->host);
		write_field(out, document_text(source->run, "label"));
		write_field(out, sample->setting->preset);
		write_field(out, sample->key->bench);
		write_field(out, sample->key->name);
		write_field(out, sample->meaning->title);
		write_field(out, labels);
		write_field(out, sample->meaning->unit);
		write_field(out, sample->meaning->better);
		if (sample->meaning->quantile > 0)
			fprintf(out, "%.10g", sample->meaning->quantile);
		fprintf(out, ",%zu,", i + 1);
		export_number(out, sample->values[i]);
		fputs("\r\n", out);
	}
	free(labels);
}

int export_csv(const struct export_source *source, FILE *out, struct problem *problem)
{
	(void)problem;
	fputs("run,started,host,label,preset,bench,metric,title,labels,unit,better,quantile,"
	      "repetition,value\r\n",
		out);
	for (size_t i = 0; i < source->flat->count; i++)
		write_sample(source, &source->flat->samples[i], out);
	return 0;
}
