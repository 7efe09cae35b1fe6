/*
 * peer_message: what two machines say to each other (peer.h), as data.
 *
 * A message is one flat JSON object whose field "is" names its kind. One table says for each kind
 * which fields it has, of which type and in which range; it both writes and reads. What is read is
 * hostile: a field that is missing, there twice, unknown, of another type or out of range makes the
 * whole message invalid.
 */
#pragma once

#include "load.h"
#include "problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_PROTOCOL     1
#define PEER_LINE_MAX     65536     /* bytes of a line, its newline and its seal included */
#define PEER_LATENCY_MAX  60000     /* bytes of an encoded histogram; several KiB are usual */
#define PEER_NONCE_SIZE   48        /* base64 of 32 bytes, and a NUL */
#define PEER_MESSAGE_MAX  (4 << 20) /* bytes of a write or a request: what the far end allocates */
#define PEER_LOADS        16        /* open at a time */
#define PEER_SLICE_NS_MAX INT64_C(3600000000000)

enum peer_kind {
	/* before both know the other */
	PEER_CHALLENGE, /* server */
	PEER_PROOF,     /* client */
	PEER_WELCOME,   /* server */
	/* requests */
	PEER_DESCRIBE,
	PEER_ECHO,
	PEER_TUNNEL,
	PEER_OPEN,
	PEER_BEGIN,
	PEER_WAIT,
	PEER_CLOSE,
	/* replies */
	PEER_DESCRIPTION,
	PEER_OPENED,
	PEER_MEASURED,
	PEER_DONE,
	PEER_ERROR,
	PEER_KINDS
};

/* What a server lets a client do. */
struct peer_limits {
	uint32_t flows;      /* of a load */
	uint64_t slice_ns;   /* of warm-up and window */
	uint64_t session_ns; /* from the proof on */
	uint64_t idle_ns;    /* without a request */
	uint64_t bytes;      /* sent and received by the server's end in a session */
};

/* What a client may know of a server. */
struct peer_description {
	char version[32], kernel[65];
	uint32_t mtu;  /* of the server's interface towards the client, bytes; 0: not known */
	uint32_t ways; /* bit mask of 1 << WAY_... that it can make, as far as can be told without
			  making one: IPIP and GRE may yet fail before Linux 6.15 */
	struct peer_limits limits;
};

struct peer_message {
	enum peer_kind kind;
	union {
		struct {
			uint32_t protocol;
			char nonce[PEER_NONCE_SIZE];
		} challenge;
		struct {
			uint32_t protocol;
			char nonce[PEER_NONCE_SIZE], proof[PEER_NONCE_SIZE];
		} proof;
		struct {
			char proof[PEER_NONCE_SIZE];
		} welcome;
		struct {
			uint32_t way, id, mtu; /* id: 24 bits that tell tunnels apart */
			bool up;
		} tunnel;
		struct {
			struct load_plan plan;
			bool receiver; /* what the server is to be */
			uint32_t way;
			uint32_t port; /* the client's, when that is the receiver */
		} open;
		struct {
			uint32_t load, port; /* port: the server's, when that is the receiver */
		} opened;
		struct {
			uint32_t load;
			int64_t warm_ns, duration_ns;
		} begin;
		struct {
			uint32_t load;
		} wait, close;
		struct peer_description description;
		struct {
			struct load_side side;
			uint64_t messages;
			char latency[PEER_LATENCY_MAX]; /* histogram_encode(); "" for none */
		} measured;
		struct {
			char text[512];
		} error;
	};
};

/* The name of a kind, "open". */
const char *peer_message_name(enum peer_kind kind);

/* Writes a message as JSON without a newline. Returns its length, or -EMSGSIZE with a sentence when
 * `size` is too small. */
int peer_message_write(
	const struct peer_message *message, char *text, size_t size, struct problem *problem);

/* Reads `length` bytes of JSON. Returns 0, or -EBADMSG with a sentence; `message` is then of no
 * use. Texts are valid UTF-8 without control characters. */
int peer_message_read(
	const char *text, size_t length, struct peer_message *message, struct problem *problem);
