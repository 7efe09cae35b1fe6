#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t pending;

static void note(int number)
{
	pending = number;
}

void interrupt_catch(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		/* Only a person repeats a signal to say more by it. */
		struct sigaction before,
			action = {.sa_handler = note,
				.sa_flags = numbers[i] == SIGINT ? (int)SA_RESETHAND : 0};

		sigemptyset(&action.sa_mask);
		/* Ignored on our start, by nohup for one, it stays ignored. */
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
	/* A reader that went away and a limit on file sizes are errors to report, not ends. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

int interrupt_pending(void)
{
	return pending;
}
