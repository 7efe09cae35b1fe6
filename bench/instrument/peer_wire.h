/*
 * peer_wire: messages on a TCP connection, and the proof that both ends know the same token.
 *
 * A line is one message (peer_message.h) as JSON. The first three are in clear:
 *
 *   server  challenge  its nonce
 *   client  proof      its nonce, and HMAC(key, "client" nonces)
 *   server  welcome    HMAC(key, "server" nonces)
 *
 * The key is a hash of the token, which never crosses the wire; the client proves first, so that a
 * stranger learns nothing but that a server is there. Each later line begins with a seal, the
 * base64 HMAC of a counter and the JSON, with a key that the session and the direction have for
 * themselves: a line that was changed, repeated, left out, put elsewhere or sent back ends the
 * session. Seals protect against who is in the middle; they hide nothing. All cryptography is
 * libsodium's.
 *
 * A token is searched for by trying: one with 128 random bits (peer_token_new()) cannot be found
 * so, one that a person made up may be, by who saw a handshake.
 */
#pragma once

#include "peer_message.h"

#define PEER_KEY_BYTES  32
#define PEER_TOKEN_MIN  16 /* characters */
#define PEER_TOKEN_SIZE 129

struct peer_key {
	uint8_t bytes[PEER_KEY_BYTES];
};

/* One end of a connection; about 64 KiB. The descriptor is borrowed and must not block. */
struct peer_wire {
	int fd;
	bool sealed;
	struct peer_key out, in;
	uint64_t sent, received; /* sealed lines */
	size_t filled;
	char buffer[PEER_LINE_MAX];
};

/* Reads the token: from a file that only its owner can read, else from the environment variable
 * SEATRIAL_TOKEN, which is removed in any case so that no child gets it. Returns 0, -ENOENT when
 * there is none (no file was named and the variable is not set), or a negative errno; with a
 * sentence. */
int peer_token_get(const char *file, char token[PEER_TOKEN_SIZE], struct problem *problem);

/* Makes one of 128 random bits. */
int peer_token_new(char token[PEER_TOKEN_SIZE], struct problem *problem);

void peer_key_of(const char *token, struct peer_key *key);

void peer_wire_start(struct peer_wire *wire, int fd);

/* The handshake, a step a function; 0 or a negative errno with a sentence. challenge() fills the
 * nonce that the others need. check() returns -EACCES for a wrong proof; welcome() ends the
 * server's part, after which the wire is sealed. */
struct peer_nonces {
	char server[PEER_NONCE_SIZE], client[PEER_NONCE_SIZE];
};
int peer_wire_challenge(
	struct peer_wire *wire, struct peer_nonces *nonces, struct problem *problem);
int peer_wire_check(const struct peer_key *key, const struct peer_message *message,
	struct peer_nonces *nonces, struct problem *problem);
int peer_wire_welcome(struct peer_wire *wire, const struct peer_key *key,
	const struct peer_nonces *nonces, struct problem *problem);

/* The client's part, whole. */
int peer_wire_greet(struct peer_wire *wire, const struct peer_key *key, int64_t deadline_ns,
	struct problem *problem);

/* Sends a message; gives up after 5 s. */
int peer_wire_send(
	struct peer_wire *wire, const struct peer_message *message, struct problem *problem);

/* Sends an error, printf-style. What cannot be sent is dropped. */
void peer_wire_refuse(struct peer_wire *wire, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Takes in what has arrived, without waiting. Returns 1 when a line is there, 0 when not yet, else
 * a negative errno with a sentence: -EPIPE when the other end hung up, -EMSGSIZE for a line too
 * long. */
int peer_wire_fill(struct peer_wire *wire, struct problem *problem);

/* Takes the line that is there. -EBADMSG for one whose seal or content is not right: nothing that
 * follows can be trusted. */
int peer_wire_take(struct peer_wire *wire, struct peer_message *message, struct problem *problem);

/* Waits for a line until an absolute CLOCK_MONOTONIC time and takes it. -ETIMEDOUT, -EINTR when
 * interrupted (interrupt.h), or as above. A line that comes in drops gets no more time. */
int peer_wire_receive(struct peer_wire *wire, struct peer_message *message, int64_t deadline_ns,
	struct problem *problem);
