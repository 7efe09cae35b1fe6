/*
 * Whatever programs say and however they end, what is made of it can be kept and shown: benches by
 * the harness, WeasyPrint, ssh-keygen and minisign, gnuplot, and the tools that set up hosts. No
 * program is run. The input is a byte that chooses who reads, one for how the program ended, what
 * it says on stderr, a NUL, and what it says on stdout: as it is or, of a bench, as edits to a good
 * document.
 */
#include "catalog.h"
#include "child.h"
#include "measure.h"
#include "pdf.h"
#include "plan_view.h"
#include "rig_private.h"
#include "runs.h"
#include "signature.h"
#include "svg.h"
#include "tool.h"

#include "folder.h"

#include <errno.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum ending { CODE = 7, SIGNALLED = 8, NOT_BY_ITSELF = 16, CUT = 32, EDITS = 64, FAILED = 128 };

static const char describe[] =
	"{\"schema\":\"seatrial.bench/1\",\"name\":\"b\",\"question\":\"Q\",\"method\":\"M\",\"suite\":"
	"{\"version\":\"0.1.0\",\"commit\":\"\"},\"options\":[],\"metrics\":[],\"distributions\":[],"
	"\"available\":true,\"estimate_s\":1}";

static unsigned how;
static const char *errors, *output;
static size_t output_length;

/* Of exit_code.h, and a few that mean nothing. */
static const int codes[] = {0, 1, 2, 3, 4, 77, 130, 255};

static int failed(struct problem *problem)
{
	return problem_set(problem, -ENOENT, "no program");
}

int child_run(
	const struct child_program *program, struct child_result *result, struct problem *problem)
{
	size_t length = strlen(errors);

	require(*program->argv[0] == '/');
	*result = (struct child_result){0};
	if (how & FAILED)
		return failed(problem);
	result->output = malloc(output_length + 1);
	memcpy(result->output, output, output_length);
	result->output[output_length] = '\0';
	result->output_length = output_length;
	snprintf(result->errors, sizeof(result->errors), "%s",
		errors + (length > CHILD_ERRORS_MAX ? length - CHILD_ERRORS_MAX : 0));
	result->status = how & SIGNALLED ? 9 : codes[how & CODE] << 8;
	result->end = how & NOT_BY_ITSELF ? (enum child_end)(1 + (how & 1)) : CHILD_BY_ITSELF;
	result->output_cut = how & CUT;
	return 0;
}

void child_release(struct child_result *result)
{
	free(result->output);
	result->output = NULL;
}

const char *child_ending(const struct child_result *result, char *buffer, size_t size)
{
	snprintf(buffer, size, "ended with %d", result->status);
	return buffer;
}

/* What signs writes the signature. */
int tool_run(const struct tool_call *call, struct tool_result *result, struct problem *problem)
{
	char path[PATH_MAX];
	const char *copy = call->argv[strcmp(call->argv[0], "minisign") == 0 ? 5 : 8];

	if (how & FAILED)
		return failed(problem);
	result->succeeded = codes[how & CODE] == 0;
	snprintf(result->output, sizeof(result->output), "%s", output);
	snprintf(result->errors, sizeof(result->errors), "%s", errors);
	snprintf(path, sizeof(path), "%s.%s", copy + strlen(folder) + 1,
		strcmp(call->argv[0], "minisign") == 0 ? "minisig" : "sig");
	if (!(how & CUT))
		folder_write(path, output, output_length);
	return 0;
}

int tool_memory(const void *data, size_t length, struct problem *problem)
{
	(void)data;
	(void)length;
	return failed(problem);
}

const struct rig_tool_row rig_tool_rows[RIG_TOOLS] = {
	[RIG_IP] = {"ip", "iproute2", "-batch -", false, NULL},
	[RIG_ETHTOOL] = {"ethtool", "ethtool", NULL, true, NULL},
	[RIG_NFT] = {"nft", "nftables", "-f -", false, NULL},
};

const char *rig_tool_path(enum rig_tool tool, struct problem *problem)
{
	(void)tool;
	(void)problem;
	return "/tool";
}

int rig_call(const struct rig_call *call)
{
	snprintf(call->said, call->said_size, "%s", errors);
	return how & FAILED ? -EIO : 0;
}

static bool is_printable(const char *text)
{
	char printable[4 * sizeof(struct problem)];

	return strcmp(text, text_printable(text, printable, sizeof(printable))) == 0;
}

static void read_description(void)
{
	struct problem problem = {""};
	bool refused;
	json_t *description = catalog_describe("/bench", "b", NULL, &refused, &problem);

	require(description ? !refused && !document_check_bench(description, "b", NULL)
			    : *problem.text != '\0');
	require(!refused || is_printable(problem.text));
	json_decref(description);
}

static void read_result(void)
{
	const struct catalog_bench bench = {.name = "b", .path = (char *)"/nowhere/bench"};
	const struct measure_progress progress = {0};
	struct plan_bench plan = {.bench = &bench, .limit_s = 1};
	struct problem problem = {""};
	json_t *run = good_run(1, 1), *note;
	size_t i;

	plan.description = json_object();
	measure(&plan, &progress, run);
	require(document_check_run(run, &problem) == 0);
	json_array_foreach(json_object_get(run, "notes"), i, note) {
		require(*document_text(note, "what") && is_printable(document_text(note, "what")));
		const char *said = document_text(note, "stderr");
		check_text(said, strlen(said));
	}
	char *text = json_dumps(run, 0);
	require(text);
	json_t *again = document_parse(text, strlen(text), "seatrial.run/1", &problem);
	require(again);
	json_decref(again);
	free(text);
	json_decref(plan.description);
	json_decref(run);
}

static void read_explanation(void)
{
	static struct plan plan;
	const struct catalog_bench bench = {.name = "b", .path = (char *)"/bench"};
	char *text = NULL;
	size_t length;
	struct terminal terminal = {.out = open_memstream(&text, &length), .width = 60};

	plan.count = 1;
	plan.bench[0].bench = &bench;
	plan.bench[0].description = json_object();
	plan_view_explain(&terminal, &plan);
	fclose(terminal.out);
	check_text(text, length);
	json_decref(plan.bench[0].description);
	free(text);
}

static void read_pdf(void)
{
	const struct pdf_attachment attachment = {.name = "run.json", .data = "{}", .length = 2};
	struct problem problem = {""};
	char *pdf;
	size_t length;

	if (pdf_make("<p>", &attachment, &pdf, &length, &problem) < 0) {
		require(*problem.text && !pdf);
		return;
	}
	require(length == output_length && memcmp(pdf, "%PDF-", 5) == 0);
	free(pdf);
}

static void read_signing(void)
{
	const char *key = how & SIGNALLED ? "untrusted comment: k\n" : "k\n";
	struct problem problem = {""};
	char made[PATH_MAX], path[PATH_MAX], key_path[PATH_MAX];

	folder_write("key", key, strlen(key));
	snprintf(path, sizeof(path), "%s/run.json", folder);
	snprintf(key_path, sizeof(key_path), "%s/key", folder);
	const struct signed_file file = {
		.path = path, .text = "{}", .length = 2, .kind = "run", .id = "id"};
	int failure = signature_make(&file, key_path, made, sizeof(made), &problem);
	require(!failure || is_printable(problem.text));
	require(failure || access(made, F_OK) == 0);
	unlink(made);
}

static void read_drawing(void)
{
	struct problem problem = {""};
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int failure = svg_adopt(output, 640, 400, "T", "L", out, &problem);

	fclose(out);
	require(failure ? *problem.text && !length : length > 0);
	check_text(text, length);
	for (const char *at = text; (at = strchr(at, '<')); at++)
		require(strspn(at + 1, "/") <= 1 && strchr("gstpcd", at[1 + strspn(at + 1, "/")]));
	require(!strcasestr(text, "<script") && !strstr(text, "\" on"));
	free(text);
}

static void read_complaint(void)
{
	static const enum rig_tool tools[] = {RIG_IP, RIG_ETHTOOL, RIG_NFT};
	struct rig_host host = {(char *)"h", 100};
	const struct rig rig = {.hosts = &host, .host_count = 1};
	const struct rig_batch batch = {.host = (char *)"h",
		.tool = tools[how % 3],
		.text = (char *)"# links\nlink add a\nlink add b\n# routes\nroute add c\n"};
	struct problem problem = {""};

	require(rig_run_batch(&rig, &batch, &problem) == 0 || is_printable(problem.text));
	problem.text[0] = '\0';
	require(rig_outside(&rig, "link\n", &problem) == 0 || is_printable(problem.text));
}

static void (*const readers[])(void) = {read_description, read_result, read_explanation, read_pdf,
	read_signing, read_drawing, read_complaint};
#define READERS (sizeof(readers) / sizeof(readers[0]))

/* The document that a bench prints, edited. */
static char *edited_output(bool result, const uint8_t *data, size_t size)
{
	static json_t *good[2];

	if (!good[0]) {
		json_t *run = good_run(2, 1);
		good[0] = json_loads(describe, 0, NULL);
		good[1] = json_incref(json_array_get(json_object_get(run, "results"), 0));
		json_decref(run);
	}
	json_t *document = edited(good[result], data, size);
	char *text = json_dumps(document, 0);
	json_decref(document);
	return text;
}

static void prepare(void)
{
	char path[PATH_MAX];

	if (*folder)
		return;
	folder_open();
	folder_write("weasyprint", "", 0);
	snprintf(path, sizeof(path), "%s/weasyprint", folder);
	chmod(path, 0700);
	setenv("PATH", folder, 1);
	setenv("TMPDIR", folder, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *said = calloc(1, size + 1), *document = NULL;

	prepare();
	if (size >= 2) {
		size_t reader = data[0] % READERS;

		how = data[1];
		memcpy(said, data + 2, size - 2);
		errors = said;
		output = said + strnlen(said, size - 2);
		output += output < said + size - 2;
		output_length = size - 2 - (size_t)(output - said);
		if (how & EDITS && reader < 2) {
			document =
				edited_output(reader == 1, (const uint8_t *)output, output_length);
			output = document;
			output_length = strlen(document);
		}
		readers[reader]();
	}
	free(document);
	free(said);
	return 0;
}
