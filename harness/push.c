#include "push.h"

#include "interrupt.h"
#include "text.h"
#include "version.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

#define ANSWER_SHOWN 200         /* bytes of what the store says that a sentence has */
#define ANSWER_MAX   (64L << 10) /* bytes of it that are read */
#define PAUSE_MAX_S  60.0        /* a store that asks for more is not reachable now */

/* What came of one attempt. */
struct answer {
	CURLcode code;
	long status;
	double retry_after_s; /* 0: it did not say */
	size_t received;
	char text[ANSWER_SHOWN + 1];
	char error[CURL_ERROR_SIZE];
};

static size_t take_answer(char *data, size_t size, size_t count, void *user)
{
	struct answer *answer = user;
	size_t length = size * count;
	size_t room = answer->received < ANSWER_SHOWN ? ANSWER_SHOWN - answer->received : 0;

	memcpy(answer->text + ANSWER_SHOWN - room, data, length < room ? length : room);
	answer->received += length;
	return answer->received > ANSWER_MAX ? 0 : length;
}

/* Ends a transfer on a signal. */
static int watch(void *user, curl_off_t expected, curl_off_t got, curl_off_t up, curl_off_t sent)
{
	(void)user;
	(void)expected;
	(void)got;
	(void)up;
	(void)sent;
	return interrupt_pending() != 0;
}

static void set_options(CURL *curl, const struct push_target *target, struct answer *answer)
{
	curl_easy_setopt(curl, CURLOPT_URL, target->url);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(target->timeout_ns / 1000000));
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "seatrial/" SEATRIAL_VERSION);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, answer->error);
	if (target->authorities)
		curl_easy_setopt(curl, CURLOPT_CAINFO, target->authorities);
	if (*target->token) {
		/* Not by https, it goes to this host only: see push_target_set(). */
		if (strncasecmp(target->url, "http:", 5) == 0)
			curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
		curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
		curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, target->token);
	}
}

/* One attempt. False when libcurl is short of memory. */
static bool attempt(
	const struct push_target *target, const char *text, size_t length, struct answer *answer)
{
	CURL *curl = curl_easy_init();
	struct curl_slist *headers =
		curl_slist_append(NULL, "Content-Type: text/plain; version=0.0.4");
	curl_off_t wait_s = 0;

	*answer = (struct answer){.code = CURLE_OUT_OF_MEMORY};
	if (curl && headers) {
		set_options(curl, target, answer);
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
		answer->code = curl_easy_perform(curl);
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
		curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait_s);
		answer->retry_after_s = (double)wait_s;
	}
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return answer->code != CURLE_OUT_OF_MEMORY;
}

/* What no waiting mends. */
static bool is_permanent(CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_WRITE_ERROR: /* a longer answer than any store gives */
		return true;
	default:
		return false;
	}
}

static enum push_outcome outcome_of(const struct answer *answer)
{
	if (answer->code == CURLE_ABORTED_BY_CALLBACK)
		return PUSH_INTERRUPTED;
	if (answer->code != CURLE_OK)
		return is_permanent(answer->code) ? PUSH_REFUSED : PUSH_UNREACHABLE;
	if (answer->status >= 200 && answer->status < 300)
		return PUSH_SENT;
	if (answer->status == 408 || answer->status == 429 || answer->status >= 500)
		return PUSH_UNREACHABLE;
	return answer->status == 400 || answer->status == 413 || answer->status == 422
		       ? PUSH_REJECTED
		       : PUSH_REFUSED;
}

static void explain(
	const struct push_target *target, const struct answer *answer, struct problem *problem)
{
	char base[200], text[ANSWER_SHOWN + 1];
	const char *what = *answer->error ? answer->error : curl_easy_strerror(answer->code);

	text_printable(target->base, base, sizeof(base));
	if (answer->code != CURLE_OK)
		problem_set(problem, -EIO, "%s cannot be reached: %s", base, what);
	else if (answer->status >= 300 && answer->status < 400)
		problem_set(problem, -EIO,
			"%s answers %ld, which leads elsewhere; name the URL where it leads to",
			base, answer->status);
	else if (answer->status == 401 || answer->status == 403)
		problem_set(problem, -EACCES, "%s answers %ld: it wants %s token", base,
			answer->status, *target->token ? "another" : "a");
	else
		problem_set(problem, -EIO, "%s answers %ld%s%s", base, answer->status,
			*answer->text ? ": " : "",
			text_printable(answer->text, text, sizeof(text)));
}

/* Between half and all of the time, so that many hosts do not come back at once. */
static double spread(double seconds)
{
	uint16_t random = UINT16_MAX;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random))
		random = UINT16_MAX;
	return seconds * (0.5 + 0.5 * random / UINT16_MAX);
}

/* Returns early on a signal. */
static void pause_for(double seconds)
{
	struct timespec rest = {.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};

	if (!interrupt_pending())
		nanosleep(&rest, NULL);
}

enum push_outcome push_send(
	const struct push_target *target, const char *text, size_t length, struct problem *problem)
{
	double pause_s = (double)target->pause_ns * 1e-9;
	struct answer answer;
	enum push_outcome outcome = PUSH_UNREACHABLE;

	for (uint64_t tries = 1;; tries++) {
		if (interrupt_pending())
			outcome = PUSH_INTERRUPTED;
		else
			outcome = attempt(target, text, length, &answer) ? outcome_of(&answer)
									 : PUSH_REFUSED;
		if (outcome != PUSH_UNREACHABLE || tries >= target->attempts ||
			answer.retry_after_s > PAUSE_MAX_S)
			break;
		pause_for(answer.retry_after_s > 0 ? answer.retry_after_s : spread(pause_s));
		pause_s = pause_s < PAUSE_MAX_S / 2 ? 2 * pause_s : PAUSE_MAX_S;
	}
	if (outcome == PUSH_INTERRUPTED)
		problem_set(problem, -EINTR, "interrupted");
	else if (outcome != PUSH_SENT)
		explain(target, &answer, problem);
	return outcome;
}
