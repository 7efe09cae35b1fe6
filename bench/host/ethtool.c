#include "ethtool.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int request(int descriptor, const char *interface, void *data)
{
	struct ifreq call = {.ifr_data = data};

	snprintf(call.ifr_name, sizeof(call.ifr_name), "%s", interface);
	return ioctl(descriptor, SIOCETHTOOL, &call) < 0 ? -errno : 0;
}

/* How many features this kernel knows. */
static int count_features(int descriptor, const char *interface, uint32_t *count)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t size;
	} set = {.info = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = UINT64_C(1) << ETH_SS_FEATURES}};
	int error = request(descriptor, interface, &set);

	if (!error)
		*count = set.info.sset_mask ? set.size : 0;
	/* 64 and some today; a kernel that says a million is not one to believe. */
	return error ? error : *count && *count < 4096 ? 0 : -EOPNOTSUPP;
}

static int read_features(int descriptor, const char *interface, const char *const *names,
	size_t count, enum feature_state *states)
{
	struct ethtool_gstrings *strings = NULL;
	struct ethtool_gfeatures *features = NULL;
	uint32_t known = 0;
	int error = count_features(descriptor, interface, &known);

	if (error)
		return error;
	strings = calloc(1, sizeof(*strings) + (size_t)known * ETH_GSTRING_LEN);
	features = calloc(1, sizeof(*features) + (known + 31) / 32 * sizeof(features->features[0]));
	if (!strings || !features) {
		error = -ENOMEM;
		goto out;
	}
	*strings = (struct ethtool_gstrings){
		.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES, .len = known};
	*features = (struct ethtool_gfeatures){.cmd = ETHTOOL_GFEATURES, .size = (known + 31) / 32};
	error = request(descriptor, interface, strings);
	if (!error)
		error = request(descriptor, interface, features);
	if (error)
		goto out;
	for (uint32_t bit = 0; bit < known; bit++)
		for (size_t i = 0; i < count; i++)
			if (!strncmp((const char *)strings->data + (size_t)bit * ETH_GSTRING_LEN,
				    names[i], ETH_GSTRING_LEN))
				states[i] = (features->features[bit / 32].active >> bit % 32 & 1)
						    ? FEATURE_ON
						    : FEATURE_OFF;
out:
	free(strings);
	free(features);
	return error;
}

int ethtool_features(
	const char *interface, const char *const *names, size_t count, enum feature_state *states)
{
	int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (size_t i = 0; i < count; i++)
		states[i] = FEATURE_UNKNOWN;
	if (descriptor < 0)
		return -errno;
	int error = read_features(descriptor, interface, names, count, states);
	close(descriptor);
	return error;
}
