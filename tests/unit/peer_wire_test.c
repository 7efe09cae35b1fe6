#include "clock.h"
#include "peer_wire.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND INT64_C(1000000000)

/* Two ends of one connection. */
static struct peer_wire server, client;
static struct peer_key key;
static struct peer_message message;

struct greeting {
	struct peer_key key;
	int result;
};

static void *greet(void *argument)
{
	struct greeting *greeting = argument;

	greeting->result =
		peer_wire_greet(&client, &greeting->key, clock_now_ns() + 10 * SECOND, NULL);
	return NULL;
}

static void connect_both(void)
{
	int fd[2];

	cr_assert(ge(int, sodium_init(), 0));
	cr_assert(eq(int, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0));
	peer_wire_start(&server, fd[0]);
	peer_wire_start(&client, fd[1]);
	peer_key_of("a token of sixteen", &key);
}

/* The whole handshake; returns what the server's check said. */
static int shake_hands(const char *token, int *client_result)
{
	struct greeting greeting = {.result = 1};
	struct peer_nonces nonces = {{0}, {0}};
	pthread_t thread;

	connect_both();
	peer_key_of(token, &greeting.key);
	cr_assert(eq(int, pthread_create(&thread, NULL, greet, &greeting), 0));
	cr_assert(eq(int, peer_wire_challenge(&server, &nonces, NULL), 0));
	cr_assert(eq(
		int, peer_wire_receive(&server, &message, clock_now_ns() + 10 * SECOND, NULL), 0));
	int checked = peer_wire_check(&key, &message, &nonces, NULL);
	if (checked == 0)
		cr_assert(eq(int, peer_wire_welcome(&server, &key, &nonces, NULL), 0));
	else
		peer_wire_refuse(&server, "no");
	pthread_join(thread, NULL);
	*client_result = greeting.result;
	return checked;
}

/* Sends a message from the client and returns the line as it crossed the wire. */
static size_t line_of(enum peer_kind kind, char *line, size_t size)
{
	memset(&message, 0, sizeof(message));
	message.kind = kind;
	cr_assert(eq(int, peer_wire_send(&client, &message, NULL), 0));
	ssize_t length = recv(server.fd, line, size - 1, 0);
	cr_assert(gt(long, length, 0));
	line[length] = '\0';
	return (size_t)length;
}

static int hear(const char *line, size_t length)
{
	cr_assert(eq(long, send(client.fd, line, length, 0), (long)length));
	return peer_wire_receive(&server, &message, clock_now_ns() + SECOND, NULL);
}

Test(peer_wire, both_prove_the_token_and_then_talk)
{
	int client_result;

	cr_assert(eq(int, shake_hands("a token of sixteen", &client_result), 0));
	cr_assert(eq(int, client_result, 0));
	for (int i = 0; i < 3; i++) {
		memset(&message, 0, sizeof(message));
		message.kind = PEER_BEGIN;
		message.begin.load = 3;
		message.begin.warm_ns = 5;
		message.begin.duration_ns = PEER_SLICE_NS_MAX;
		cr_assert(eq(int, peer_wire_send(&client, &message, NULL), 0));
		memset(&message, 0, sizeof(message));
		cr_assert(eq(int,
			peer_wire_receive(&server, &message, clock_now_ns() + SECOND, NULL), 0));
		cr_assert(eq(int, (int)message.kind, PEER_BEGIN));
		cr_assert(eq(u32, message.begin.load, 3));
		cr_assert(eq(i64, message.begin.duration_ns, PEER_SLICE_NS_MAX));
		peer_wire_refuse(&server, "no %d", i);
		cr_assert(eq(int,
			peer_wire_receive(&client, &message, clock_now_ns() + SECOND, NULL), 0));
		cr_assert(eq(int, (int)message.kind, PEER_ERROR));
	}
}

Test(peer_wire, another_token_is_refused)
{
	int client_result;

	cr_assert(eq(int, shake_hands("another token than", &client_result), -EACCES));
	cr_assert(eq(int, client_result, -EACCES));
}

Test(peer_wire, a_line_counts_once_and_only_in_its_place)
{
	char first[1024], second[1024];
	int client_result;

	shake_hands("a token of sixteen", &client_result);
	size_t first_length = line_of(PEER_ECHO, first, sizeof(first));
	size_t second_length = line_of(PEER_ECHO, second, sizeof(second));
	cr_assert(ne(str, first, second));
	cr_assert(eq(int, hear(first, first_length), 0));
	cr_assert(eq(int, hear(first, first_length), -EBADMSG), "repeated");

	shake_hands("a token of sixteen", &client_result);
	line_of(PEER_ECHO, first, sizeof(first));
	second_length = line_of(PEER_ECHO, second, sizeof(second));
	cr_assert(eq(int, hear(second, second_length), -EBADMSG), "one left out");
}

Test(peer_wire, a_line_with_any_bit_changed_is_refused)
{
	char line[1024];
	int client_result;

	for (size_t i = 0; i < 62; i += 3) {
		shake_hands("a token of sixteen", &client_result);
		size_t length = line_of(PEER_ECHO, line, sizeof(line));
		cr_assert(eq(sz, length, 45 + strlen("{\"is\":\"echo\"}") + 1));
		if (i >= length - 1)
			break;
		line[i] ^= 1;
		cr_assert(eq(int, hear(line, length), -EBADMSG), "byte %zu", i);
		close(server.fd);
		close(client.fd);
	}
}

Test(peer_wire, a_session_does_not_understand_another)
{
	char line[1024];
	int client_result;

	shake_hands("a token of sixteen", &client_result);
	size_t length = line_of(PEER_ECHO, line, sizeof(line));
	shake_hands("a token of sixteen", &client_result);
	cr_assert(eq(int, hear(line, length), -EBADMSG));
}

Test(peer_wire, a_line_has_a_length_and_a_time)
{
	static char much[PEER_LINE_MAX + 1];

	connect_both();
	cr_assert(eq(int, peer_wire_receive(&server, &message, clock_now_ns() + SECOND / 10, NULL),
		-ETIMEDOUT));
	memset(much, ' ', sizeof(much));
	cr_assert(eq(long, send(client.fd, much, sizeof(much), 0), (long)sizeof(much)));
	cr_assert(eq(int, peer_wire_receive(&server, &message, clock_now_ns() + SECOND, NULL),
		-EMSGSIZE));
	connect_both();
	close(client.fd);
	cr_assert(eq(
		int, peer_wire_receive(&server, &message, clock_now_ns() + SECOND, NULL), -EPIPE));
}

static int read_text(const char *text)
{
	struct problem problem = {""};
	int result = peer_message_read(text, strlen(text), &message, &problem);

	cr_assert(result == 0 || problem.text[0], "%s", text);
	return result;
}

Test(peer_message, what_it_may_not_be_is_refused)
{
	static const char *const bad[] = {"", "{}", "[]", "1", "{\"is\":1}", "{\"is\":\"open\"}",
		"{\"is\":\"echo\",\"is\":\"echo\"}", "{\"is\":\"echo\",\"more\":1}",
		"{\"is\":\"echo\"} x", "{\"is\":{\"is\":\"echo\"}}",
		"{\"is\":\"wait\",\"load\":16}", "{\"is\":\"wait\",\"load\":-1}",
		"{\"is\":\"wait\",\"load\":1.0}", "{\"is\":\"wait\",\"load\":true}",
		"{\"is\":\"wait\",\"load\":\"1\"}",
		"{\"is\":\"wait\",\"load\":99999999999999999999}",
		"{\"is\":\"begin\",\"load\":1,\"warm_ns\":0,\"duration_ns\":0}",
		"{\"is\":\"begin\",\"load\":1,\"warm_ns\":0,\"duration_ns\":9223372036854775807}",
		"{\"is\":\"error\",\"text\":\"a\\u001b[31m\"}",
		"{\"is\":\"error\",\"text\":\"a\\u0000b\"}",
		"{\"is\":\"error\",\"text\":\"\\u202e\"}",
		"{\"is\":\"tunnel\",\"way\":1,\"id\":0,\"mtu\":1500,\"up\":true}",
		"{\"is\":\"tunnel\",\"way\":1,\"id\":1,\"mtu\":1500,\"up\":1}"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert(eq(int, read_text(bad[i]), -EBADMSG), "%s", bad[i]);
	cr_assert(eq(int, read_text("{\"is\":\"wait\",\"load\":15}"), 0));
	cr_assert(eq(u32, message.wait.load, 15));
}

Test(peer_message, brackets_in_a_sentence_are_none_of_json)
{
	cr_assert(eq(int, read_text("{\"is\":\"error\",\"text\":\"[::1] {}\"}"), 0));
	cr_assert(eq(str, message.error.text, (char *)"[::1] {}"));
}

Test(peer_message, nesting_is_refused_however_deep)
{
	static char text[PEER_LINE_MAX];
	static const char head[] = "{\"is\":\"error\",\"text\":";

	for (size_t depth = 1; depth < 30000; depth *= 3) {
		size_t length = sizeof(head) - 1;

		memcpy(text, head, length);
		memset(text + length, '[', depth);
		memset(text + length + depth, ']', depth);
		length += 2 * depth;
		text[length++] = '}';
		cr_assert(eq(int, peer_message_read(text, length, &message, NULL), -EBADMSG));
	}
}

Test(peer_message, a_result_is_the_same_on_the_other_side)
{
	static struct peer_message sent, got;
	static char text[PEER_LINE_MAX];

	sent.kind = PEER_MEASURED;
	sent.measured.side = (struct load_side){.elapsed_s = 1.0 / 3,
		.bytes = UINT64_C(9007199254740991),
		.messages = 7,
		.cost = {-1, 0.1, 2.5, -1, 0},
		.rtt_s = 1e-6,
		.mss = 1448,
		.jitter_s = 1e-9};
	sent.measured.messages = 9;
	memset(sent.measured.latency, 'A', sizeof(sent.measured.latency) - 1);
	int length = peer_message_write(&sent, text, sizeof(text), NULL);
	cr_assert(gt(int, length, 0));
	cr_assert(eq(int, peer_message_read(text, (size_t)length, &got, NULL), 0));
	cr_assert(eq(int, memcmp(&sent, &got, sizeof(sent)), 0));
	cr_assert(eq(int, peer_message_write(&sent, text, 1000, NULL), -EMSGSIZE));
}

Test(peer_token, comes_from_a_file_of_ones_own_or_the_environment)
{
	char token[PEER_TOKEN_SIZE], path[] = "/tmp/peer_token.XXXXXX";
	int fd = mkstemp(path);

	unsetenv("SEATRIAL_TOKEN");
	cr_assert(eq(int, peer_token_get(NULL, token, NULL), -ENOENT));
	setenv("SEATRIAL_TOKEN", "0123456789abcdef", 1);
	cr_assert(eq(int, peer_token_get(NULL, token, NULL), 0));
	cr_assert(eq(str, token, (char *)"0123456789abcdef"));
	cr_assert(zero(ptr, getenv("SEATRIAL_TOKEN")), "no child gets it");
	setenv("SEATRIAL_TOKEN", "0123456789abcde", 1);
	cr_assert(eq(int, peer_token_get(NULL, token, NULL), -EINVAL));
	cr_assert(eq(int, (int)write(fd, " fedcba9876543210\n", 18), 18));
	setenv("SEATRIAL_TOKEN", "0123456789abcdef", 1);
	cr_assert(eq(int, peer_token_get(path, token, NULL), 0));
	cr_assert(zero(ptr, getenv("SEATRIAL_TOKEN")), "not even when a file has another");
	cr_assert(eq(str, token, (char *)"fedcba9876543210"));
	fchmod(fd, 0640);
	cr_assert(eq(int, peer_token_get(path, token, NULL), -EPERM));
	cr_assert(eq(int, peer_token_get("/dev/null", token, NULL), -EINVAL));
	cr_assert(eq(int, peer_token_new(token, NULL), 0));
	cr_assert(eq(sz, strlen(token), 32));
	close(fd);
	unlink(path);
}
