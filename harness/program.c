#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

_Static_assert(PROGRAM_SHA256_LENGTH == 2 * crypto_hash_sha256_BYTES, "two digits a byte");

static int hash_rest(int fd, char sha256[PROGRAM_SHA256_LENGTH + 1])
{
	static unsigned char buffer[65536];
	unsigned char hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;
	ssize_t got;

	crypto_hash_sha256_init(&state);
	while ((got = read(fd, buffer, sizeof(buffer))) != 0) {
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0)
			crypto_hash_sha256_update(&state, buffer, (unsigned long long)got);
	}
	crypto_hash_sha256_final(&state, hash);
	sodium_bin2hex(sha256, PROGRAM_SHA256_LENGTH + 1, hash, sizeof(hash));
	return 0;
}

int program_look(const char *path, struct program_file *file, struct problem *problem)
{
	/* O_NONBLOCK: a FIFO must not hold us. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int failure = 0;

	if (fd < 0)
		return problem_errno(problem, "cannot open %s", path);
	if (fstat(fd, &file->status) < 0)
		failure = problem_errno(problem, "cannot examine %s", path);
	else if (!S_ISREG(file->status.st_mode))
		failure = problem_set(problem, -EINVAL, "%s is not a regular file", path);
	else if (hash_rest(fd, file->sha256) < 0)
		failure = problem_errno(problem, "cannot read %s", path);
	close(fd);
	return failure;
}

bool program_is_same(const char *path, const struct program_file *file)
{
	const struct stat *then = &file->status;
	struct stat now;

	/* Writing, renaming and linking all move the time of change, which nobody can set. */
	return stat(path, &now) == 0 && now.st_dev == then->st_dev && now.st_ino == then->st_ino &&
	       now.st_size == then->st_size && now.st_ctim.tv_sec == then->st_ctim.tv_sec &&
	       now.st_ctim.tv_nsec == then->st_ctim.tv_nsec;
}

json_t *program_json(const char *name, const struct program_file *file)
{
	return json_pack("{s:s,s:s,s:I}", "name", name, "sha256", file->sha256, "bytes",
		(json_int_t)file->status.st_size);
}

json_t *program_self(const char *name)
{
	struct program_file file = {.sha256 = ""};

	return program_look("/proc/self/exe", &file, NULL) < 0 ? NULL : program_json(name, &file);
}
