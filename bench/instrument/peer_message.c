#include "peer_message.h"

#include "text.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

enum field_type { FIELD_U32, FIELD_U64, FIELD_I64, FIELD_REAL, FIELD_FLAG, FIELD_TEXT };

struct field {
	const char *name; /* NULL ends a table */
	enum field_type type;
	size_t offset;   /* in struct peer_message */
	double min, max; /* of a text: bytes, NUL included */
};

/* Integers up to this are the same in a double. */
#define COUNT_MAX 9007199254740992.0
/* No second of a reading is beyond the longest slice by much; CPU time may be of many CPUs. */
#define SECONDS_MAX 1e7
#define WAY_MAX     31
#define PORT_MAX    65535
#define LOAD_MAX    (PEER_LOADS - 1)

#define AT(member) offsetof(struct peer_message, member)
#define U32(name, member, min, max)                                                                \
	{                                                                                          \
		name, FIELD_U32, AT(member), min, max                                              \
	}
#define U64(name, member, min, max)                                                                \
	{                                                                                          \
		name, FIELD_U64, AT(member), min, max                                              \
	}
#define I64(name, member, min, max)                                                                \
	{                                                                                          \
		name, FIELD_I64, AT(member), min, max                                              \
	}
#define REAL(name, member, min, max)                                                               \
	{                                                                                          \
		name, FIELD_REAL, AT(member), min, max                                             \
	}
#define FLAG(name, member)                                                                         \
	{                                                                                          \
		name, FIELD_FLAG, AT(member), 0, 1                                                 \
	}
#define TEXT(name, member)                                                                         \
	{                                                                                          \
		name, FIELD_TEXT, AT(member), 0, sizeof(((struct peer_message *)NULL)->member)     \
	}
#define SIDE(name, member, max)    U64(name, measured.side.member, 0, max)
#define SECONDS(name, member, min) REAL(name, measured.side.member, min, SECONDS_MAX)

static const struct field of_nothing[] = {{.name = NULL}};
static const struct field of_challenge[] = {U32("protocol", challenge.protocol, 0, UINT32_MAX),
	TEXT("nonce", challenge.nonce), {.name = NULL}};
static const struct field of_proof[] = {U32("protocol", proof.protocol, 0, UINT32_MAX),
	TEXT("nonce", proof.nonce), TEXT("proof", proof.proof), {.name = NULL}};
static const struct field of_welcome[] = {TEXT("proof", welcome.proof), {.name = NULL}};
static const struct field of_tunnel[] = {U32("way", tunnel.way, 0, WAY_MAX),
	U32("id", tunnel.id, 1, (1 << 24) - 1), U32("mtu", tunnel.mtu, 576, 65535),
	FLAG("up", tunnel.up), {.name = NULL}};
static const struct field of_open[] = {
	FLAG("receiver", open.receiver),
	U32("way", open.way, 0, WAY_MAX),
	U32("port", open.port, 0, PORT_MAX),
	U32("kind", open.plan.kind, LOAD_TCP_STREAM, LOAD_TCP_CRR),
	U32("flows", open.plan.flows, 1, LOAD_FLOWS_MAX),
	U32("message_bytes", open.plan.message_bytes, 1, PEER_MESSAGE_MAX),
	U32("response_bytes", open.plan.response_bytes, 0, PEER_MESSAGE_MAX),
	REAL("rate", open.plan.rate, 0, 1e9),
	U32("segments", open.plan.segments, 0, 128),
	FLAG("dont_fragment", open.plan.dont_fragment),
	U32("mss", open.plan.mss, 0, 65535),
	TEXT("congestion", open.plan.congestion),
	{.name = NULL},
};
static const struct field of_opened[] = {U32("load", opened.load, 0, LOAD_MAX),
	U32("port", opened.port, 0, PORT_MAX), {.name = NULL}};
static const struct field of_begin[] = {U32("load", begin.load, 0, LOAD_MAX),
	I64("warm_ns", begin.warm_ns, 0, PEER_SLICE_NS_MAX),
	I64("duration_ns", begin.duration_ns, 1, PEER_SLICE_NS_MAX), {.name = NULL}};
static const struct field of_wait[] = {U32("load", wait.load, 0, LOAD_MAX), {.name = NULL}};
static const struct field of_close[] = {U32("load", close.load, 0, LOAD_MAX), {.name = NULL}};
static const struct field of_description[] = {
	TEXT("version", description.version),
	TEXT("kernel", description.kernel),
	U32("mtu", description.mtu, 0, UINT32_MAX),
	U32("ways", description.ways, 0, UINT32_MAX),
	U32("flows", description.limits.flows, 1, LOAD_FLOWS_MAX),
	U64("slice_ns", description.limits.slice_ns, 1, COUNT_MAX),
	U64("session_ns", description.limits.session_ns, 1, COUNT_MAX),
	U64("idle_ns", description.limits.idle_ns, 1, COUNT_MAX),
	U64("bytes", description.limits.bytes, 1, COUNT_MAX),
	{.name = NULL},
};
static const struct field of_measured[] = {
	SECONDS("elapsed_s", elapsed_s, 0),
	SIDE("bytes", bytes, COUNT_MAX),
	SIDE("messages", messages, COUNT_MAX),
	SIDE("errors", errors, COUNT_MAX),
	SIDE("timeouts", timeouts, COUNT_MAX),
	SIDE("stalled", stalled, LOAD_FLOWS_MAX),
	SECONDS("user_s", cost.user_s, -1),
	SECONDS("system_s", cost.system_s, -1),
	SECONDS("softirq_s", cost.softirq_s, -1),
	SECONDS("cpu_user_s", cost.cpu_user_s, -1),
	SECONDS("thread_s", cost.thread_s, -1),
	SIDE("retransmits", retransmits, COUNT_MAX),
	SECONDS("rtt_s", rtt_s, 0),
	U32("mss", measured.side.mss, 0, PORT_MAX),
	SIDE("duplicates", duplicates, COUNT_MAX),
	SIDE("reordered", reordered, COUNT_MAX),
	SECONDS("jitter_s", jitter_s, -1),
	U64("whole", measured.messages, 0, COUNT_MAX),
	TEXT("latency", measured.latency),
	{.name = NULL},
};
static const struct field of_error[] = {TEXT("text", error.text), {.name = NULL}};

static const struct {
	const char *name;
	const struct field *fields;
} rows[PEER_KINDS] = {
	[PEER_CHALLENGE] = {"challenge", of_challenge},
	[PEER_PROOF] = {"proof", of_proof},
	[PEER_WELCOME] = {"welcome", of_welcome},
	[PEER_DESCRIBE] = {"describe", of_nothing},
	[PEER_ECHO] = {"echo", of_nothing},
	[PEER_TUNNEL] = {"tunnel", of_tunnel},
	[PEER_OPEN] = {"open", of_open},
	[PEER_BEGIN] = {"begin", of_begin},
	[PEER_WAIT] = {"wait", of_wait},
	[PEER_CLOSE] = {"close", of_close},
	[PEER_DESCRIPTION] = {"description", of_description},
	[PEER_OPENED] = {"opened", of_opened},
	[PEER_MEASURED] = {"measured", of_measured},
	[PEER_DONE] = {"done", of_nothing},
	[PEER_ERROR] = {"error", of_error},
};

const char *peer_message_name(enum peer_kind kind)
{
	return rows[kind].name;
}

static json_t *value_of(const struct field *field, const void *at)
{
	switch (field->type) {
	case FIELD_U32:
		return json_integer(*(const uint32_t *)at);
	case FIELD_U64:
		return json_integer((json_int_t) * (const uint64_t *)at);
	case FIELD_I64:
		return json_integer(*(const int64_t *)at);
	case FIELD_REAL:
		return json_real(*(const double *)at);
	case FIELD_FLAG:
		return json_boolean(*(const bool *)at);
	case FIELD_TEXT:
		return json_string(at);
	}
	return NULL;
}

int peer_message_write(
	const struct peer_message *message, char *text, size_t size, struct problem *problem)
{
	json_t *object = json_object();
	size_t length = 0;

	json_object_set_new(object, "is", json_string(rows[message->kind].name));
	for (const struct field *field = rows[message->kind].fields; field->name; field++)
		json_object_set_new(object, field->name,
			value_of(field, (const char *)message + field->offset));
	length = json_dumpb(object, text, size, JSON_COMPACT | JSON_REAL_PRECISION(17));
	json_decref(object);
	if (length == 0 || length >= size)
		return problem_set(problem, -EMSGSIZE, "a message \"%s\" takes more than %zu bytes",
			rows[message->kind].name, size);
	text[length] = '\0';
	return (int)length;
}

/* A text goes into sentences and on terminals: no control characters, no broken UTF-8. */
static bool put_text(const struct field *field, const json_t *value, void *at)
{
	const char *text = json_string_value(value);
	size_t length = json_string_length(value);

	if (!text || length >= (size_t)field->max || strlen(text) != length)
		return false;
	text_printable(text, at, (size_t)field->max);
	return strcmp(text, at) == 0;
}

static bool put_number(const struct field *field, const json_t *value, void *at)
{
	double number = json_number_value(value);

	if (field->type == FIELD_REAL ? !json_is_number(value) : !json_is_integer(value))
		return false;
	if (!isfinite(number) || number < field->min || number > field->max)
		return false;
	if (field->type == FIELD_REAL)
		*(double *)at = number;
	else if (field->type == FIELD_U32)
		*(uint32_t *)at = (uint32_t)json_integer_value(value);
	else
		*(int64_t *)at = json_integer_value(value);
	return true;
}

static bool put(const struct field *field, const json_t *value, void *at)
{
	if (field->type == FIELD_TEXT)
		return put_text(field, value, at);
	if (field->type != FIELD_FLAG)
		return put_number(field, value, at);
	*(bool *)at = json_is_true(value);
	return json_is_boolean(value);
}

static int read_fields(const json_t *object, struct peer_message *message, struct problem *problem)
{
	const char *name = json_string_value(json_object_get(object, "is"));
	size_t kind = 0, count = 1;

	while (kind < PEER_KINDS && (!name || strcmp(name, rows[kind].name) != 0))
		kind++;
	if (kind == PEER_KINDS)
		return problem_set(problem, -EBADMSG, "a message is of no kind that is known");
	message->kind = (enum peer_kind)kind;
	for (const struct field *field = rows[kind].fields; field->name; field++, count++)
		if (!put(field, json_object_get(object, field->name),
			    (char *)message + field->offset))
			return problem_set(problem, -EBADMSG,
				"in a message \"%s\", the field \"%s\" is missing or not what it "
				"may be",
				rows[kind].name, field->name);
	if (json_object_size(object) != count)
		return problem_set(problem, -EBADMSG,
			"a message \"%s\" has a field that is not known", rows[kind].name);
	return 0;
}

int peer_message_read(
	const char *text, size_t length, struct peer_message *message, struct problem *problem)
{
	json_error_t error;

	memset(message, 0, sizeof(*message));
	/* What is nested is refused by its type, after jansson has bounded its depth (2,048). */
	json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
	if (!object)
		return problem_set(
			problem, -EBADMSG, "a message is not one JSON object: %s", error.text);
	int failure = read_fields(object, message, problem);
	json_decref(object);
	return failure;
}
