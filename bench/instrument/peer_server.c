#include "peer_server.h"

#include "clock.h"
#include "interrupt.h"
#include "peer_address.h"
#include "units.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STRANGERS      16                  /* connections that have proven nothing yet; ... */
#define STRANGERS_EACH 4                   /* ... of one machine */
#define STRANGER_NS    INT64_C(5000000000) /* to prove it */
#define WRONG          32                  /* that gave a wrong token and wait to be told; ... */
#define WRONG_EACH     8                   /* ... of one machine */
#define WRONG_NS       INT64_C(1000000000) /* before the first is told, and between two */
#define TICK_MS        100

/* A connection without proof. */
struct stranger {
	int fd; /* -1: free */
	int64_t end_ns;
	struct sockaddr_storage from;
	struct peer_nonces nonces;
	struct peer_wire wire;
};

/* One that gave a wrong token. It is told so in its turn, even if it hangs up before, and a machine
 * that has WRONG_EACH of them is not heard: however many connections it uses, it can try one token
 * a second. Nobody else waits for that, and who is right waits for nothing. */
struct wrong {
	int fd; /* -1: free */
	int64_t end_ns;
	struct sockaddr_storage from;
};

struct serving {
	const struct peer_server *server;
	struct peer_key key;
	int listener;
	int64_t end_ns;
	pid_t session; /* 0: none */
	int session_fd;
	char session_from[ADDRESS_TEXT];
	int64_t session_begun_ns;
	atomic_ullong *session_bytes; /* shared with the session */
	bool served;
	struct stranger strangers[STRANGERS];
	struct wrong wrong[WRONG];
};

static void say(const struct serving *serving, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(const struct serving *serving, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	serving->server->say(text);
}

static void dismiss(struct stranger *stranger)
{
	close(stranger->fd);
	stranger->fd = -1;
}

/* A free place, or that of the longest silent one: of the same machine, if that has its share. */
static struct stranger *find_place(struct serving *serving, const struct sockaddr_storage *from)
{
	struct stranger *place = NULL, *oldest = NULL, *own = NULL;
	size_t own_count = 0;

	for (size_t i = 0; i < STRANGERS; i++) {
		struct stranger *at = &serving->strangers[i];

		if (at->fd < 0) {
			place = at;
			continue;
		}
		if (!oldest || at->end_ns < oldest->end_ns)
			oldest = at;
		if (!address_near(&at->from, from))
			continue;
		own_count++;
		if (!own || at->end_ns < own->end_ns)
			own = at;
	}
	if (own_count >= STRANGERS_EACH)
		place = own;
	else if (!place)
		place = oldest;
	if (place->fd >= 0)
		dismiss(place);
	return place;
}

static size_t count_wrong(const struct serving *serving, const struct sockaddr_storage *from)
{
	size_t count = 0;

	for (size_t i = 0; i < WRONG; i++)
		count += serving->wrong[i].fd >= 0 && address_near(&serving->wrong[i].from, from);
	return count;
}

static void accept_stranger(struct serving *serving)
{
	struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
	socklen_t size = sizeof(from);
	int fd = accept4(
		serving->listener, (struct sockaddr *)&from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	address_plain(&from);
	if (count_wrong(serving, &from) >= WRONG_EACH) {
		close(fd);
		return;
	}
	struct stranger *stranger = find_place(serving, &from);
	stranger->fd = fd;
	stranger->from = from;
	stranger->end_ns = clock_now_ns() + STRANGER_NS;
	peer_wire_start(&stranger->wire, fd);
	if (peer_wire_challenge(&stranger->wire, &stranger->nonces, NULL) < 0)
		dismiss(stranger);
}

/* When there is no place left, by many machines, it is not told. */
static void put_off(struct serving *serving, struct stranger *stranger)
{
	int64_t end_ns = clock_now_ns();
	struct wrong *place = NULL;

	for (size_t i = 0; i < WRONG; i++) {
		struct wrong *at = &serving->wrong[i];

		if (at->fd < 0)
			place = at;
		else if (address_near(&at->from, &stranger->from) && at->end_ns > end_ns)
			end_ns = at->end_ns;
	}
	if (!place) {
		dismiss(stranger);
		return;
	}
	*place = (struct wrong){stranger->fd, end_ns + WRONG_NS, stranger->from};
	stranger->fd = -1;
}

static void close_strangers(struct serving *serving, const struct stranger *except)
{
	for (size_t i = 0; i < STRANGERS; i++)
		if (serving->strangers[i].fd >= 0 && &serving->strangers[i] != except)
			close(serving->strangers[i].fd);
	for (size_t i = 0; i < WRONG; i++)
		if (serving->wrong[i].fd >= 0)
			close(serving->wrong[i].fd);
}

static void run_session(struct serving *serving, struct stranger *stranger, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	close(serving->listener);
	close_strangers(serving, stranger);
	peer_session(&stranger->wire, &serving->server->limits, serving->server->port,
		serving->session_bytes);
	_exit(0);
}

static void start_session(struct serving *serving, struct stranger *stranger)
{
	char text[ADDRESS_TEXT];
	pid_t parent = getpid(), child;

	address_text(&stranger->from, text);
	if (serving->session) {
		say(serving, "%s refused: busy", text);
		peer_wire_refuse(&stranger->wire,
			"it is busy with another machine; try again when that is done");
		dismiss(stranger);
		return;
	}
	atomic_store(serving->session_bytes, 0);
	child = peer_wire_welcome(&stranger->wire, &serving->key, &stranger->nonces, NULL) < 0
			? -1
			: fork();
	if (child == 0)
		run_session(serving, stranger, parent);
	sodium_memzero(&stranger->wire, sizeof(stranger->wire));
	if (child < 0) {
		dismiss(stranger);
		return;
	}
	say(serving, "%s: session begins", text);
	memcpy(serving->session_from, text, sizeof(text));
	serving->session = child;
	serving->session_fd = stranger->fd; /* watched from here: see watch_session() */
	serving->session_begun_ns = clock_now_ns();
	stranger->fd = -1;
}

static void hear_stranger(struct serving *serving, struct stranger *stranger)
{
	static struct peer_message message;
	struct problem problem;
	int there = peer_wire_fill(&stranger->wire, NULL), failure;

	if (there == 0)
		return;
	if (there < 0 || peer_wire_take(&stranger->wire, &message, NULL) < 0) {
		dismiss(stranger);
		return;
	}
	failure = peer_wire_check(&serving->key, &message, &stranger->nonces, &problem);
	if (failure == 0) {
		start_session(serving, stranger);
	} else if (failure == -EPROTO) {
		peer_wire_refuse(&stranger->wire, "%s", problem.text);
		dismiss(stranger);
	} else {
		put_off(serving, stranger);
	}
}

static void expire_strangers(struct serving *serving)
{
	int64_t now_ns = clock_now_ns();

	for (size_t i = 0; i < STRANGERS; i++)
		if (serving->strangers[i].fd >= 0 && now_ns >= serving->strangers[i].end_ns)
			dismiss(&serving->strangers[i]);
}

static void tell_wrong(struct serving *serving)
{
	static struct peer_wire wire;
	int64_t now_ns = clock_now_ns();

	for (size_t i = 0; i < WRONG; i++) {
		struct wrong *at = &serving->wrong[i];
		char text[ADDRESS_TEXT];

		if (at->fd < 0 || now_ns < at->end_ns)
			continue;
		say(serving, "%s refused: wrong token", address_text(&at->from, text));
		peer_wire_start(&wire, at->fd);
		peer_wire_refuse(&wire, "the token is wrong; use the one that seatrial serve "
					"printed or was given");
		close(at->fd);
		at->fd = -1;
	}
}

/* `why`: "" when the session ended by itself. */
static void forget_session(struct serving *serving, const char *why)
{
	double elapsed_s = (double)(clock_now_ns() - serving->session_begun_ns) / 1e9;
	char time[32], bytes[32];

	close(serving->session_fd);
	serving->session = 0;
	serving->session_fd = -1;
	serving->served = true;
	say(serving, "%s: session ended after %s, with %s of traffic%s%s", serving->session_from,
		units_format(elapsed_s, "s", time, sizeof(time)),
		units_format(
			(double)atomic_load(serving->session_bytes), "B", bytes, sizeof(bytes)),
		*why ? ": " : "", why);
}

static void end_session(struct serving *serving, const char *why)
{
	if (!serving->session)
		return;
	kill(serving->session, SIGKILL);
	while (waitpid(serving->session, NULL, 0) < 0 && errno == EINTR)
		;
	forget_session(serving, why);
}

/* A session cannot look at its connection while it measures; this process can. */
static void watch_session(struct serving *serving, short events)
{
	if (!serving->session)
		return;
	if (waitpid(serving->session, NULL, WNOHANG) == serving->session) {
		forget_session(serving, "");
	} else if (events & (POLLRDHUP | POLLHUP | POLLERR)) {
		end_session(serving, "the client hung up");
	} else if (clock_now_ns() - serving->session_begun_ns >
		   (int64_t)serving->server->limits.session_ns) {
		end_session(serving, "its time is up");
	}
}

static bool goes_on(const struct serving *serving)
{
	return !interrupt_pending() && clock_now_ns() < serving->end_ns &&
	       !(serving->server->once && serving->served && !serving->session);
}

static void serve(struct serving *serving)
{
	enum { LISTENER = STRANGERS, SESSION, WATCHED };

	while (goes_on(serving)) {
		struct pollfd watched[WATCHED];

		for (size_t i = 0; i < STRANGERS; i++)
			watched[i] =
				(struct pollfd){.fd = serving->strangers[i].fd, .events = POLLIN};
		watched[LISTENER] = (struct pollfd){.fd = serving->listener, .events = POLLIN};
		watched[SESSION] = (struct pollfd){.fd = serving->session_fd, .events = POLLRDHUP};
		if (poll(watched, WATCHED, TICK_MS) < 0)
			continue;
		watch_session(serving, watched[SESSION].revents);
		for (size_t i = 0; i < STRANGERS; i++)
			if (watched[i].revents)
				hear_stranger(serving, &serving->strangers[i]);
		expire_strangers(serving);
		tell_wrong(serving);
		if (watched[LISTENER].revents)
			accept_stranger(serving);
	}
}

static int serve_at(struct serving *serving, struct problem *problem)
{
	const struct peer_server *server = serving->server;

	serving->session_bytes = mmap(NULL, sizeof(*serving->session_bytes), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (serving->session_bytes == MAP_FAILED)
		return problem_errno(problem, "no memory for a server");
	serving->listener = peer_address_listen(server->listen, server->port, problem);
	if (serving->listener >= 0) {
		serve(serving);
		end_session(serving, "the server ends");
		close(serving->listener);
		close_strangers(serving, NULL);
	}
	munmap(serving->session_bytes, sizeof(*serving->session_bytes));
	return serving->listener < 0 ? serving->listener : 0;
}

int peer_serve(const struct peer_server *server, struct problem *problem)
{
	struct serving *serving = calloc(1, sizeof(*serving));

	if (!serving)
		return problem_set(problem, -ENOMEM, "no memory for a server");
	serving->server = server;
	serving->session_fd = -1;
	serving->end_ns = server->for_ns ? clock_now_ns() + (int64_t)server->for_ns : INT64_MAX;
	for (size_t i = 0; i < STRANGERS; i++)
		serving->strangers[i].fd = -1;
	for (size_t i = 0; i < WRONG; i++)
		serving->wrong[i].fd = -1;
	peer_key_of(server->token, &serving->key);
	int failure = serve_at(serving, problem);
	sodium_memzero(serving, sizeof(*serving));
	free(serving);
	return failure;
}
