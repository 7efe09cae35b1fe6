#include "service.h"

int service_sweep(struct service_run *run, struct problem *problem)
{
	(void)run;
	(void)problem;
	return 0;
}
