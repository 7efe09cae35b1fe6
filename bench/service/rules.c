#include "rules_private.h"

#include <arpa/inet.h>
#include <stdlib.h>

/* Services from 10.96.0.10, where a cluster's DNS usually is the first one. Endpoints from
 * 10.129.0.0, so that the pods' first 65,536 addresses are for others; what an endpoint is replaced
 * by from 10.224.0.0, where RULES_ADDRESSES end. */
#define FIRST_SERVICE  0x0a60000a
#define FIRST_ENDPOINT 0x0a810000
#define FIRST_OTHER    (FIRST_ENDPOINT + RULES_ADDRESSES)

static const struct rules_writer *const writers[MODES] = {
	[MODE_IPTABLES_LEGACY] = &rules_iptables,
	[MODE_IPTABLES_NFT] = &rules_iptables,
	[MODE_IPVS] = &rules_ipvs,
	[MODE_NFTABLES] = &rules_nftables,
};

bool rules_is_udp(const struct rules *rules, uint32_t service)
{
	return rules->udp && (!rules->tcp || service % 2);
}

struct in_addr rules_address(uint32_t service)
{
	return (struct in_addr){htonl(FIRST_SERVICE + service)};
}

struct in_addr rules_endpoint(const struct rules *rules, uint32_t service, uint32_t endpoint)
{
	return (struct in_addr){htonl(FIRST_ENDPOINT + service * rules->endpoints + endpoint)};
}

void rules_service(const struct rules *rules, uint32_t number, struct rules_service *service)
{
	struct in_addr address = rules_address(number);

	service->number = number;
	service->protocol = rules_is_udp(rules, number) ? "udp" : "tcp";
	snprintf(service->place, sizeof(service->place), "ns-%u/svc-%u", number, number);
	snprintf(service->name, sizeof(service->name), "%s:p%d", service->place, RULES_PORT);
	inet_ntop(AF_INET, &address, service->address, sizeof(service->address));
}

void rules_endpoint_text(const struct rules *rules, uint32_t service, uint32_t endpoint,
	uint32_t turn, char text[16])
{
	struct in_addr address = rules_endpoint(rules, service, endpoint);

	if (turn % 2 && endpoint == rules->endpoints - 1)
		address.s_addr = htonl(FIRST_OTHER + service);
	inet_ntop(AF_INET, &address, text, 16);
}

void rules_text_open(struct rules_text *text)
{
	text->out = open_memstream(&text->memory, &text->size);
	if (!text->out)
		abort();
}

void rules_text_close(struct rules_text *text)
{
	if (fclose(text->out))
		abort();
}

void rules_begin(const struct rules *rules, enum mode mode, struct rig_plan *plan)
{
	if (writers[mode])
		writers[mode]->begin(rules, mode, plan);
}

void rules_add(const struct rules *rules, enum mode mode, uint32_t from, uint32_t to,
	struct rig_plan *plan)
{
	if (writers[mode])
		writers[mode]->add(rules, mode, from, to, plan);
}

void rules_resync(const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan)
{
	if (writers[mode])
		writers[mode]->resync(rules, mode, count, plan);
}

void rules_change(const struct rules *rules, enum mode mode, uint32_t count, uint32_t service,
	uint32_t turn, struct rig_plan *plan)
{
	if (writers[mode])
		writers[mode]->change(rules, mode, count, service, turn, plan);
}

void rules_remove_last(
	const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan)
{
	if (writers[mode])
		writers[mode]->remove_last(rules, mode, count, plan);
}

void rules_clean(const struct rules *rules, enum mode mode, uint32_t service, uint32_t turn,
	struct rig_plan *plan)
{
	if (writers[mode] && writers[mode]->clean)
		writers[mode]->clean(rules, mode, service, turn, plan);
}

void rules_end(const struct rules *rules, enum mode mode, uint32_t count, struct rig_plan *plan)
{
	if (writers[mode])
		writers[mode]->end(rules, mode, count, plan);
}
