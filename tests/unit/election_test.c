/*
 * The odds that a long flush costs a leader, held against raft's own arithmetic played out tick by
 * tick.
 */
#include "fsync.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#define HEARTBEAT_S 0.1
#define ELECTION_S  1.0

static double odds(int cluster, double stall_s)
{
	return fsync_election_odds(cluster, stall_s, HEARTBEAT_S, ELECTION_S);
}

static double uniform(unsigned int *seed)
{
	return rand_r(seed) / (RAND_MAX + 1.0);
}

/* One flush of the leader: does any follower call an election? Times are in ticks of a heartbeat
 * interval; the leader sends one at time 0, starts to flush later and sends the next at its end. */
static bool plays_out(int cluster, double stall_s, unsigned int *seed)
{
	double next = uniform(seed) + stall_s / HEARTBEAT_S;
	int timeout = (int)lround(ELECTION_S / HEARTBEAT_S);

	for (int follower = 1; follower < cluster; follower++) {
		int patience = timeout + (int)(uniform(seed) * timeout), elapsed = 0;

		for (double tick = uniform(seed); tick < next; tick++)
			if (++elapsed >= patience)
				return true;
	}
	return false;
}

Test(election, agrees_with_raft_played_out)
{
	enum { PLAYS = 20000 };
	static const double stalls_s[] = {0.7, 0.85, 0.95, 1.0, 1.2, 1.5, 1.75, 1.85, 2.0};
	unsigned int seed = 1;

	for (int cluster = 3; cluster <= 5; cluster += 2)
		for (size_t i = 0; i < sizeof(stalls_s) / sizeof(stalls_s[0]); i++) {
			int lost = 0;

			for (int play = 0; play < PLAYS; play++)
				lost += plays_out(cluster, stalls_s[i], &seed);
			/* Four standard deviations, at most 0.014. */
			cr_expect_float_eq(odds(cluster, stalls_s[i]), (double)lost / PLAYS, 0.014,
				"%d members, %g s: %g, played %g", cluster, stalls_s[i],
				odds(cluster, stalls_s[i]), (double)lost / PLAYS);
		}
}

Test(election, short_flushes_are_harmless_and_endless_ones_are_not)
{
	cr_expect_eq(odds(3, 0), 0);
	cr_expect_eq(odds(5, 0.8), 0);
	cr_expect_eq(odds(3, 1.9), 1);
	cr_expect_eq(odds(5, 3600), 1);
	for (double stall_s = 0.8; stall_s < 1.85; stall_s += 0.05) {
		cr_expect_lt(odds(3, stall_s), odds(3, stall_s + 0.05));
		cr_expect_leq(odds(3, stall_s), odds(5, stall_s), "more members, more impatience");
	}
}
