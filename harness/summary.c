#include "summary.h"

#include "document.h"
#include "sentence.h"
#include "wording.h"

#include <string.h>

/* The lines of one severity: how many, and the first of each status. Profiles put what matters most
 * first. */
struct tally {
	size_t total;
	size_t with[STATUS_NOT_MET + 1];
	const struct line *first[STATUS_NOT_MET + 1];
};

static struct tally tally_lines(const struct line *lines, size_t count, bool required)
{
	struct tally tally = {0};

	for (size_t i = 0; i < count; i++) {
		enum status status = lines[i].status;
		if (judge_is_required(lines[i].requirement) != required)
			continue;
		tally.total++;
		tally.with[status]++;
		if (!tally.first[status])
			tally.first[status] = &lines[i];
	}
	return tally;
}

static const char *are(size_t count)
{
	return count == 1 ? "is" : "are";
}

/* The first sentence of the profile's "why", then the finding. */
static void add_consequence(struct sentence *sentence, const struct line *line)
{
	const char *why, *end;
	char finding[WORDING_MAX];

	if (!line)
		return;
	why = document_text(line->requirement, "why");
	end = strstr(why, ". ");
	sentence_add(sentence, " %.*s %s.", (int)(end ? end + 1 - why : (long)strlen(why)), why,
		wording_finding(line, finding, sizeof(finding)));
}

static void add_suitable(
	struct sentence *sentence, const struct tally *required, const struct tally *advised)
{
	size_t open = advised->total - advised->with[STATUS_MET] - advised->with[STATUS_PRESUMED];
	size_t presumed = required->with[STATUS_PRESUMED];

	if (required->total == 1)
		sentence_add(sentence, "Suitable: the one requirement is met");
	else
		sentence_add(sentence, "Suitable: all %zu requirements are met", required->total);
	if (presumed && required->total > 1)
		sentence_add(sentence, ", %zu of them", presumed);
	sentence_add(sentence, "%s.", presumed ? " as far as a run of this length can tell" : "");
	if (open)
		sentence_add(sentence, " %zu of %zu recommendations %s not clearly met.", open,
			advised->total, are(open));
}

static void add_marginal(
	struct sentence *sentence, const struct tally *required, const struct tally *advised)
{
	size_t close = required->with[STATUS_MARGINAL], unmet = advised->with[STATUS_NOT_MET];

	if (close) {
		sentence_add(sentence,
			"Marginal: no requirement is broken, but %zu of %zu %s not safely met.",
			close, required->total, are(close));
		add_consequence(sentence, required->first[STATUS_MARGINAL]);
	} else {
		sentence_add(sentence,
			"Marginal: every requirement is met, but %zu of %zu recommendations %s not.",
			unmet, advised->total, are(unmet));
		add_consequence(sentence, advised->first[STATUS_NOT_MET]);
	}
}

static void add_not_enough(struct sentence *sentence, const struct tally *required)
{
	size_t open = required->with[STATUS_NOT_ENOUGH] + required->with[STATUS_NOT_MEASURED];
	const struct line *line = required->first[STATUS_NOT_ENOUGH];
	char text[WORDING_MAX];

	if (!line)
		line = required->first[STATUS_NOT_MEASURED];
	sentence_add(sentence, "Not enough evidence: %zu of %zu requirements could not be judged.",
		open, required->total);
	if (line)
		sentence_add(sentence, " %s", wording_line(line, text, sizeof(text)));
}

static void add_unsuitable(struct sentence *sentence, const struct tally *required)
{
	size_t others = required->with[STATUS_NOT_MET] - 1;

	sentence_add(sentence, "Unsuitable:");
	add_consequence(sentence, required->first[STATUS_NOT_MET]);
	if (others)
		sentence_add(sentence, " %zu more of %zu requirements %s not met.", others,
			required->total, are(others));
}

const char *summary_write(const struct line *lines, size_t count, enum overall overall,
	const char *state, char *buffer, size_t size)
{
	struct sentence sentence = {0};
	struct tally required = tally_lines(lines, count, true);
	struct tally advised = tally_lines(lines, count, false);

	switch (overall) {
	case OVERALL_SUITABLE:
		add_suitable(&sentence, &required, &advised);
		break;
	case OVERALL_MARGINAL:
		add_marginal(&sentence, &required, &advised);
		break;
	case OVERALL_NOT_ENOUGH:
		add_not_enough(&sentence, &required);
		break;
	case OVERALL_UNSUITABLE:
		add_unsuitable(&sentence, &required);
		break;
	}
	if (strcmp(state, "complete") != 0)
		sentence_add(&sentence, " The run %s; this judges what was measured until then.",
			strcmp(state, "interrupted") == 0 ? "was interrupted"
							  : "ended before it was finished");
	return sentence_finish(&sentence, buffer, size);
}
