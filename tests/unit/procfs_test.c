#include "procfs.h"
#include "tree.h"

#include <criterion/criterion.h>
#include <fcntl.h>

TestSuite(procfs, .init = tree_make, .fini = tree_remove, .timeout = 20);

Test(procfs, live_root_in_all_its_spellings)
{
	cr_assert(procfs_is_live("/"));
	cr_assert(procfs_is_live("//"));
	cr_assert_not(procfs_is_live("/mnt"));
	cr_assert_not(procfs_is_live("."));
}

Test(procfs, reads_whole_files_and_says_when_they_do_not_fit)
{
	char text[8];

	tree_put("/proc/exact", "1234567");
	tree_put("/proc/larger", "12345678");
	tree_put("/proc/empty", "");
	cr_assert_eq(procfs_read(tree, text, sizeof(text), "/proc/exact"), 7);
	cr_assert_str_eq(text, "1234567");
	cr_assert_eq(procfs_read(tree, text, sizeof(text), "/proc/larger"), -EFBIG);
	cr_assert_str_eq(text, "1234567");
	cr_assert_eq(procfs_read(tree, text, sizeof(text), "/proc/empty"), 0);
	cr_assert_str_eq(text, "");
	cr_assert_eq(procfs_read(tree, text, sizeof(text), "/proc/%s", "missing"), -ENOENT);
	cr_assert_str_eq(text, "");
	cr_assert_eq(procfs_read(tree, text, sizeof(text), "/proc"), -EISDIR);
}

Test(procfs, slurps_up_to_the_limit)
{
	char *large = calloc(1, 100001), *text;

	memset(large, 'x', 100000);
	tree_put("/large", large);
	cr_assert_eq(procfs_slurp(tree, &text, 1 << 20, "/large"), 100000);
	cr_assert_str_eq(text, large);
	free(text);
	cr_assert_eq(procfs_slurp(tree, &text, 50000, "/large"), -EFBIG);
	cr_assert_null(text);
	cr_assert_eq(procfs_slurp(tree, &text, 50000, "/missing"), -ENOENT);
	cr_assert_null(text);
	free(large);
}

Test(procfs, first_line_is_trimmed)
{
	char line[16];

	tree_put("/a", " \tword two \n next\n");
	tree_put("/blank", " \n");
	tree_put("/long", "short\nand then a great deal more than the buffer holds");
	tree_put("/wide", "a line that is longer than the buffer\n");
	cr_assert_eq(procfs_line(tree, line, sizeof(line), "/a"), 0);
	cr_assert_str_eq(line, "word two");
	cr_assert_eq(procfs_line(tree, line, sizeof(line), "/blank"), -ENODATA);
	cr_assert_eq(procfs_line(tree, line, sizeof(line), "/long"), 0);
	cr_assert_str_eq(line, "short");
	cr_assert_eq(procfs_line(tree, line, sizeof(line), "/wide"), -EFBIG);
	cr_assert_eq(procfs_line(tree, line, sizeof(line), "/missing"), -ENOENT);
	cr_assert_str_eq(line, "");
}

Test(procfs, integers_only_whole_and_in_range)
{
	int64_t value = 42;

	tree_put("/good", "-12\n");
	tree_put("/max", "9223372036854775807\n");
	tree_put("/beyond", "9223372036854775808\n");
	tree_put("/word", "max\n");
	tree_put("/tail", "12 34\n");
	tree_put("/empty", "");
	cr_assert_eq(procfs_integer(tree, &value, "/word"), -EINVAL);
	cr_assert_eq(procfs_integer(tree, &value, "/tail"), -EINVAL);
	cr_assert_eq(procfs_integer(tree, &value, "/beyond"), -ERANGE);
	cr_assert_eq(procfs_integer(tree, &value, "/empty"), -ENODATA);
	cr_assert_eq(procfs_integer(tree, &value, "/missing"), -ENOENT);
	cr_assert_eq(value, 42, "an error leaves the value alone");
	cr_assert_eq(procfs_integer(tree, &value, "/good"), 0);
	cr_assert_eq(value, -12);
	cr_assert_eq(procfs_integer(tree, &value, "/max"), 0);
	cr_assert_eq(value, INT64_MAX);
}

Test(procfs, looks_up_all_three_forms)
{
	char value[32];
	int64_t number = 7;
	const char *text = "MemTotalHuge: 1 kB\n"
			   "MemTotal:   16384 kB\n"
			   "model name\t: A b  c\n"
			   "nr_throttled 5\n"
			   "nr_throttled 6\n"
			   "NAME=\"x y\"\n"
			   "Empty:\n";

	cr_assert_eq(procfs_lookup_integer(text, "MemTotal", &number), 0);
	cr_assert_eq(number, 16384);
	cr_assert_eq(procfs_lookup(text, "model name", value, sizeof(value)), 0);
	cr_assert_str_eq(value, "A b  c");
	cr_assert_eq(procfs_lookup_integer(text, "nr_throttled", &number), 0);
	cr_assert_eq(number, 5, "the first line counts");
	cr_assert_eq(procfs_lookup(text, "NAME", value, sizeof(value)), 0);
	cr_assert_str_eq(value, "\"x y\"");
	cr_assert_eq(procfs_lookup(text, "Empty", value, sizeof(value)), 0);
	cr_assert_str_eq(value, "");
	cr_assert_eq(procfs_lookup(text, "Mem", value, sizeof(value)), -ENOENT);
	cr_assert_eq(procfs_lookup_integer(text, "model name", &number), -EINVAL);
	cr_assert_eq(procfs_lookup_integer("", "MemTotal", &number), -ENOENT);
}

Test(procfs, names_in_the_order_of_numbers)
{
	char *names[8];

	tree_put("/d/cpu10", "");
	tree_put("/d/cpu9", "");
	tree_put("/d/cpu1", "");
	cr_assert_eq(procfs_names(tree, names, 8, "/d"), 3);
	cr_assert_str_eq(names[0], "cpu1");
	cr_assert_str_eq(names[1], "cpu9");
	cr_assert_str_eq(names[2], "cpu10");
	procfs_names_free(names, 3);
	ssize_t bounded = procfs_names(tree, names, 2, "/d");
	cr_assert_eq(bounded, 2);
	procfs_names_free(names, bounded);
	cr_assert_eq(procfs_names(tree, names, 8, "/missing"), -ENOENT);
	cr_assert_eq(procfs_names(tree, names, 8, "/d/cpu1"), -ENOTDIR);
}

Test(procfs, links_are_read_unresolved)
{
	char target[32];

	tree_link("/sys/block/vda", "../devices/vda");
	tree_put("/plain", "");
	cr_assert_eq(procfs_link(tree, target, sizeof(target), "/sys/block/vda"), 0);
	cr_assert_str_eq(target, "../devices/vda");
	cr_assert_str_eq(procfs_basename(target), "vda");
	cr_assert_eq(procfs_link(tree, target, 4, "/sys/block/vda"), -EFBIG);
	cr_assert_eq(procfs_link(tree, target, sizeof(target), "/plain"), -EINVAL);
	cr_assert_eq(procfs_link(tree, target, sizeof(target), "/missing"), -ENOENT);
}

/* A collected copy has links to absolute paths; they mean the copy's, never ours. */
Test(procfs, no_link_leads_out_of_the_root)
{
	char text[64];

	tree_put("/run/stub", "inside\n");
	tree_link("/etc/resolv.conf", "/run/stub");
	tree_link("/etc/outside", "/proc/version");
	tree_link("/etc/up", "../../../../../../../../proc/version");
	ssize_t length = procfs_read(tree, text, sizeof(text), "/etc/resolv.conf");
	if (length == -ENOENT)
		cr_skip("openat2 (Linux 5.6) is missing: links are followed out of a copy");
	cr_assert_str_eq(text, "inside\n");
	cr_assert_eq(procfs_read(tree, text, sizeof(text), "/etc/outside"), -ENOENT);
	cr_assert_eq(procfs_read(tree, text, sizeof(text), "/etc/up"), -ENOENT);
	cr_assert_eq(procfs_read(tree, text, sizeof(text), "/../../proc/version"), -ENOENT);
}

/* Nor may a copy make us wait: a pipe that nobody writes to is no file. */
Test(procfs, pipes_and_devices_are_refused)
{
	char text[64];

	cr_assert_eq(mkfifo(tree_path("/proc/version"), 0644), 0);
	cr_assert_eq(procfs_read(tree, text, sizeof(text), "/proc/version"), -EINVAL);
	cr_assert(procfs_exists(tree, "/proc/version"));
	cr_assert_eq(procfs_read("/", text, sizeof(text), "/dev/null"), -EINVAL);
}

Test(procfs, reads_the_running_system)
{
	char line[256];
	int64_t pid_max;

	cr_assert_eq(procfs_line("/", line, sizeof(line), "/proc/sys/kernel/osrelease"), 0);
	cr_assert_neq(line[0], '\0');
	cr_assert_eq(procfs_integer("/", &pid_max, "/proc/sys/kernel/pid_max"), 0);
	cr_assert_gt(pid_max, 0);
	cr_assert(procfs_exists("/", "/proc/self"));
	cr_assert_not(procfs_exists("/", "/proc/no-such-file"));
}
