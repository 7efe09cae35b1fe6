/*
 * load_udp: how datagrams are numbered.
 */
#pragma once

#include "load_internal.h"

/* What a datagram begins with, in little endian, as both ends are: no big-endian machine is
 * supported. */
struct load_number {
	uint16_t slice, flow;
	uint32_t sequence; /* from 0, of its flow in its slice */
	int64_t sent_ns;   /* the sender's CLOCK_MONOTONIC: when handed to the kernel, or due */
};
_Static_assert(sizeof(struct load_number) == LOAD_NUMBER_MIN, "the header says so");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "datagrams carry the host's order");

/* Which of a flow's datagrams came: all before `next` that are in the window, by their bits. */
#define LOAD_SEEN 65536 /* a power of two */
struct load_seen {
	uint64_t next;      /* one above the foremost that came */
	int64_t transit_ns; /* of the last that came */
	uint64_t transits;  /* how many came */
	double jitter_ns;
	uint64_t bits[LOAD_SEEN / 64];
};

enum load_arrival { LOAD_NEW, LOAD_LATE, LOAD_TWICE };

/* Notes that a datagram came. */
enum load_arrival load_seen_note(struct load_seen *seen, uint32_t sequence);

int load_udp_prepare_receiver(struct load_half *half, struct problem *problem);
