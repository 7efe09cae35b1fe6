/*
 * Free pages of a bbolt file.
 */
#include "fsync_etcd.h"

#include <string.h>

static void remove_run(struct pages *pages, size_t at)
{
	pages->count--;
	memmove(&pages->runs[at], &pages->runs[at + 1],
		(pages->count - at) * sizeof(pages->runs[0]));
}

void pages_add(struct pages *pages, uint64_t first, uint64_t count)
{
	size_t at = pages->count;

	if (count == 0)
		return;
	while (at > 0 && pages->runs[at - 1].first > first)
		at--;
	struct pages_run *before = at > 0 ? &pages->runs[at - 1] : NULL;
	struct pages_run *after = at < pages->count ? &pages->runs[at] : NULL;
	bool joins_after = after && first + count == after->first;

	if (before && before->first + before->count == first) {
		before->count += count;
		if (joins_after) {
			before->count += after->count;
			remove_run(pages, at);
		}
	} else if (joins_after) {
		after->first = first;
		after->count += count;
	} else if (pages->count < PAGES_RUNS_MAX) {
		memmove(&pages->runs[at + 1], &pages->runs[at],
			(pages->count - at) * sizeof(pages->runs[0]));
		pages->runs[at] = (struct pages_run){first, count};
		pages->count++;
	}
}

void pages_move(struct pages *pages, struct pages *other)
{
	for (size_t i = 0; i < other->count; i++)
		pages_add(pages, other->runs[i].first, other->runs[i].count);
	other->count = 0;
}

uint64_t pages_take(struct pages *pages, uint64_t count)
{
	for (size_t i = 0; i < pages->count; i++) {
		struct pages_run *run = &pages->runs[i];

		if (run->count < count)
			continue;
		uint64_t first = run->first;
		run->first += count;
		run->count -= count;
		if (run->count == 0)
			remove_run(pages, i);
		return first;
	}
	return 0;
}
