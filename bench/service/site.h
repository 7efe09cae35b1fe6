/*
 * site: the hosts. Each mode has a node of its own, and a pod on it; all lead to one backend, where
 * every endpoint is.
 *
 *   pod-MODE --veth-- node-MODE --veth-- backend
 *
 * A packet from the pod meets the node's PREROUTING, one of the node's own its OUTPUT. All nodes
 * exist at once, so that they can take turns.
 */
#pragma once

#include "mode.h"

#include <netinet/in.h>

#define SITE_BACKEND "backend"

/* Adds the hosts of those modes in a bit mask, MODE_NONE always among them. */
void site_plan(uint32_t modes, struct rig_plan *plan);

/* The address that is no Service's and that every node routes to the backend. */
struct in_addr site_elsewhere(void);
