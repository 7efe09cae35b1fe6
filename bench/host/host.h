/*
 * host: what the topics of seatrial-host share: where they read from, what the first ones found
 * out, and how they report. Nothing here writes, loads a module or changes a setting.
 */
#pragma once

#include "mountinfo.h"
#include "platform.h"
#include "record.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Kernel versions compare as numbers: 5.15.3 is 5015. */
#define LINUX(major, minor) ((major)*1000 + (minor))

enum control_level {
	CONTROL_UNKNOWN,
	CONTROL_NONE,    /* the kernel's settings belong to somebody else */
	CONTROL_PARTIAL, /* some of them */
	CONTROL_FULL,    /* root here is root of this kernel */
};

/* Who rules the kernel. host_control.c finds out, everybody's advice depends on it. */
struct control {
	enum control_level level;
	char reason[256]; /* why the level is not full; "" when it is */
	bool is_root;     /* effective user 0, of whatever user namespace */
	bool may_load;    /* modules can be loaded by root */
};

struct host {
	const char *root; /* "/", or where a copy of another system lies */
	bool live;        /* root is "/": system calls tell of the same system */
	const char *dir;  /* the directory whose disk is judged */
	struct record *record;
	struct mountinfo mounts;    /* empty when unknown */
	char release[128];          /* "6.1.0-18-amd64"; "" when unknown */
	int version;                /* LINUX(6, 1); 0 when unknown */
	int64_t memory_total_bytes; /* 0 when unknown */
	int64_t cpus;               /* online; 0 when unknown */
	struct platform platform;
	struct control control;
};

/* A list of numbers as Linux writes it, "0-3,8,10-11": how many, or -1 when it is no such list. */
int64_t host_count_list(const char *list);

/* The topics, in the order of the document: host_control() fills `control`; the rest of struct host
 * is there before. Each reports what it cannot find out as such. */
void host_virtualization(struct host *host);
void host_control(struct host *host);
void host_cpu(struct host *host);
void host_memory(struct host *host);
void host_cgroup(struct host *host);
void host_clock(struct host *host);
void host_kernel(struct host *host);
void host_modules(struct host *host);
void host_sysctl(struct host *host);
void host_disk(struct host *host);
void host_network(struct host *host);
void host_resolver(struct host *host);

/* Whether root could set a sysctl, given as its path below /proc/sys. Asks the kernel, opens
 * nothing. */
bool host_settable(const struct host *host, const char *sysctl);

/* net.netfilter.nf_conntrack_max, with where its value comes from. */
void host_conntrack(struct host *host);

/* A string value, formatted and made printable. */
json_t *host_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A sentence, formatted. It lives until HOST_SENTENCES more have been asked for, which is longer
 * than it takes to record a fact. */
#define HOST_SENTENCES 16
const char *host_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Bytes for people ("1.00 GiB"), for use as an argument. */
#define BYTES(value) units_format((double)(value), "B", (char[32]){0}, 32)

/* A fact that could not be found out. */
void host_unknown(const struct host *host, const char *id, const char *topic, const char *title,
	const char *why, const char *remedy);

#define REMEDY_KVM                                                                                 \
	"Choose a plan with full virtualisation (KVM, VMware, Hyper-V or Xen HVM) or a dedicated " \
	"machine, not a container (OpenVZ, LXC)."
