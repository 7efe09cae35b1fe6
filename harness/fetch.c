#include "fetch.h"

#include "allocate.h"
#include "version.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REDIRECTS  5
#define CONNECT_MS 10000L
#define SHOWN      "%.200s"

struct answer {
	char *text;
	size_t length, room, most;
	bool too_large;
};

bool fetch_is_url(const char *text)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) ||
		(length && text[length] && strchr("+-.", text[length])))
		length++;
	return length > 1 && strncmp(text + length, "://", 3) == 0;
}

char *fetch_public_url(const char *url)
{
	const char *host = strstr(url, "://");
	char *shown = allocate_text(url);

	if (!host)
		return shown;
	host += 3;
	size_t authority = strcspn(host, "/?#");
	const char *at = memrchr(host, '@', authority);
	if (at)
		sprintf(shown + (host - url), "%s", at + 1);
	return shown;
}

static size_t receive(char *data, size_t size, size_t count, void *context)
{
	struct answer *answer = context;
	size_t more = size * count;

	if (more > answer->most - answer->length) {
		answer->too_large = true;
		return 0;
	}
	if (answer->length + more > answer->room) {
		answer->room = 2 * (answer->length + more);
		answer->text = allocate_grow(answer->text, answer->room, 1);
	}
	memcpy(answer->text + answer->length, data, more);
	answer->length += more;
	return more;
}

/* Nothing but http and https, and no way down from https. */
static bool restrict_protocols(CURL *curl, bool secure)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR,
		       secure ? "https" : "http,https") == CURLE_OK;
#else
	const long both = CURLPROTO_HTTP | CURLPROTO_HTTPS;

	return curl_easy_setopt(curl, CURLOPT_PROTOCOLS, both) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS,
		       secure ? (long)CURLPROTO_HTTPS : both) == CURLE_OK;
#endif
}

static bool prepare(CURL *curl, const char *url, uint64_t timeout_ns, struct answer *answer)
{
	long timeout_ms = (long)(timeout_ns / 1000000);

	return restrict_protocols(curl, strncasecmp(url, "https:", 6) == 0) &&
	       curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms > 0 ? timeout_ms : 1L) ==
		       CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)answer->most) ==
		       CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_USERAGENT, "seatrial/" SEATRIAL_VERSION) ==
		       CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer) == CURLE_OK;
}

/* What went wrong, and what to do about it. */
static int explain(CURL *curl, CURLcode code, const char *url, uint64_t timeout_ns,
	const struct answer *answer, struct problem *problem)
{
	long status = 0;

	if (answer->too_large || code == CURLE_FILESIZE_EXCEEDED)
		return problem_set(problem, -EFBIG,
			SHOWN " is larger than %zu MiB, the most that is read", url,
			answer->most >> 20);
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return problem_set(problem, -ETIMEDOUT,
			SHOWN " did not come within %.3g s; --timeout allows for more", url,
			(double)timeout_ns / 1e9);
	case CURLE_UNSUPPORTED_PROTOCOL:
		return problem_set(problem, -EPROTONOSUPPORT,
			SHOWN " leads to something other than http or https, and only these are "
			      "followed",
			url);
	case CURLE_HTTP_RETURNED_ERROR:
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
		return problem_set(
			problem, -EIO, SHOWN ": the server answered with status %ld", url, status);
	case CURLE_TOO_MANY_REDIRECTS:
		return problem_set(
			problem, -EIO, SHOWN " is redirected more than %d times", url, REDIRECTS);
	default:
		return problem_set(problem, -EIO, SHOWN " cannot be fetched: %s", url,
			curl_easy_strerror(code));
	}
}

int fetch(const char *url, size_t size_max, uint64_t timeout_ns, char **text, size_t *length,
	struct problem *problem)
{
	struct answer answer = {.most = size_max};
	char *shown;
	int failure = 0;

	if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
		return problem_set(problem, -EPROTONOSUPPORT,
			"\"%.100s\" is neither http nor https; fetch it by other means and name the "
			"file",
			url);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	CURL *curl = allocate_need(curl_easy_init());
	shown = fetch_public_url(url);
	CURLcode code = prepare(curl, url, timeout_ns, &answer) ? curl_easy_perform(curl)
								: CURLE_FAILED_INIT;
	if (code != CURLE_OK)
		failure = explain(curl, code, shown, timeout_ns, &answer, problem);
	free(shown);
	curl_easy_cleanup(curl);
	curl_global_cleanup();
	if (failure) {
		free(answer.text);
		return failure;
	}
	*text = answer.text ? answer.text : allocate_text("");
	*length = answer.length;
	return 0;
}
