/* Where readings are sent, and with which token. */
#include "push.h"
#include "secret.h"
#include "text.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define IMPORT   "/api/v1/import/prometheus"
#define VARIABLE "SEATRIAL_TOKEN"

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool there = curl_url_get(url, part, &text, 0) == CURLUE_OK && text && *text;

	curl_free(text);
	return there;
}

static bool part_is(CURLU *url, CURLUPart part, const char *const *names)
{
	char *text = NULL;
	bool found = false;

	if (curl_url_get(url, part, &text, 0) == CURLUE_OK)
		for (; *names; names++)
			found = found || strcmp(text, *names) == 0;
	curl_free(text);
	return found;
}

static bool is_loopback(CURLU *url)
{
	static const char *const names[] = {"localhost", "[::1]", NULL};
	char *host = NULL;
	bool found = part_is(url, CURLUPART_HOST, names);
	unsigned rest[3];
	char end;

	if (curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		found = found ||
			sscanf(host, "127.%3u.%3u.%3u%c", rest, rest + 1, rest + 2, &end) == 3;
	curl_free(host);
	return found;
}

/* The URL is shown in messages and may be in a command line: it must not have a secret. */
static int check_url(CURLU *url, const char *token, struct problem *problem)
{
	static const char *const schemes[] = {"http", "https", NULL};
	static const char *const plain[] = {"http", NULL};

	if (!part_is(url, CURLUPART_SCHEME, schemes))
		return problem_set(problem, -EINVAL, "the URL must begin with http:// or https://");
	if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
		return problem_set(problem, -EINVAL,
			"a URL with a user or a password shows it to everyone on this host; use "
			"--token-file or " VARIABLE);
	if (has_part(url, CURLUPART_QUERY) || has_part(url, CURLUPART_FRAGMENT))
		return problem_set(problem, -EINVAL,
			"the URL must end with the path of the store, without '?' or '#'");
	if (*token && part_is(url, CURLUPART_SCHEME, plain) && !is_loopback(url))
		return problem_set(
			problem, -EPERM, "the token would be readable on the way: use https");
	return 0;
}

static int parse_url(struct push_target *target, const char *base, struct problem *problem)
{
	char printable[200];
	CURLU *url = curl_url();
	int failure;

	if (!url || curl_url_set(url, CURLUPART_URL, base, 0) != CURLUE_OK) {
		curl_url_cleanup(url);
		return problem_set(problem, -EINVAL,
			"\"%s\" is no URL; one looks like http://localhost:8428",
			text_printable(
				strchr(base, '@') ? "..." : base, printable, sizeof(printable)));
	}
	failure = check_url(url, target->token, problem);
	curl_url_cleanup(url);
	return failure;
}

/* Into one header line: a token with a line break in it would make another. */
static int check_token(const char *token, struct problem *problem)
{
	if (strlen(token) >= PUSH_TOKEN_MAX - 1)
		return problem_set(problem, -EINVAL, "the token is longer than %d characters",
			PUSH_TOKEN_MAX - 2);
	for (const char *at = token; *at; at++)
		if (*at <= ' ' || *at > '~')
			return problem_set(problem, -EINVAL,
				"the token has a character that is neither letter, digit nor "
				"punctuation");
	return 0;
}

int push_target_set(struct push_target *target, const char *base, const char *token_file,
	struct problem *problem)
{
	size_t length = strlen(base);
	int failure = 0;

	secret_from_variable(VARIABLE, target->token, sizeof(target->token));
	if (token_file)
		failure =
			secret_from_file(token_file, target->token, sizeof(target->token), problem);
	if (!failure && token_file && !*target->token)
		failure =
			problem_set(problem, -EINVAL, "the token file %s has no token", token_file);
	if (!failure)
		failure = check_token(target->token, problem);
	if (failure)
		return failure;
	while (length > 0 && base[length - 1] == '/')
		length--;
	if (length + sizeof(IMPORT) > sizeof(target->url))
		return problem_set(problem, -EINVAL, "the URL is longer than %zu bytes",
			sizeof(target->url) - sizeof(IMPORT));
	snprintf(target->base, sizeof(target->base), "%.*s", (int)length, base);
	snprintf(target->url, sizeof(target->url), "%.*s" IMPORT, (int)length, base);
	return parse_url(target, target->base, problem);
}

void push_forget(struct push_target *target)
{
	explicit_bzero(target->token, sizeof(target->token));
}
