#include "uplink.h"

#include "procfs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool uplink_find(const char *root, char name[IFNAMSIZ])
{
	char *text = NULL, *rest, *line;
	long best = LONG_MAX;

	name[0] = '\0';
	if (procfs_slurp(root, &text, 16U << 20, "/proc/net/route") > 0)
		for (rest = text; (line = strsep(&rest, "\n"));) {
			char interface[IFNAMSIZ];
			unsigned int destination, flags, mask;
			long metric;

			/* RTF_UP is 1, RTF_REJECT 0x200. */
			if (sscanf(line, "%15s %x %*x %x %*d %*d %ld %x", interface, &destination,
				    &flags, &metric, &mask) == 5 &&
				!destination && !mask && (flags & 0x201) == 1 && metric < best) {
				best = metric;
				memcpy(name, interface, IFNAMSIZ);
			}
		}
	free(text);
	if (name[0])
		return true;
	if (procfs_slurp(root, &text, 16U << 20, "/proc/net/ipv6_route") > 0)
		for (rest = text; (line = strsep(&rest, "\n"));) {
			char interface[IFNAMSIZ], destination[33];
			unsigned int prefix, flags;

			if (sscanf(line, "%32s %x %*s %*x %*s %*x %*x %*x %x %15s", destination,
				    &prefix, &flags, interface) == 4 &&
				!prefix && strspn(destination, "0") == 32 && (flags & 0x201) == 1 &&
				strcmp(interface, "lo") != 0)
				memcpy(name, interface, IFNAMSIZ);
		}
	free(text);
	return name[0];
}
