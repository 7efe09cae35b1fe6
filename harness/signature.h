/*
 * signature: who signed the file of a run, a comparison, a gate's decision or a history. A
 * signature lies beside the file: FILE.sig by ssh-keygen (PROTOCOL.sshsig, namespace
 * "seatrial-run", "seatrial-comparison", "seatrial-gate" or "seatrial-history"), FILE.minisig by
 * minisign (trusted comment "seatrial-run ID", "seatrial-comparison TIME" ...). Those programs do
 * all of the cryptography.
 *
 * A signature proves who vouches for a file, not that what it says is true.
 */
#pragma once

#include "problem.h"
#include "store.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Whose signatures are accepted; either may be NULL. */
struct signature_keys {
	const char *allowed_signers; /* as ssh-keygen(1), section ALLOWED SIGNERS, describes it */
	const char *public_key;      /* of minisign */
};

/* A file that was read: the signatures are checked on these bytes, not on what the file may hold by
 * then. */
struct signed_file {
	const char *path, *text;
	size_t length;
	const char *kind; /* of the document in it: "run" */
	const char *id;   /* of a run; when any other document was created */
};

/* Makes a document of a file that can be signed. A new reference, or NULL with a sentence. */
json_t *signature_parse(const struct store_text *text, struct problem *problem);

/* Whether a document is a run; of what else can be signed nothing can be computed again. */
bool signature_is_of_run(const json_t *document);

/* The file that a document was read from: any of those above. Borrows both. */
struct signed_file signature_file(const struct store_text *text, const json_t *document);

/* Signs it with the key in the file `key`, a secret one of minisign or one that ssh-keygen takes,
 * and writes the signature beside it; the name of that into `made`, of `size` bytes. An earlier one
 * of the same kind is replaced. Returns 0 or a negative errno with a sentence. */
int signature_make(const struct signed_file *file, const char *key, char *made, size_t size,
	struct problem *problem);

/*
 * The signatures beside the file, a new reference: an array of
 *   {"kind": "ssh" or "minisign", "file", "state", "by", "key", "why"}
 * where "state" is
 *   "good"            by somebody in `keys`: "by" and "key" say whom
 *   "bad"             the file is not what was signed, or it was signed as something else
 *   "unknown signer"  the file is what was signed, by somebody not in `keys`; for minisign, that it
 *                     is what was signed cannot be told
 *   "not checked"     `keys` has none of that kind
 *   "failed"          it could not be checked; "why" says why, as for all but "good"
 * All texts are printable.
 */
json_t *signature_check(const struct signed_file *file, const struct signature_keys *keys);

/* Whether any of them has that state. */
bool signature_any(const json_t *signatures, const char *state);
