/*
 * load_internal: what the parts of load share.
 *
 * An end (struct load_half) is a thread that runs one function, its kind's, a slice at a time. The
 * function only moves data and counts; after each call into the kernel it asks load_runs() whether
 * to go on, which also opens and closes the window.
 */
#pragma once

#include "address.h"
#include "clock.h"
#include "cost.h"
#include "load.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>

/* No call blocks for longer, so that each end notices in time that a slice is over. */
#define LOAD_BLOCK_MS 20

/* What an end counts, from the slice's start. */
struct load_counts {
	uint64_t bytes, messages, errors, timeouts;
	uint64_t retransmits; /* TCP sender, from the connections' start; filled at the edges */
};

/* One edge of the window. */
struct load_edge {
	int64_t time_ns;
	struct load_counts counts;
	struct cost_cpu cpu;
	bool cpu_known;
	double thread_user_s, thread_s;
};

enum load_phase { LOAD_BEFORE, LOAD_WITHIN, LOAD_AFTER };

struct load_half {
	struct load_plan plan;
	struct load_end end;
	bool receiver;
	const struct load_half *peer; /* the other end when it is in this process */

	/* Between the thread and who commands it. */
	pthread_t thread;
	bool started;
	int wake, done;    /* eventfds */
	atomic_bool busy;  /* from begin() to the slice's end; release of what follows */
	atomic_bool stop;  /* end the slice */
	atomic_bool leave; /* end the thread */
	int result;        /* of opening or of the last slice, with the sentence */
	struct problem problem;

	/* The slice. */
	uint32_t slice;                     /* from 1 */
	int64_t begun_ns, start_ns, end_ns; /* the order's time; the window */
	enum load_phase phase;
	int64_t edge_ns;  /* when load_runs() has to look closer */
	uint64_t arrived; /* receiver, after the window: messages and bytes last seen, ... */
	int64_t quiet_ns; /* ... and since when; */
	int64_t over_ns;  /* since when the slice could have ended; 0: not yet */
	struct load_edge opened, closed;
	struct load_counts counts;
	uint64_t unique, duplicates, reordered, stalled;
	double jitter_s;
	struct histogram *latency; /* NULL where the kind has none */

	/* Sockets: `flows` of them, or those accepted until now; of a UDP receiver one. */
	int listener;
	uint32_t sockets;
	int fd[LOAD_FLOWS_MAX];
	int epoll; /* all of them, edge or level as the kind wants; -1 with one flow */
	int stat;  /* /proc/stat */
	in_port_t port;

	/* The kind's own. */
	char *buffer;
	size_t buffer_bytes;
	void *state;
};

/* What a kind does at one end. */
struct load_kind_row {
	const char *name;
	int type; /* SOCK_STREAM, SOCK_DGRAM */
	/* Allocates buffer and state after the sockets were opened; 0 or a negative errno. */
	int (*prepare)(struct load_half *half, struct problem *problem);
	void (*send)(struct load_half *half);
	void (*receive)(struct load_half *half);
	bool epoll; /* with more than one flow */
};
extern const struct load_kind_row load_kind_rows[];

bool load_edge(struct load_half *half, int64_t now_ns);

/* Whether the slice goes on, given the time; opens and closes the window on the way. Everything
 * counted until the call belongs to the time before it. */
static inline bool load_runs(struct load_half *half, int64_t now_ns)
{
	if (__builtin_expect(now_ns < half->edge_ns, 1) &&
		!atomic_load_explicit(&half->stop, memory_order_relaxed))
		return true;
	return load_edge(half, now_ns);
}

/* Records a latency that was seen within the window. */
static inline void load_latency(struct load_half *half, int64_t latency_ns)
{
	if (half->phase == LOAD_WITHIN)
		histogram_record(half->latency, latency_ns);
}

/* load_socket.c: all return 0 (or a descriptor) or a negative errno with a sentence. */
int load_sockets_open(struct load_half *half, struct problem *problem);
int load_accept_one(const struct load_half *half);              /* a descriptor, or errno is set */
int load_accept(struct load_half *half);                        /* those waiting; no error: 0 */
int load_accept_rest(struct load_half *half, int64_t limit_ns); /* fails the slice */
int load_socket_new(const struct load_half *half, const struct sockaddr_storage *local,
	struct problem *problem);
void load_sockets_close(struct load_half *half);
uint64_t load_retransmits(const struct load_half *half);
void load_tcp_look(const struct load_half *half, struct load_side *side); /* RTT and MSS */

/* load_end.c: the thread's function, of a struct load_half; and how it is woken, or tells. */
void *load_end_main(void *end);
void load_tell(int eventfd);

/* load_filter.c: lets a socket get packets from this address only, if the kernel lets us: of a
 * listener, look at who connected, too. */
int load_filter(int fd, int type, const struct sockaddr_storage *from, struct problem *problem);
bool load_admits(const struct load_half *half, const struct sockaddr_storage *from);

/* Ends the slice with an error: what was tried, and errno. */
void load_fail(struct load_half *half, const char *tried);

/* True for errno values that mean "not now". */
bool load_not_now(int code);

/* A pause after a failed call, so that a way that refuses everything does not burn a CPU. */
void load_pause(void);

int load_tcp_prepare(struct load_half *half, struct problem *problem);
void load_tcp_send(struct load_half *half);
void load_tcp_receive(struct load_half *half);

int load_udp_prepare(struct load_half *half, struct problem *problem);
void load_udp_send(struct load_half *half);
void load_udp_receive(struct load_half *half);

int load_rr_prepare(struct load_half *half, struct problem *problem);
void load_rr_send(struct load_half *half);
void load_rr_receive(struct load_half *half);
void load_crr_send(struct load_half *half);
void load_crr_receive(struct load_half *half);
void load_udp_rr_send(struct load_half *half);
void load_udp_rr_receive(struct load_half *half);
