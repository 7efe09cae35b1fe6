/* Plans: what is to be made, as data, and as a script for people. */
#include "rig_private.h"

#include "exit_code.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void *rig_need(void *memory)
{
	if (!memory) {
		fputs("seatrial: out of memory while planning hosts\n", stderr);
		exit(EXIT_CODE_FAILURE);
	}
	return memory;
}

struct rig_plan *rig_plan_new(void)
{
	return rig_need(calloc(1, sizeof(struct rig_plan)));
}

void rig_plan_free(struct rig_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->host_count; i++)
		free(plan->hosts[i]);
	for (size_t i = 0; i < plan->batch_count; i++) {
		free(plan->batches[i].host);
		free(plan->batches[i].text);
	}
	free(plan->hosts);
	free(plan->batches);
	free(plan);
}

/*
 * A namespace takes over some of the machine's settings (net.core.devconf_inherit_init_net, and
 * the kernel's parameters), so those that matter are said. Duplicate address detection would hold
 * an IPv6 address back for a second; a lost router advertisement must not change anything. "-": not
 * where there is no IPv6.
 */
static const char settings[] = "net.ipv4.conf.all.rp_filter=0\n"
			       "net.ipv4.conf.default.rp_filter=0\n"
			       "-net.ipv6.conf.all.disable_ipv6=0\n"
			       "-net.ipv6.conf.default.disable_ipv6=0\n"
			       "-net.ipv6.conf.all.accept_dad=0\n"
			       "-net.ipv6.conf.default.accept_dad=0\n"
			       "-net.ipv6.conf.all.accept_ra=0\n"
			       "-net.ipv6.conf.default.accept_ra=0\n";

void rig_plan_host(struct rig_plan *plan, const char *host)
{
	plan->hosts = rig_need(realloc(plan->hosts, (plan->host_count + 1) * sizeof(*plan->hosts)));
	plan->hosts[plan->host_count++] = rig_need(strdup(host));
	rig_plan_add(plan, host, RIG_SYSCTL, "%s", settings);
	rig_plan_add(plan, host, RIG_IP, "link set dev lo up\n");
}

static struct rig_batch *batch_of(struct rig_plan *plan, const char *host, enum rig_tool tool)
{
	for (size_t i = 0; i < plan->batch_count; i++)
		if (plan->batches[i].tool == tool && !strcmp(plan->batches[i].host, host))
			return &plan->batches[i];

	plan->batches =
		rig_need(realloc(plan->batches, (plan->batch_count + 1) * sizeof(*plan->batches)));
	/* Settings come first: an interface is made with what is the default then. */
	size_t place = plan->batch_count;
	if (tool == RIG_SYSCTL)
		for (place = 0; place < plan->batch_count; place++)
			if (plan->batches[place].tool != RIG_SYSCTL)
				break;
	struct rig_batch *batch = &plan->batches[place];
	memmove(batch + 1, batch, (plan->batch_count++ - place) * sizeof(*batch));
	*batch = (struct rig_batch){.host = rig_need(strdup(host)), .tool = tool};
	return batch;
}

void rig_plan_add(
	struct rig_plan *plan, const char *host, enum rig_tool tool, const char *format, ...)
{
	struct rig_batch *batch = batch_of(plan, host, tool);
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	rig_need(length < 0 ? NULL : text);
	/* By halves: a hundred thousand rules come one by one. */
	if (batch->size <= batch->length + (size_t)length) {
		batch->size += batch->size / 2 + (size_t)length + 1;
		batch->text = rig_need(realloc(batch->text, batch->size));
	}
	memcpy(batch->text + batch->length, text, (size_t)length + 1);
	batch->length += (size_t)length;
	free(text);
}

/* nftables has braces of its own: a placeholder holds nothing but a name. */
size_t rig_placeholder(const char *text)
{
	size_t length =
		text[0] != '{' ? 0 : strspn(text + 1, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return length && text[length + 1] == '}' ? length : 0;
}

char *rig_expand(const char *text, const char *(*name)(const void *context, const char *host),
	const void *context)
{
	char *expanded = NULL;
	size_t size = 0;
	FILE *out = rig_need(open_memstream(&expanded, &size));

	/* Mostly there are megabytes of rules and no host in them. */
	for (const char *brace; (brace = strchr(text, '{')); text = brace) {
		char host[64];
		size_t length = rig_placeholder(brace);

		fwrite(text, 1, (size_t)(brace - text), out);
		snprintf(host, sizeof(host), "%.*s", (int)length, brace + 1);
		const char *path = length ? name(context, host) : NULL;
		fputs(path ? path : "{", out);
		brace += path ? length + 2 : 1;
	}
	fputs(text, out);
	fclose(out);
	return rig_need(expanded);
}

static const char *name_itself(const void *plan, const char *host)
{
	const struct rig_plan *of = plan;

	for (size_t i = 0; i < of->host_count; i++)
		if (!strcmp(of->hosts[i], host))
			return of->hosts[i];
	return NULL;
}

/* Each line becomes a command. */
static void print_lines(const char *command, const char *text, FILE *out)
{
	while (*text) {
		int length = (int)strcspn(text, "\n");

		fprintf(out, length && text[0] != '#' ? "%s %.*s\n" : "%s%.*s\n",
			length && text[0] != '#' ? command : "", length, text);
		text += length + (text[length] == '\n');
	}
}

static void print_batch(const struct rig_plan *plan, const struct rig_batch *batch, FILE *out)
{
	const struct rig_tool_row *row = &rig_tool_rows[batch->tool];
	char *text = rig_expand(batch->text, name_itself, plan);
	char command[256];

	snprintf(command, sizeof(command), "ip netns exec %s %s%s%s", batch->host,
		row->program ? row->program : "sysctl -q -p -", row->arguments ? " " : "",
		row->arguments ? row->arguments : "");
	if (row->by_line)
		print_lines(command, text, out);
	else
		fprintf(out, "%s <<'END'\n%s%sEND\n", command, text,
			batch->length && batch->text[batch->length - 1] == '\n' ? "" : "\n");
	fputc('\n', out);
	free(text);
}

void rig_plan_print(const struct rig_plan *plan, FILE *out)
{
	fputs("#!/bin/sh -eu\n# Run this as root.", out);
	if (plan->host_count)
		fputs(" Afterwards, \"ip netns delete HOST\" takes a host and its links away.",
			out);
	fputs("\n\n", out);
	for (size_t i = 0; i < plan->host_count; i++)
		fprintf(out, "ip netns add %s\n", plan->hosts[i]);
	if (plan->host_count)
		fputc('\n', out);
	for (size_t i = 0; i < plan->batch_count; i++)
		print_batch(plan, &plan->batches[i], out);
}
