/*
 * uplink: the interface by which a machine reaches others.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>

/* The interface of the IPv4 default route with the lowest metric, else of the IPv6 one, below
 * `root` ("/", or a tree for tests). False: there is none, and `name` is empty. */
bool uplink_find(const char *root, char name[IFNAMSIZ]);
