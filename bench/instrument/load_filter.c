/* Who may send to a receiver: the kernel sorts it out where it lets us, else load_admits(). */
#include "load_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <string.h>

/* Where the source address is in an IPv4 (RFC 791) and an IPv6 header (RFC 8200). */
#define SOURCE4 12
#define SOURCE6 8

/* A program for the kernel, so that a stranger's packet is dropped before it is queued or answered,
 * and a connection is not even begun: compares the source address word by word. */
int load_filter(int fd, int type, const struct sockaddr_storage *from, struct problem *problem)
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)from;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)from;
	bool is_six = from->ss_family == AF_INET6;
	uint32_t words[4] = {four->sin_addr.s_addr}, count = is_six ? 4 : 1;
	struct sock_filter code[2 * 4 + 2];
	struct sock_fprog program = {.filter = code};

	if (is_six)
		memcpy(words, &six->sin6_addr, sizeof(words));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t offset = (is_six ? SOURCE6 : SOURCE4) + 4 * i;

		code[program.len++] = (struct sock_filter)BPF_STMT(
			BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + offset);
		/* Unlike: over the rest to the last statement. */
		code[program.len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			ntohl(words[i]), 0, (uint8_t)(2 * (count - 1 - i) + 1));
	}
	code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) == 0)
		return 0;
	/* Newer kernels let only root filter TCP; a connection is looked at when it is there. */
	if (errno == EPERM && type == SOCK_STREAM)
		return 0;
	return problem_errno(problem, "cannot keep strangers from a socket");
}

bool load_admits(const struct load_half *half, const struct sockaddr_storage *from)
{
	const struct sockaddr_storage *right = &half->end.from;

	return right->ss_family == AF_UNSPEC ||
	       address_same_host((const struct sockaddr *)from, right);
}
