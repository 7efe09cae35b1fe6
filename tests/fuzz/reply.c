/*
 * Whatever a server answers, a fetch ends with no more than was asked for or with a sentence, and a
 * push with an outcome. The input is a byte of settings, then replies; each connection gets the
 * next one, as a server would send it. libcurl reads them from socket pairs: there is no network.
 */
#include "fetch.h"
#include "push.h"
#include "text.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define END         "\n=====\n" /* between replies */
#define FETCHED_MAX 1024        /* bytes that a fetch asks for */
#define HOPS_MAX    6           /* a fetch and its redirects */
#define SERVERS_MAX 16
#define ATTEMPTS    3
#define SECRET      "s3cret"
#define PAUSE_MAX_S 60

enum settings { PUSH = 1, TOKEN = 2 };

static const char *next, *end;
static int servers[SERVERS_MAX];
static size_t server_count;

__attribute__((noinline)) static void require(bool holds)
{
	if (!holds)
		abort();
}

/* A store that asks to wait is not waited for here. */
int nanosleep(const struct timespec *time, struct timespec *rest)
{
	(void)rest;
	require(time->tv_sec >= 0 && time->tv_sec <= PAUSE_MAX_S);
	require(time->tv_nsec >= 0 && time->tv_nsec < 1000000000);
	return 0;
}

static curl_socket_t connect_to_reply(
	void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	int pair[2];

	(void)context;
	(void)purpose;
	(void)address;
	if (!next || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return CURL_SOCKET_BAD;
	const char *stop = memmem(next, (size_t)(end - next), END, strlen(END));
	size_t length = (size_t)((stop ? stop : end) - next);
	require(send(pair[1], next, length, MSG_DONTWAIT) == (ssize_t)length);
	shutdown(pair[1], SHUT_WR);
	next = stop ? stop + strlen(END) : NULL;
	require(server_count < SERVERS_MAX);
	servers[server_count++] = pair[1];
	return pair[0];
}

/* Of what has a reply already; nothing else is connected to. */
int connect(int socket, const struct sockaddr *address, socklen_t length)
{
	(void)socket;
	(void)address;
	(void)length;
	return 0;
}

/* libcurl is not built with coverage: what is seen of its ways from outside tells inputs apart. */
enum seen { SEEN_CODE, SEEN_STATUS = 128, SEEN_REDIRECTS = 256, SEEN_LENGTH = 272, SEEN = 512 };
__attribute__((used, section("__libfuzzer_extra_counters"))) static uint8_t seen[SEEN];

static unsigned magnitude(curl_off_t number)
{
	return number > 0 ? 64U - (unsigned)__builtin_clzll((unsigned long long)number) : 0;
}

static void see(CURL *curl, CURLcode code)
{
	long status = 0, redirects = 0, headers = 0, version = 0;
	curl_off_t length = 0, got = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_REDIRECT_COUNT, &redirects);
	curl_easy_getinfo(curl, CURLINFO_HEADER_SIZE, &headers);
	curl_easy_getinfo(curl, CURLINFO_HTTP_VERSION, &version);
	curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	curl_easy_getinfo(curl, CURLINFO_SIZE_DOWNLOAD_T, &got);
	seen[SEEN_CODE + (unsigned)code % 128] = 1;
	seen[SEEN_STATUS + status / 10 % 128] = 1;
	seen[SEEN_REDIRECTS + redirects % 8] = (uint8_t)(version + 1);
	seen[SEEN_LENGTH + magnitude(length)] = (uint8_t)(1 + magnitude(got));
	seen[SEEN_LENGTH + 80 + magnitude(headers)] = 1;
}

CURLcode curl_easy_perform(CURL *curl)
{
	CURLcode (*perform)(CURL *) = (CURLcode(*)(CURL *))dlsym(RTLD_NEXT, "curl_easy_perform");
	CURLcode code = perform(curl);

	see(curl, code);
	return code;
}

/* In place of libcurl's: what it makes connects to nothing else. */
CURL *curl_easy_init(void)
{
	static struct curl_slist *here;
	CURL *(*make)(void) = (CURL * (*)(void)) dlsym(RTLD_NEXT, "curl_easy_init");
	CURL *curl = make();

	if (!here)
		here = curl_slist_append(NULL, "::127.0.0.1:80");
	curl_easy_setopt(curl, CURLOPT_CONNECT_TO, here);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, connect_to_reply);
	return curl;
}

/* What was asked there: a push once and nothing else, a secret of a fetch of the first host only.
 */
static void close_server(bool push)
{
	char request[4096];
	int server = servers[--server_count];
	ssize_t got = recv(server, request, sizeof(request) - 1, MSG_DONTWAIT);

	request[got > 0 ? got : 0] = '\0';
	close(server);
	if (push && got > 0)
		require(strncmp(request, "POST /base/api/v1/import/prometheus ", 36) == 0);
	else if (got > 0 && !strstr(request, "Host: 127.0.0.1\r\n"))
		require(!strcasestr(request, "Authorization:"));
}

static void check_problem(const struct problem *problem)
{
	require(*problem->text && !strstr(problem->text, SECRET));
}

static void check_fetch(void)
{
	struct problem problem = {""};
	char *text = NULL;
	size_t length = SIZE_MAX;

	if (fetch("http://user:" SECRET "@127.0.0.1/run.json", FETCHED_MAX, 1000000000, &text,
		    &length, &problem) < 0)
		check_problem(&problem);
	else
		require(text && length <= FETCHED_MAX);
	require(server_count <= HOPS_MAX);
	free(text);
}

static void check_push(unsigned settings)
{
	static struct push_target target;
	struct problem problem = {""};

	require(push_target_set(&target, "http://127.0.0.1/base", NULL, &problem) == 0);
	target.attempts = ATTEMPTS;
	target.pause_ns = 1000000000;
	target.timeout_ns = 1000000000;
	if (settings & TOKEN)
		strcpy(target.token, SECRET);
	enum push_outcome outcome = push_send(&target, "a 1\n", 4, &problem);
	require(outcome != PUSH_INTERRUPTED && server_count <= ATTEMPTS);
	require(outcome == PUSH_SENT || text_is_utf8(problem.text));
	if (outcome != PUSH_SENT)
		check_problem(&problem);
	push_forget(&target);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool begun;

	if (!begun)
		begun = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	/* A server may say it of itself. */
	if (size < 1 || memmem(data, size, SECRET, strlen(SECRET)))
		return 0;
	next = (const char *)data + 1;
	end = next + size - 1;
	if (data[0] & PUSH)
		check_push(data[0]);
	else
		check_fetch();
	while (server_count)
		close_server(data[0] & PUSH);
	return 0;
}
