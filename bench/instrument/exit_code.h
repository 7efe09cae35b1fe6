/*
 * exit_code: what every seatrial program means by its exit status. Documented in seatrial(1),
 * section EXIT STATUS; a number once given keeps its meaning.
 */
#pragma once

enum exit_code {
	EXIT_CODE_OK = 0,           /* a bench: complete; seatrial: suitable */
	EXIT_CODE_FAILURE = 1,      /* the program or the system failed; stderr says how */
	EXIT_CODE_USAGE = 2,        /* the command line was wrong; nothing was done */
	EXIT_CODE_UNSUITABLE = 3,   /* a required threshold is not met */
	EXIT_CODE_INCONSISTENT = 3, /* seatrial verify: a run or its signature is not in order */
	EXIT_CODE_INCOMPLETE = 4, /* not enough evidence for a verdict, or something did not run */
	EXIT_CODE_MARGINAL =
		5, /* every requirement met, but a reading is too close or an advice unmet */
	EXIT_CODE_SKIPPED = 77,     /* a bench that cannot run here; its document says why; a PDF
				       without WeasyPrint */
	EXIT_CODE_INTERRUPTED = 130 /* SIGINT, SIGTERM or SIGHUP; what was measured is kept */
};
