#include "peer_server.h"

#include "clock.h"
#include "interrupt.h"
#include "peer_address.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STRANGERS   8                   /* connections that have proven nothing yet */
#define STRANGER_NS INT64_C(5000000000) /* to prove it */
#define WRONG_NS    INT64_C(1000000000) /* between two answers to a wrong token */
#define TICK_MS     100

/* A connection without proof. One that answered wrongly keeps its place, even if it hangs up, until
 * its turn to be told so: wrong answers so come at one a second, however many connections they use,
 * while a right one never waits for them. */
struct stranger {
	int fd; /* -1: free */
	int64_t end_ns;
	bool wrong;
	struct peer_nonces nonces;
	struct peer_wire wire;
};

struct serving {
	const struct peer_server *server;
	struct peer_key key;
	int listener;
	int64_t end_ns, wrong_ns; /* wrong_ns: when the next wrong token may be answered */
	pid_t session;            /* 0: none */
	int session_fd;
	int64_t session_end_ns;
	bool served;
	struct stranger strangers[STRANGERS];
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

/* A free place, or that of the longest silent one; NULL when all have answered wrongly. */
static struct stranger *find_place(struct serving *serving)
{
	struct stranger *oldest = NULL;

	for (size_t i = 0; i < STRANGERS; i++) {
		struct stranger *at = &serving->strangers[i];

		if (at->fd < 0)
			return at;
		if (!at->wrong && (!oldest || at->end_ns < oldest->end_ns))
			oldest = at;
	}
	if (oldest)
		dismiss(oldest);
	return oldest;
}

static void accept_stranger(struct serving *serving)
{
	int fd = accept4(serving->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct stranger *stranger = fd >= 0 ? find_place(serving) : NULL;

	if (!stranger) {
		if (fd >= 0)
			close(fd);
		return;
	}
	stranger->fd = fd;
	stranger->wrong = false;
	stranger->end_ns = clock_now_ns() + STRANGER_NS;
	peer_wire_start(&stranger->wire, fd);
	if (peer_wire_challenge(&stranger->wire, &stranger->nonces, NULL) < 0)
		dismiss(stranger);
}

static void run_session(struct serving *serving, struct stranger *stranger, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(0);
	close(serving->listener);
	for (size_t i = 0; i < STRANGERS; i++)
		if (serving->strangers[i].fd >= 0 && &serving->strangers[i] != stranger)
			close(serving->strangers[i].fd);
	peer_session(&stranger->wire, &serving->server->limits, serving->server->port);
	_exit(0);
}

static void start_session(struct serving *serving, struct stranger *stranger)
{
	struct sockaddr_storage local, remote;
	char text[PEER_ADDRESS_TEXT] = "?";
	pid_t parent = getpid(), child;

	if (peer_address_ends(stranger->fd, &local, &remote, NULL) == 0)
		peer_address_text(&remote, text);
	if (serving->session) {
		say(serving, "%s refused: busy", text);
		peer_wire_refuse(&stranger->wire,
			"it is busy with another machine; try again when that is done");
		dismiss(stranger);
		return;
	}
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
	serving->session = child;
	serving->session_fd = stranger->fd; /* watched from here: see watch_session() */
	serving->session_end_ns = clock_now_ns() + (int64_t)serving->server->limits.session_ns;
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
		int64_t now_ns = clock_now_ns();

		stranger->wrong = true;
		stranger->end_ns = now_ns > serving->wrong_ns ? now_ns : serving->wrong_ns;
		serving->wrong_ns = stranger->end_ns + WRONG_NS;
	}
}

static void expire_strangers(struct serving *serving)
{
	int64_t now_ns = clock_now_ns();

	for (size_t i = 0; i < STRANGERS; i++) {
		struct stranger *at = &serving->strangers[i];
		struct sockaddr_storage local, remote;
		char text[PEER_ADDRESS_TEXT] = "somebody";

		if (at->fd < 0 || now_ns < at->end_ns)
			continue;
		if (at->wrong) {
			if (peer_address_ends(at->fd, &local, &remote, NULL) == 0)
				peer_address_text(&remote, text);
			say(serving, "%s refused: wrong token", text);
			peer_wire_refuse(&at->wire, "the token is wrong; use the one that "
						    "seatrial serve printed or was given");
		}
		dismiss(at);
	}
}

static void end_session(struct serving *serving, const char *why)
{
	if (!serving->session)
		return;
	kill(serving->session, SIGKILL);
	while (waitpid(serving->session, NULL, 0) < 0 && errno == EINTR)
		;
	close(serving->session_fd);
	serving->session = 0;
	serving->session_fd = -1;
	serving->served = true;
	say(serving, "session ended: %s", why);
}

/* A session cannot look at its connection while it measures; this process can. */
static void watch_session(struct serving *serving, short events)
{
	if (!serving->session)
		return;
	if (waitpid(serving->session, NULL, WNOHANG) == serving->session) {
		close(serving->session_fd);
		serving->session = 0;
		serving->session_fd = -1;
		serving->served = true;
		say(serving, "session ended");
	} else if (events & (POLLRDHUP | POLLHUP | POLLERR)) {
		end_session(serving, "the client hung up");
	} else if (clock_now_ns() > serving->session_end_ns) {
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
			watched[i] = (struct pollfd){
				.fd = serving->strangers[i].wrong ? -1 : serving->strangers[i].fd,
				.events = POLLIN};
		watched[LISTENER] = (struct pollfd){.fd = serving->listener, .events = POLLIN};
		watched[SESSION] = (struct pollfd){.fd = serving->session_fd, .events = POLLRDHUP};
		if (poll(watched, WATCHED, TICK_MS) < 0)
			continue;
		watch_session(serving, watched[SESSION].revents);
		for (size_t i = 0; i < STRANGERS; i++)
			if (watched[i].revents)
				hear_stranger(serving, &serving->strangers[i]);
		expire_strangers(serving);
		if (watched[LISTENER].revents)
			accept_stranger(serving);
	}
}

int peer_serve(const struct peer_server *server, struct problem *problem)
{
	struct serving *serving = calloc(1, sizeof(*serving));
	int64_t now_ns = clock_now_ns();
	int failure = 0;

	if (!serving)
		return problem_set(problem, -ENOMEM, "no memory for a server");
	serving->server = server;
	serving->session_fd = -1;
	serving->end_ns = server->for_ns ? now_ns + (int64_t)server->for_ns : INT64_MAX;
	for (size_t i = 0; i < STRANGERS; i++)
		serving->strangers[i].fd = -1;
	peer_key_of(server->token, &serving->key);
	serving->listener = peer_address_listen(server->listen, server->port, problem);
	if (serving->listener < 0) {
		failure = serving->listener;
	} else {
		serve(serving);
		end_session(serving, "the server ends");
		close(serving->listener);
	}
	for (size_t i = 0; i < STRANGERS; i++)
		if (serving->strangers[i].fd >= 0)
			close(serving->strangers[i].fd);
	sodium_memzero(serving, sizeof(*serving));
	free(serving);
	return failure;
}
