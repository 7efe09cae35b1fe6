/* What is told of a run: single readings, and distributions. */
#include "service.h"

#define AGAINST(name, title, unit, better)                                                         \
	{                                                                                          \
		name, title, unit, better, .against = "services"                                   \
	}

const struct metric_spec service_metrics[] = {
	[LOOKUP_FIRST + TARGET_FIRST] = AGAINST("lookup.first",
		"Added to a connection's first packet, first Service", "s", BETTER_LOWER),
	[LOOKUP_FIRST + TARGET_MIDDLE] = AGAINST("lookup.middle",
		"Added to a connection's first packet, middle Service", "s", BETTER_LOWER),
	[LOOKUP_FIRST + TARGET_LAST] = AGAINST("lookup.last",
		"Added to a connection's first packet, last Service", "s", BETTER_LOWER),
	[LOOKUP_FIRST + TARGET_RANDOM] = AGAINST("lookup.random",
		"Added to a connection's first packet, any Service", "s", BETTER_LOWER),
	[LOOKUP_FIRST + TARGET_MISS] = AGAINST("lookup.miss",
		"Added to a connection's first packet, no Service", "s", BETTER_LOWER),
	[LOOKUP_ESTABLISHED] = AGAINST("lookup.established",
		"Added to a round trip of an established connection", "s", BETTER_LOWER),
	[CONNECT_RATE] = AGAINST(
		"connect.rate", "TCP connections on one CPU", "connections/s", BETTER_HIGHER),
	[CONNECT_CPU] = AGAINST("connect.cpu", "CPU time for a TCP connection", "s", BETTER_LOWER),
	[CONNECT_ADDED] =
		AGAINST("connect.added", "CPU time added to a TCP connection", "s", BETTER_LOWER),
	[SLOPE_LAST] = {"slope.last", "Added for each Service, last Service", "s/service",
		BETTER_LOWER},
	[SLOPE_MISS] = {"slope.miss", "Added for each Service, no Service", "s/service",
		BETTER_LOWER},
	[FIT_LAST] = {"fit.last", "How well a line explains it (R²), last Service", "ratio",
		BETTER_HIGHER},
	[FIT_MISS] = {"fit.miss", "How well a line explains it (R²), no Service", "ratio",
		BETTER_HIGHER},
	[REACH_DELAY] = {"reach.limit", "Services at which the limit is reached", "services",
		BETTER_HIGHER},
	[REACH_TENTH] = {"reach.tenth",
		"Services at which a first round trip is 10 % slower than with few", "services",
		BETTER_HIGHER},
	[PROGRAM_COLD] = AGAINST(
		"program.cold", "Time to program all Services from nothing", "s", BETTER_LOWER),
	[PROGRAM_RESYNC] =
		AGAINST("program.resync", "Time to write all rules again", "s", BETTER_LOWER),
	[PROGRAM_ADD] = AGAINST("program.add", "Time to add a Service", "s", BETTER_LOWER),
	[PROGRAM_CHANGE] =
		AGAINST("program.change", "Time to change an endpoint", "s", BETTER_LOWER),
	[PROGRAM_MEMORY] = AGAINST("program.memory", "Kernel memory taken", "B", BETTER_LOWER),
	[UPDATE_LOST] = AGAINST(
		"update.lost", "First packets lost while rules are written", "ratio", BETTER_LOWER),
	[POLICY_FIRST] = {"policy.first", "Added to a connection's first packet by policies", "s",
		BETTER_LOWER, .against = "policies"},
	[POLICY_ESTABLISHED] = {"policy.established",
		"Added to a round trip of an established connection by policies", "s", BETTER_LOWER,
		.against = "policies"},
	[PREDICTED_CPU] = {"predicted.cpu",
		"Your cluster: share of a CPU for connections to Services", "ratio", BETTER_LOWER},
	[PREDICTED_DELAY] = {"predicted.delay",
		"Your cluster: added to a connection's first packet", "s", BETTER_LOWER},
	{.name = NULL},
};

const struct distribution_spec service_distributions[] = {
	[FIRST_PACKET] = {"first_packet", "First round trip to any Service", "services"},
	[UPDATE_DELAY] = {"update_delay", "First round trip while rules are written", "services"},
	{.name = NULL},
};
