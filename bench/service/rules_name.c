/* Names by hashes, as kube-proxy makes them (pkg/proxy/iptables and pkg/proxy/nftables). */
#include "rules_private.h"

#include <sodium.h>
#include <string.h>

/* RFC 4648; five bits a character. */
static void encode(const unsigned char *bytes, char *text, size_t characters)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	unsigned int bits = 0, held = 0;

	for (size_t i = 0; i < characters; i++) {
		if (held < 5) {
			bits = bits << 8 | *bytes++;
			held += 8;
		}
		held -= 5;
		text[i] = digits[bits >> held & 31];
	}
	text[characters] = '\0';
}

static void hash(const char *text, char *name, size_t characters)
{
	unsigned char digest[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(digest, (const unsigned char *)text, strlen(text));
	encode(digest, name, characters);
}

void rules_hash16(const char *text, char name[17])
{
	hash(text, name, 16);
}

void rules_hash8(const char *text, char name[9])
{
	hash(text, name, 8);
}

void rules_service_chain(const char *port_name, const char *protocol, char name[RULES_CHAIN_MAX])
{
	char text[128], digest[17];

	snprintf(text, sizeof(text), "%s%s", port_name, protocol);
	rules_hash16(text, digest);
	snprintf(name, RULES_CHAIN_MAX, "KUBE-SVC-%s", digest);
}
