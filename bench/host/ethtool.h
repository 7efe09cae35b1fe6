/*
 * ethtool: which offloads a network interface has on, by the kernel's read-only ethtool requests.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum feature_state { FEATURE_UNKNOWN, FEATURE_OFF, FEATURE_ON };

/* Looks up features by the names that `ethtool -k` has in the kernel ("tx-tcp-segmentation");
 * states[i] is that of names[i], unknown for a name this kernel does not have. The interface must
 * exist: naming another to the kernel could make it load a module. Returns 0 or a negative errno.
 */
int ethtool_features(
	const char *interface, const char *const *names, size_t count, enum feature_state *states);
