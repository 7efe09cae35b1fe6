#include "descriptors.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/resource.h>

/* Those that are open already, with a margin. */
#define OTHERS 200

static struct rlimit before;
static bool raised;

int descriptors_raise(size_t wanted, const char *what, struct problem *problem)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return problem_errno(problem, "cannot tell how many files may be open");
	if (!raised && limit.rlim_cur < limit.rlim_max) {
		struct rlimit most = {limit.rlim_max, limit.rlim_max};

		before = limit;
		raised = setrlimit(RLIMIT_NOFILE, &most) == 0;
		limit = raised ? most : limit;
	}
	if (wanted + OTHERS <= limit.rlim_cur)
		return 0;
	return problem_set(problem, -EMFILE,
		"%s take about %zu open files and %llu are allowed: raise the limit (ulimit -Hn), or ask "
		"for fewer",
		what, wanted + OTHERS, (unsigned long long)limit.rlim_cur);
}

void descriptors_restore(void)
{
	if (raised)
		setrlimit(RLIMIT_NOFILE, &before);
}
