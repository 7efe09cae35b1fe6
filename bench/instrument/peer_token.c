/* The token that two machines share: where it comes from. */
#include "peer_wire.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int read_token(const char *file, char token[PEER_TOKEN_SIZE], struct problem *problem)
{
	struct stat status;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK), failure = 0;

	if (fd < 0)
		return problem_errno(problem, "cannot open the token file %s", file);
	if (fstat(fd, &status) < 0)
		failure = problem_errno(problem, "cannot examine the token file %s", file);
	else if (!S_ISREG(status.st_mode))
		failure =
			problem_set(problem, -EINVAL, "the token file %s is no regular file", file);
	else if (status.st_mode & 077)
		failure = problem_set(problem, -EPERM,
			"others may read the token file %s; do: chmod 600 %s", file, file);
	ssize_t length = failure ? 0 : read(fd, token, PEER_TOKEN_SIZE - 1);
	if (length < 0)
		failure = problem_errno(problem, "cannot read the token file %s", file);
	token[length > 0 ? length : 0] = '\0';
	close(fd);
	return failure;
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

/* Whoever reads the environment of this process or its children is not to find it there. */
static bool take_variable(char token[PEER_TOKEN_SIZE])
{
	char *variable = getenv(VARIABLE);
	bool there = variable && *variable;

	memset(token, 0, PEER_TOKEN_SIZE);
	if (!variable)
		return false;
	strncpy(token, variable, PEER_TOKEN_SIZE - 1);
	sodium_memzero(variable, strlen(variable));
	unsetenv(VARIABLE);
	return there;
}

int peer_token_get(const char *file, char token[PEER_TOKEN_SIZE], struct problem *problem)
{
	bool there = take_variable(token);

	if (sodium_init() < 0)
		return problem_set(problem, -EIO, "libsodium has no source of random numbers here");
	if (file) {
		int failure = read_token(file, token, problem);

		if (failure == 0) {
			const char *text = text_strip(token);
			memmove(token, text, strlen(text) + 1);
			failure = check_token(token, file, problem);
		}
		return failure;
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
