/*
 * Whatever line a peer sends is refused with a sentence or becomes a message that writes and reads
 * as itself. The input is the line, or edits to a good one: its first byte chooses the kind.
 */
#include "peer_message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check(const char *text, size_t length)
{
	static struct peer_message message, again;
	static char written[PEER_LINE_MAX];
	struct problem problem = {""};

	if (peer_message_read(text, length, &message, &problem) < 0) {
		require(problem.text[0]);
		return;
	}
	/* What has no shorter spelling may grow: control characters cannot be there, but "/" may.
	 */
	int size = peer_message_write(&message, written, sizeof(written), &problem);
	require(size > 0);
	require(peer_message_read(written, (size_t)size, &again, &problem) == 0);
	require(memcmp(&message, &again, sizeof(message)) == 0);
}

/* A valid message of a kind, with the input's bytes XORed into its text. */
static void check_edited(const uint8_t *data, size_t size)
{
	static struct peer_message message;
	static char text[PEER_LINE_MAX];

	memset(&message, 0, sizeof(message));
	message.kind = (enum peer_kind)(data[0] % PEER_KINDS);
	if (message.kind == PEER_OPEN)
		message.open.plan = (struct load_plan){.flows = 1, .message_bytes = 64};
	else if (message.kind == PEER_BEGIN)
		message.begin.duration_ns = 1;
	else if (message.kind == PEER_TUNNEL)
		message.tunnel.id = message.tunnel.mtu = 1500;
	else if (message.kind == PEER_DESCRIPTION)
		message.description.limits = (struct peer_limits){1, 1, 1, 1, 1};
	int length = peer_message_write(&message, text, sizeof(text), NULL);

	require(length > 0);
	for (size_t i = 1; i < size && i <= (size_t)length; i++)
		text[i - 1] ^= (char)data[i];
	check(text, (size_t)length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check((const char *)data, size);
	if (size)
		check_edited(data, size);
	return 0;
}
