#include "rig_private.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int rig_outside(const struct rig *rig, const char *text, struct problem *problem)
{
	const char *path = rig_tool_path(RIG_IP, problem);
	const char *argv[] = {path, "-batch", "-", NULL};
	char said[256] = "", clean[sizeof(said)];
	struct rig_call call = {.path = path,
		.argv = argv,
		.input = text,
		.rig = rig,
		.said = said,
		.said_size = sizeof(said)};

	if (!path)
		return -ENOENT;
	call.netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (call.netns < 0)
		return problem_errno(problem, "cannot open /proc/self/ns/net");
	int failure = rig_call(&call);
	close(call.netns);
	if (failure == 0)
		return 0;
	text_printable(said, clean, sizeof(clean));
	return problem_set(problem, failure, "%s: %s", path, text_strip(clean));
}
