#include "pdf.h"

#include "child.h"
#include "file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE "page.html"

/* Both in the same directory: an attachment has the name of its file. */
struct paths {
	char directory[PATH_MAX - 200], page[PATH_MAX], attachment[PATH_MAX];
};

const char *pdf_program(void)
{
	static char found[PATH_MAX];
	const char *path = getenv("PATH");

	for (const char *at = path; at && *at; at += strspn(at, ":")) {
		size_t length = strcspn(at, ":");

		/* Only absolute directories: what lies in the current one is not asked for. */
		if (*at == '/' &&
			(size_t)snprintf(found, sizeof(found), "%.*s/weasyprint", (int)length, at) <
				sizeof(found) &&
			access(found, X_OK) == 0)
			return found;
		at += length;
	}
	return NULL;
}

int pdf_missing(struct problem *problem)
{
	return problem_set(problem, -ENOENT,
		"a PDF needs WeasyPrint, and no program \"weasyprint\" is in PATH; install it "
		"(Debian: apt install weasyprint), or write an HTML page and print that");
}

/* The last line that it said: Python puts the reason there. */
static const char *last_line(char *text)
{
	size_t length = strlen(text);

	while (length && strchr(" \r\n", text[length - 1]))
		text[--length] = '\0';
	char *line = strrchr(text, '\n');
	return *text ? line ? line + 1 : text : "it did not say why";
}

static int check(struct child_result *result, struct problem *problem)
{
	char ending[128];

	if (result->end == CHILD_BY_ITSELF && WIFEXITED(result->status) &&
		WEXITSTATUS(result->status) == 0 && result->output_length > 5 &&
		memcmp(result->output, "%PDF-", 5) == 0)
		return 0;
	if (result->end == CHILD_INTERRUPTED)
		return problem_set(problem, -EINTR, "stopped before the PDF was made");
	return problem_set(problem, -EIO, "WeasyPrint made no PDF: it %s: %.300s",
		child_ending(result, ending, sizeof(ending)), last_line(result->errors));
}

static int convert(
	const struct paths *paths, bool attach, char **pdf, size_t *length, struct problem *problem)
{
	struct child_result result;
	const char *const argv[] = {pdf_program(), "--quiet", "--encoding", "utf-8",
		"--pdf-variant", "pdf/ua-1", paths->page, "-", attach ? "--attachment" : NULL,
		paths->attachment, NULL};

	if (!argv[0])
		return pdf_missing(problem);
	int failure = child_run(
		&(struct child_program){.argv = argv, .limit_s = PDF_SECONDS}, &result, problem);
	if (failure)
		return failure;
	failure = check(&result, problem);
	if (!failure) {
		*pdf = result.output;
		*length = result.output_length;
		result.output = NULL;
	}
	child_release(&result);
	return failure;
}

/* Makes the directory. */
static int make_paths(const char *name, struct paths *paths, struct problem *problem)
{
	const char *parent = getenv("TMPDIR");
	char *directory = paths->directory;

	if (!parent || parent[0] != '/')
		parent = "/tmp";
	if ((size_t)snprintf(directory, sizeof(paths->directory), "%s/seatrial-XXXXXX", parent) >=
		sizeof(paths->directory))
		return problem_set(problem, -ENAMETOOLONG, "the path in TMPDIR is too long");
	if (!mkdtemp(directory))
		return problem_errno(problem, "cannot make a directory in %s", parent);
	snprintf(paths->page, sizeof(paths->page), "%s/" PAGE, directory);
	snprintf(paths->attachment, sizeof(paths->attachment), "%s/%.100s", directory, name);
	return 0;
}

static void remove_paths(const struct paths *paths)
{
	unlink(paths->page);
	unlink(paths->attachment);
	rmdir(paths->directory);
}

int pdf_make(const char *html, const struct pdf_attachment *attachment, char **pdf, size_t *length,
	struct problem *problem)
{
	struct paths paths = {""};

	*pdf = NULL;
	int failure = make_paths(attachment->name, &paths, problem);
	if (failure)
		return failure;
	failure = file_write(paths.page, html, strlen(html), FILE_CREATE, problem);
	if (!failure && attachment->data)
		failure = file_write(paths.attachment, attachment->data, attachment->length,
			FILE_CREATE, problem);
	if (!failure)
		failure = convert(&paths, attachment->data, pdf, length, problem);
	remove_paths(&paths);
	return failure;
}
