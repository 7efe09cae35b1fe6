/*
 * identity: which host a result is of. No host name, address or serial number: a result can be
 * published.
 */
#pragma once

#include <jansson.h>

/* The record's "host" object (results/schema/result-1.json). A new reference. */
json_t *identity_host(void);
