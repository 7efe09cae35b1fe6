/*
 * foresee: how long something will take at a larger size, by what it took at smaller ones. Pure
 * arithmetic.
 *
 * What it takes at size 0 is taken off before growth is looked at: a tool's own start would
 * otherwise hide it.
 */
#pragma once

struct foresee {
	double base_s;             /* at size 0 */
	double before_n, before_s; /* what was added before the last; 0: nothing */
	double last_n, last_s;
};

/* Sizes ascend; size 0 sets the base. */
void foresee_add(struct foresee *foresee, double n, double took_s);

/* How long size `n` will take, in seconds, when time grows with the power of the size that the last
 * two tell, but at least `power`; NAN while nothing but the base is known. */
double foresee_s(const struct foresee *foresee, double n, double power);
