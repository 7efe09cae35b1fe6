/*
 * Whatever a candidates file holds, it is refused with a sentence or is a list of candidates, each
 * with its own name and a price that can be shown. The input is a price, or edits to a good file.
 */
#include "candidate.h"
#include "runs.h"

#include <errno.h>
#include <math.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PRICE 0x80 /* first bytes from it on mean a price */

static const char good_file[] =
	"{\"schema\":\"seatrial.candidates/1\",\"candidates\":[{\"name\":\"a\",\"source\":\"s.json\","
	"\"price\":\"EUR 4.99/month\",\"provider\":\"P\",\"region\":\"r\",\"link\":\"https://l/\"},"
	"{\"source\":\"a\",\"price\":{\"amount\":1.5,\"currency\":\"EUR\",\"per\":\"hour\"}}]}";

/* As the real one, of a source that is there: no file and no URL of an input is opened. */
int candidate_find_plain(struct candidate_source *source, const char *operand,
	struct candidate *candidate, struct problem *problem)
{
	(void)source;
	if (!*operand)
		return problem_set(problem, -ENOENT, "no");
	*candidate = (struct candidate){.name = strdup(operand),
		.source = strdup(operand),
		.provider = strdup(""),
		.region = strdup(""),
		.link = strdup("")};
	return 0;
}

void candidate_source_expect(struct candidate_source *source, int count, char *const *operands)
{
	(void)source;
	for (int i = 0; i < count; i++)
		require(*operands[i]);
}

void candidate_clear(struct candidate *candidate)
{
	free(candidate->name);
	free(candidate->source);
	free(candidate->provider);
	free(candidate->region);
	free(candidate->link);
	price_clear(&candidate->price);
}

bool fetch_is_url(const char *text)
{
	return strncmp(text, "http", 4) == 0;
}

static void check_price(const struct price *price)
{
	struct price again;
	json_t *json = price_json(price);

	require(price_monthly(price) > 0 && text_is_utf8(price->currency));
	require(json && price_of_json(json, &again, NULL) == 0);
	require(again.amount == price->amount && strcmp(again.currency, price->currency) == 0);
	price_clear(&again);
	json_decref(json);
}

static void parse_price(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct problem problem = {""};
	struct price price;

	if (price_parse(text, &price, &problem) == 0)
		check_price(&price);
	else
		require(*problem.text && !price.currency);
	price_clear(&price);
	free(text);
}

static void check_list(struct candidate *list, size_t count)
{
	candidates_tell_apart(list, count);
	for (size_t i = 0; i < count; i++) {
		require(*list[i].name && list[i].link && list[i].provider && list[i].region);
		if (list[i].price.currency)
			check_price(&list[i].price);
		for (size_t k = 0; k < i; k++)
			require(strcmp(list[i].name, list[k].name) != 0);
		free(list[i].name);
		list[i].name = strdup("");
	}
}

static void read_file(const uint8_t *data, size_t size)
{
	static json_t *good;
	struct candidate_source source = {.set = NULL};
	struct problem problem = {""};
	struct candidate *list;
	char path[64];

	if (!good)
		good = json_loads(good_file, 0, NULL);
	json_t *file = edited(good, data, size);
	int fd = memfd_create("candidates", MFD_CLOEXEC);
	json_dumpfd(file, fd, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int count = candidates_read(&source, path, &list, &problem);
	require(count >= 0 ? !*problem.text : *problem.text && !list);
	if (count > 0)
		check_list(list, (size_t)count);
	for (int i = 0; i < count; i++)
		candidate_clear(&list[i]);
	free(list);
	close(fd);
	json_decref(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if (data[0] >= PRICE)
		parse_price(data + 1, size - 1);
	else
		read_file(data, size);
	return 0;
}
