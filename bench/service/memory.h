/*
 * memory: what the kernel has taken for itself, rules among it.
 *
 * Three lines of /proc/meminfo together hold whatever a rule is made of, so that no mode's memory
 * is missed for the way in which it is taken:
 *   SUnreclaim   slabs, and kmalloc() beyond 8 KiB, which comes by the page but is counted here:
 *                nf_tables' rules, expressions and set elements; IPVS's services and destinations;
 *                routes and addresses; small tables of ip_tables
 *   VmallocUsed  what is too large for that: tables of ip_tables beyond some MiB, hash tables of
 *                nf_tables' and ipset's sets
 *   Percpu       the counters of ip_tables' rules, statistics of IPVS
 * They are the whole machine's: what others do meanwhile is in them. Compare readings before, with
 * and after, several times.
 */
#pragma once

#include "problem.h"

#include <stdint.h>

/* Bytes in use once they stand still: freeing is left to RCU and workers. Waits no longer than
 * MEMORY_SETTLE_NS, or until interrupted. A negative errno when they cannot be read. */
#define MEMORY_SETTLE_NS INT64_C(1500000000)
int64_t memory_settled(void);

/* Whether there is room for so many bytes, half of what is available at most. 0, or -ENOMEM with a
 * sentence of which `what` is the subject ("to write 5 Services"). Where nothing tells, there is.
 */
int memory_allows(double bytes, const char *what, struct problem *problem);
