#include "peer_wire.h"

#include "base64.h"
#include "clock.h"
#include "interrupt.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOT_SEATRIAL "what answers there is not seatrial serve; check the address and the port"

#define SEND_NS   INT64_C(5000000000)
#define POLL_MS   100          /* between two looks at interrupt_pending() */
#define SEAL_SIZE ((size_t)44) /* base64 of 32 bytes */

_Static_assert(PEER_KEY_BYTES == crypto_auth_KEYBYTES, "libsodium's crypto_auth takes 32 bytes");
_Static_assert(crypto_auth_BYTES == 32, "a seal is 32 bytes");

/* HMAC-SHA512-256 (crypto_auth) of a label and two parts, as base64. */
static void authenticate(const struct peer_key *key, const void *label, size_t label_size,
	const char *text, size_t length, uint8_t mac[crypto_auth_BYTES])
{
	crypto_auth_hmacsha512256_state state;

	crypto_auth_hmacsha512256_init(&state, key->bytes, sizeof(key->bytes));
	crypto_auth_hmacsha512256_update(&state, label, label_size);
	crypto_auth_hmacsha512256_update(&state, (const uint8_t *)text, length);
	crypto_auth_hmacsha512256_final(&state, mac);
	sodium_memzero(&state, sizeof(state));
}

/* What a role proves, or the key of a direction. Labels are of one length, nonces too, so that no
 * two inputs are the same. */
static void derive(const struct peer_key *key, const char label[6],
	const struct peer_nonces *nonces, uint8_t mac[crypto_auth_BYTES])
{
	char both[2 * PEER_NONCE_SIZE] = {0};

	snprintf(both, PEER_NONCE_SIZE, "%s", nonces->server);
	snprintf(both + PEER_NONCE_SIZE, PEER_NONCE_SIZE, "%s", nonces->client);
	authenticate(key, label, 6, both, sizeof(both), mac);
}

static void seal_wire(struct peer_wire *wire, const struct peer_key *key,
	const struct peer_nonces *nonces, bool server)
{
	derive(key, "to-srv", nonces, server ? wire->in.bytes : wire->out.bytes);
	derive(key, "to-cli", nonces, server ? wire->out.bytes : wire->in.bytes);
	wire->sealed = true;
}

static void seal_of(const struct peer_key *key, uint64_t counter, const char *text, size_t length,
	uint8_t mac[crypto_auth_BYTES])
{
	uint8_t number[8];

	for (int i = 0; i < 8; i++)
		number[i] = (uint8_t)(counter >> (56 - 8 * i));
	authenticate(key, number, sizeof(number), text, length, mac);
}

/* True when `text` is the base64 of these 32 bytes; takes the same time whatever the difference. */
static bool is_mac(const char *text, const uint8_t mac[crypto_auth_BYTES])
{
	char wanted[SEAL_SIZE + 1];

	base64_write(mac, crypto_auth_BYTES, wanted);
	return strnlen(text, SEAL_SIZE) == SEAL_SIZE && sodium_memcmp(text, wanted, SEAL_SIZE) == 0;
}

void peer_wire_start(struct peer_wire *wire, int fd)
{
	memset(wire, 0, sizeof(*wire));
	wire->fd = fd;
}

static int write_all(
	struct peer_wire *wire, const char *text, size_t length, struct problem *problem)
{
	int64_t deadline_ns = clock_now_ns() + SEND_NS;

	while (length) {
		ssize_t sent = send(wire->fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent > 0) {
			text += sent;
			length -= (size_t)sent;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return problem_errno(problem, "cannot send to the peer");
		if (clock_now_ns() > deadline_ns)
			return problem_set(problem, -ETIMEDOUT, "the peer takes no more messages");
		poll(&(struct pollfd){.fd = wire->fd, .events = POLLOUT}, 1, POLL_MS);
	}
	return 0;
}

int peer_wire_send(
	struct peer_wire *wire, const struct peer_message *message, struct problem *problem)
{
	char line[PEER_LINE_MAX + 1];
	size_t head = wire->sealed ? SEAL_SIZE + 1 : 0;
	int length = peer_message_write(message, line + head, PEER_LINE_MAX - head - 1, problem);

	if (length < 0)
		return length;
	if (wire->sealed) {
		uint8_t mac[crypto_auth_BYTES];

		seal_of(&wire->out, wire->sent++, line + head, (size_t)length, mac);
		base64_write(mac, sizeof(mac), line);
		line[SEAL_SIZE] = ' ';
	}
	line[head + (size_t)length] = '\n';
	return write_all(wire, line, head + (size_t)length + 1, problem);
}

void peer_wire_refuse(struct peer_wire *wire, const char *format, ...)
{
	static struct peer_message message;
	va_list arguments;

	memset(&message, 0, sizeof(message));
	message.kind = PEER_ERROR;
	va_start(arguments, format);
	vsnprintf(message.error.text, sizeof(message.error.text), format, arguments);
	va_end(arguments);
	peer_wire_send(wire, &message, NULL);
}

int peer_wire_fill(struct peer_wire *wire, struct problem *problem)
{
	if (memchr(wire->buffer, '\n', wire->filled))
		return 1;
	ssize_t got = recv(wire->fd, wire->buffer + wire->filled,
		sizeof(wire->buffer) - wire->filled, MSG_DONTWAIT);

	if (got == 0)
		return problem_set(problem, -EPIPE, "the peer hung up");
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got < 0)
		return problem_errno(problem, "cannot receive from the peer");
	wire->filled += (size_t)got;
	if (memchr(wire->buffer, '\n', wire->filled))
		return 1;
	if (wire->filled < sizeof(wire->buffer))
		return 0;
	return problem_set(
		problem, -EMSGSIZE, "the peer sent a line of more than %d bytes", PEER_LINE_MAX);
}

/* The seal is looked at before anything else reads the line. */
static int open_line(struct peer_wire *wire, const char **text, size_t *length)
{
	uint8_t mac[crypto_auth_BYTES];

	if (!wire->sealed)
		return 0;
	if (*length <= SEAL_SIZE + 1 || (*text)[SEAL_SIZE] != ' ')
		return -EBADMSG;
	seal_of(&wire->in, wire->received++, *text + SEAL_SIZE + 1, *length - SEAL_SIZE - 1, mac);
	if (!is_mac(*text, mac))
		return -EBADMSG;
	*text += SEAL_SIZE + 1;
	*length -= SEAL_SIZE + 1;
	return 0;
}

int peer_wire_take(struct peer_wire *wire, struct peer_message *message, struct problem *problem)
{
	const char *text = wire->buffer;
	const char *end = memchr(text, '\n', wire->filled);
	size_t length = end ? (size_t)(end - text) : 0, used = length + 1;
	int failure = -EBADMSG;

	if (!end)
		return problem_set(problem, -EAGAIN, "no message is there");
	if (open_line(wire, &text, &length) < 0)
		problem_set(problem, 0,
			"a message from the peer was changed on its way, or is not from it; "
			"check what is between the two machines");
	else
		failure = peer_message_read(text, length, message, problem);
	wire->filled -= used;
	memmove(wire->buffer, wire->buffer + used, wire->filled);
	return failure;
}

int peer_wire_receive(struct peer_wire *wire, struct peer_message *message, int64_t deadline_ns,
	struct problem *problem)
{
	for (;;) {
		struct pollfd wait = {.fd = wire->fd, .events = POLLIN};
		int there = peer_wire_fill(wire, problem);

		if (there < 0)
			return there;
		if (there)
			return peer_wire_take(wire, message, problem);
		if (interrupt_pending())
			return problem_set(problem, -EINTR, "interrupted");
		if (clock_now_ns() >= deadline_ns)
			return problem_set(problem, -ETIMEDOUT, "the peer did not answer in time");
		poll(&wait, 1, POLL_MS);
	}
}

static void fill_nonce(char nonce[PEER_NONCE_SIZE])
{
	uint8_t bytes[32];

	randombytes_buf(bytes, sizeof(bytes));
	base64_write(bytes, sizeof(bytes), nonce);
}

int peer_wire_challenge(struct peer_wire *wire, struct peer_nonces *nonces, struct problem *problem)
{
	static struct peer_message message;

	fill_nonce(nonces->server);
	memset(&message, 0, sizeof(message));
	message.kind = PEER_CHALLENGE;
	message.challenge.protocol = PEER_PROTOCOL;
	memcpy(message.challenge.nonce, nonces->server, PEER_NONCE_SIZE);
	return peer_wire_send(wire, &message, problem);
}

int peer_wire_check(const struct peer_key *key, const struct peer_message *message,
	struct peer_nonces *nonces, struct problem *problem)
{
	uint8_t mac[crypto_auth_BYTES];

	if (message->kind != PEER_PROOF || strlen(message->proof.nonce) != SEAL_SIZE)
		return problem_set(problem, -EACCES, "this is no proof");
	if (message->proof.protocol != PEER_PROTOCOL)
		return problem_set(problem, -EPROTO,
			"it speaks another version of the protocol; use the same release of "
			"seatrial on both machines");
	memcpy(nonces->client, message->proof.nonce, PEER_NONCE_SIZE);
	derive(key, "client", nonces, mac);
	return is_mac(message->proof.proof, mac)
		       ? 0
		       : problem_set(problem, -EACCES, "the token is wrong");
}

int peer_wire_welcome(struct peer_wire *wire, const struct peer_key *key,
	const struct peer_nonces *nonces, struct problem *problem)
{
	static struct peer_message message;
	uint8_t mac[crypto_auth_BYTES];

	memset(&message, 0, sizeof(message));
	message.kind = PEER_WELCOME;
	derive(key, "server", nonces, mac);
	base64_write(mac, sizeof(mac), message.welcome.proof);
	int failure = peer_wire_send(wire, &message, problem);
	seal_wire(wire, key, nonces, true);
	return failure;
}

static int send_proof(struct peer_wire *wire, const struct peer_key *key,
	struct peer_nonces *nonces, struct peer_message *message, struct problem *problem)
{
	uint8_t mac[crypto_auth_BYTES];

	if (message->kind != PEER_CHALLENGE || strlen(message->challenge.nonce) != SEAL_SIZE)
		return problem_set(problem, -EPROTO, NOT_SEATRIAL);
	if (message->challenge.protocol != PEER_PROTOCOL)
		return problem_set(problem, -EPROTO,
			"the peer speaks version %u of the protocol and this program %d; use the "
			"same release of seatrial on both machines",
			message->challenge.protocol, PEER_PROTOCOL);
	memcpy(nonces->server, message->challenge.nonce, PEER_NONCE_SIZE);
	fill_nonce(nonces->client);
	memset(message, 0, sizeof(*message));
	message->kind = PEER_PROOF;
	message->proof.protocol = PEER_PROTOCOL;
	memcpy(message->proof.nonce, nonces->client, PEER_NONCE_SIZE);
	derive(key, "client", nonces, mac);
	base64_write(mac, sizeof(mac), message->proof.proof);
	return peer_wire_send(wire, message, problem);
}

int peer_wire_greet(struct peer_wire *wire, const struct peer_key *key, int64_t deadline_ns,
	struct problem *problem)
{
	static struct peer_message message;
	uint8_t mac[crypto_auth_BYTES];
	struct peer_nonces nonces = {{0}, {0}};
	int failure = peer_wire_receive(wire, &message, deadline_ns, problem);

	/* Whatever else talks there talks otherwise. */
	if (failure == -EBADMSG || failure == -EMSGSIZE)
		return problem_set(problem, -EPROTO, NOT_SEATRIAL);
	if (failure == 0)
		failure = send_proof(wire, key, &nonces, &message, problem);
	if (failure == 0)
		failure = peer_wire_receive(wire, &message, deadline_ns, problem);
	if (failure < 0)
		return failure;
	if (message.kind == PEER_ERROR)
		return problem_set(problem, -EACCES, "the peer refuses: %s", message.error.text);
	derive(key, "server", &nonces, mac);
	if (message.kind != PEER_WELCOME || !is_mac(message.welcome.proof, mac))
		return problem_set(problem, -EACCES,
			"the peer does not know the token, so that it is not the one that was "
			"meant; check the address");
	seal_wire(wire, key, &nonces, false);
	return 0;
}
