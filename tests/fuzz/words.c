/*
 * Short texts that are read: URLs of runs and stores, the kernel's lists, patterns, names of
 * files. The input is a byte that chooses what reads it, and the text.
 */
#include "decision.h"
#include "fetch.h"
#include "host.h"
#include "mountinfo.h"
#include "procfs.h"
#include "push.h"
#include "signature_private.h"
#include "spool.h"
#include "text.h"
#include "units.h"

#include "folder.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define IMPORT "/api/v1/import/prometheus"

__attribute__((noinline)) static void require(bool holds)
{
	if (!holds)
		abort();
}

/* What is between "://" and the path has no user or password. */
static void read_url(const char *text)
{
	char *shown = fetch_public_url(text);
	const char *host = strstr(shown, "://");

	fetch_is_url(text);
	require(strlen(shown) <= strlen(text));
	require(!host || !memchr(host + 3, '@', strcspn(host + 3, "/?#")));
	free(shown);
}

static void read_target(const char *text)
{
	static struct push_target target;
	struct problem problem = {""};

	memset(&target, 0, sizeof(target));
	if (push_target_set(&target, text, NULL, &problem) < 0) {
		require(*problem.text && text_is_utf8(problem.text));
		return;
	}
	require(strncasecmp(target.url, "http", 4) == 0 && !strpbrk(target.base, "@?#"));
	require(strcmp(target.url + strlen(target.url) - strlen(IMPORT), IMPORT) == 0);
}

static void read_list(const char *text)
{
	int64_t count = host_count_list(text);

	require(count == -1 || count > 0);
}

static void read_lines(const char *text)
{
	char value[32];
	int64_t integer;

	if (procfs_lookup(text, "cpu", value, sizeof(value)) == 0)
		require(strlen(value) < sizeof(value) && !strchr(value, '\n'));
	procfs_lookup_integer(text, "cpu", &integer);
	mountinfo_has_option(text, "ro");
	require(procfs_basename(text) >= text);
}

static void read_complaint(const char *text)
{
	char buffer[64];

	signature_complaint(text, buffer, sizeof(buffer));
	require(*buffer && text_is_utf8(buffer) && !strchr(buffer, '\n'));
}

/* An amount can be written and read again. */
static void read_amount(const char *text)
{
	struct problem problem = {""};
	char exact[64];
	uint64_t value, again;

	for (enum unit unit = UNIT_COUNT; unit <= UNIT_TIME_NS; unit++) {
		if (units_parse(unit, text, &value, &problem) < 0) {
			require(*problem.text);
			continue;
		}
		units_exact(unit, value, exact, sizeof(exact));
		require(units_parse(unit, exact, &again, &problem) == 0 && again == value);
	}
	units_format(strtod(text, NULL), text, exact, sizeof(exact));
	require(*exact && strlen(exact) < sizeof(exact));
}

/* A file of the spool that others named: it is read whole or passed over. */
static void read_spool(const char *text)
{
	struct store store;
	struct spool spool;
	struct spool_entry *entries;
	struct problem problem = {""};
	char name[300], path[PATH_MAX];

	folder_open();
	snprintf(store.path, sizeof(store.path), "%s", folder);
	spool_open(&spool, &store, "http://localhost");
	snprintf(name, sizeof(name), "spool/%016lx-%.230s", (unsigned long)spool.target, text);
	if (strpbrk(text, "/") || !text_is_utf8(text))
		return;
	folder_write(name, text, strlen(text));
	int count = spool_list(&spool, &entries, &problem);
	require(count == 0 || count == 1);
	if (count == 1) {
		require(spool_read(&spool, &entries[0], &problem) == 0);
		require(strcmp(entries[0].text, text) == 0);
		free(entries[0].text);
	}
	free(entries);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	require(unlink(path) == 0);
}

/* A pattern for a gate, which is matched with the names of metrics. */
static void read_pattern(const char *text)
{
	const struct sample_key key = {.bench = "fsync", .name = "wal.fsync.p99", .labels = ""};
	const struct sample sample = {.key = &key};
	const struct sample_run run = {.samples = &sample, .count = 1}, *runs[] = {&run};
	const struct decision_rule rule = {text, 0.1};
	const struct decision_request request = {
		.sides = {{.runs = runs, .count = 1}, {.runs = runs, .count = 1}},
		.only = &text,
		.only_count = 1,
		.rules = &rule,
		.rule_count = 1};
	struct problem problem = {""};

	require(decision_check_choice(&request, &problem) == 0 || *problem.text);
}

static void (*const readers[])(const char *) = {read_url, read_target, read_list, read_lines,
	read_complaint, read_amount, read_spool, read_pattern};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	char *text = strndup((const char *)data + 1, size - 1);
	readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](text);
	free(text);
	return 0;
}
