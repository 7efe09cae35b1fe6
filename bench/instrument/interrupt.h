/*
 * interrupt: SIGINT, SIGTERM and SIGHUP end a measurement early and keep what was measured.
 */
#pragma once

#include <stdbool.h>

/* Catches the three signals (without SA_RESTART, so that sleeps end), but for those that were
 * ignored when the program started; ignores SIGPIPE and SIGXFSZ. A second SIGINT kills as usual. */
void interrupt_catch(void);

/* The signal that asked us to stop, or 0. Safe to call in a measurement loop. */
int interrupt_pending(void);
