/* The token that two machines share: where it comes from. */
#include "peer_wire.h"
#include "secret.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#define VARIABLE "SEATRIAL_TOKEN"

int peer_token_new(char token[PEER_TOKEN_SIZE], struct problem *problem)
{
	uint8_t bytes[16];

	if (sodium_init() < 0)
		return problem_set(problem, -EIO, "libsodium has no source of random numbers here");
	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2hex(token, PEER_TOKEN_SIZE, bytes, sizeof(bytes));
	return 0;
}

/* Short or odd ones are refused, not mended: a token is copied by machine. */
static int check_token(const char *token, const char *from, struct problem *problem)
{
	size_t length = strlen(token);

	if (length < PEER_TOKEN_MIN || length >= PEER_TOKEN_SIZE - 1)
		return problem_set(problem, -EINVAL,
			"the token in %s has %zu characters; it needs %d to %d, and should be "
			"random: seatrial serve prints one",
			from, length, PEER_TOKEN_MIN, PEER_TOKEN_SIZE - 2);
	for (const char *at = token; *at; at++)
		if (*at <= ' ' || *at > '~')
			return problem_set(problem, -EINVAL,
				"the token in %s has a character that is neither letter, digit nor "
				"punctuation",
				from);
	return 0;
}

int peer_token_get(const char *file, char token[PEER_TOKEN_SIZE], struct problem *problem)
{
	bool there = secret_from_variable(VARIABLE, token, PEER_TOKEN_SIZE);

	if (sodium_init() < 0)
		return problem_set(problem, -EIO, "libsodium has no source of random numbers here");
	if (file) {
		int failure = secret_from_file(file, token, PEER_TOKEN_SIZE, problem);

		return failure ? failure : check_token(token, file, problem);
	}
	if (!there)
		return problem_set(problem, -ENOENT,
			"no token: set " VARIABLE " to the one that seatrial serve printed, or "
			"name a file that has it");
	return check_token(token, "the environment variable " VARIABLE, problem);
}

void peer_key_of(const char *token, struct peer_key *key)
{
	static const char label[] = "seatrial peer 1";

	_Static_assert(sizeof(label) - 1 < crypto_generichash_KEYBYTES_MAX, "a key for the hash");
	crypto_generichash(key->bytes, sizeof(key->bytes), (const uint8_t *)token, strlen(token),
		(const uint8_t *)label, sizeof(label));
}
