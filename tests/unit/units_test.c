#include "units.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <math.h>
#include <string.h>

static void parses(enum unit unit, const char *text, uint64_t expected)
{
	struct problem problem = {.text = ""};
	uint64_t value = ~expected;

	cr_expect_eq(units_parse(unit, text, &value, &problem), 0, "'%s': %s", text, problem.text);
	cr_expect_eq(value, expected, "'%s' is %lu, not %lu", text, value, expected);
}

static void refuses(enum unit unit, const char *text, int code)
{
	struct problem problem = {.text = ""};
	uint64_t value;
	int result = units_parse(unit, text, &value, &problem);

	cr_expect_eq(result, code, "'%s' gives %d, not %d", text, result, code);
	cr_expect_neq(problem.text[0], '\0', "'%s' is refused without a sentence", text);
	cr_expect_null(strpbrk(problem.text, "\n\x1b"), "'%s' reaches the terminal raw", text);
	cr_expect_eq(units_parse(unit, text, &value, NULL), code);
}

Test(units, parses_what_people_type)
{
	parses(UNIT_COUNT, "0", 0);
	parses(UNIT_COUNT, "1500", 1500);
	parses(UNIT_COUNT, "0001500", 1500);
	parses(UNIT_COUNT, "10k", 10000);
	parses(UNIT_COUNT, "1.5M", 1500000);
	parses(UNIT_COUNT, "9223372036854775807", INT64_MAX);
	parses(UNIT_BYTES, "2300", 2300);
	parses(UNIT_BYTES, "512B", 512);
	parses(UNIT_BYTES, "4k", 4096);
	parses(UNIT_BYTES, "4K", 4096);
	parses(UNIT_BYTES, "4KiB", 4096);
	parses(UNIT_BYTES, "4kB", 4000);
	parses(UNIT_BYTES, "64M", 64 << 20);
	parses(UNIT_BYTES, "64MB", 64000000);
	parses(UNIT_BYTES, "0.5GiB", 512 << 20);
	parses(UNIT_BYTES, "1.500000000000000000000000TiB", UINT64_C(3) << 39);
	parses(UNIT_TIME_NS, "2", 2000000000);
	parses(UNIT_TIME_NS, "0.1", 100000000);
	parses(UNIT_TIME_NS, "100ms", 100000000);
	parses(UNIT_TIME_NS, "1us", 1000);
	parses(UNIT_TIME_NS, "1µs", 1000);
	parses(UNIT_TIME_NS, "7ns", 7);
	parses(UNIT_TIME_NS, "5m", UINT64_C(300000000000));
	parses(UNIT_TIME_NS, "5min", UINT64_C(300000000000));
	parses(UNIT_TIME_NS, "1.5h", UINT64_C(5400000000000));
	parses(UNIT_TIME_NS, "2d", UINT64_C(172800000000000));
	parses(UNIT_TIME_NS, "0.000000001", 1);
}

Test(units, refuses_everything_else)
{
	static const char *const bad[] = {"", " ", " 1", "1 ", "1 s", "+1", "-1", "-0", ".5", "5.",
		".", "1.", "1.s", "1..5", "1.5.5", "nan", "inf", "NAN", "infinity", "1e3", "1e999",
		"0x10", "0x1p3", "1,000", "1_000", "1k1", "kk", "k", "1kk", "1Q", "1\n", "1\t",
		"1\x1b[31m", "\xff", "1\xff", "１", "1%", "--", "1s1", "0.0.0s", "ten"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		refuses(UNIT_COUNT, bad[i], -EINVAL);
		refuses(UNIT_BYTES, bad[i], -EINVAL);
		refuses(UNIT_TIME_NS, bad[i], -EINVAL);
	}
	refuses(UNIT_COUNT, "1s", -EINVAL);
	refuses(UNIT_COUNT, "1KiB", -EINVAL);
	refuses(UNIT_BYTES, "1s", -EINVAL);
	refuses(UNIT_BYTES, "1KB", -EINVAL);
	refuses(UNIT_TIME_NS, "1M", -EINVAL);
	refuses(UNIT_TIME_NS, "1S", -EINVAL);
}

Test(units, refuses_parts_of_the_smallest_unit)
{
	refuses(UNIT_COUNT, "1.5", -EINVAL);
	refuses(UNIT_COUNT, "1.0001k", -EINVAL);
	refuses(UNIT_BYTES, "0.1KiB", -EINVAL);
	refuses(UNIT_TIME_NS, "0.5ns", -EINVAL);
	refuses(UNIT_TIME_NS, "0.0000000001", -EINVAL);
	refuses(UNIT_TIME_NS, "0.0000000000000000001d", -EINVAL);
	parses(UNIT_COUNT, "1.0", 1);
}

Test(units, refuses_what_does_not_fit)
{
	char digits[400];

	refuses(UNIT_COUNT, "9223372036854775808", -ERANGE);
	refuses(UNIT_COUNT, "18446744073709551616", -ERANGE);
	refuses(UNIT_COUNT, "18446744073709551617", -ERANGE);
	refuses(UNIT_COUNT, "99999999T", -ERANGE);
	refuses(UNIT_BYTES, "8388608TiB", -ERANGE);
	refuses(UNIT_BYTES, "18446744073709551615TiB", -ERANGE);
	refuses(UNIT_TIME_NS, "106752d", -ERANGE);
	refuses(UNIT_TIME_NS, "9223372036.854775808", -ERANGE);
	parses(UNIT_BYTES, "8388607TiB", UINT64_C(8388607) << 40);
	parses(UNIT_TIME_NS, "9223372036.854775807", INT64_MAX);
	memset(digits, '9', sizeof(digits) - 1);
	digits[sizeof(digits) - 1] = '\0';
	refuses(UNIT_COUNT, digits, -ERANGE);
	refuses(UNIT_TIME_NS, digits, -ERANGE);
}

Test(units, exact_form_reads_back)
{
	static const uint64_t values[] = {0, 1, 7, 999, 1000, 1023, 1024, 4096, 10000, 1536,
		60000000000, 90000000000, 3600000000000, 86400000000000, INT64_MAX, INT64_MAX - 1,
		1099511627776};
	char text[40];

	for (enum unit unit = UNIT_COUNT; unit <= UNIT_TIME_NS; unit++)
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
			parses(unit, units_exact(unit, values[i], text, sizeof(text)), values[i]);
	cr_expect_str_eq(units_exact(UNIT_TIME_NS, 100000000, text, sizeof(text)), "100ms");
	cr_expect_str_eq(units_exact(UNIT_BYTES, 4096, text, sizeof(text)), "4KiB");
	cr_expect_str_eq(units_exact(UNIT_COUNT, 10000, text, sizeof(text)), "10k");
}

static void formats(double value, const char *unit, const char *expected)
{
	char text[64];

	cr_expect_str_eq(units_format(value, unit, text, sizeof(text)), expected);
}

Test(units, formats_times)
{
	formats(0, "s", "0 s");
	formats(0.00127, "s", "1.27 ms");
	formats(0.001, "s", "1.00 ms");
	formats(4.2e-10, "s", "0.420 ns");
	formats(37e-9, "s", "37 ns");
	formats(37.2e-9, "s", "37.2 ns");
	formats(9.9996e-7, "s", "1.00 µs");
	formats(0.99949, "s", "999 ms");
	formats(0.9996, "s", "1.00 s");
	formats(99.97, "s", "100 s");
	formats(9.996, "s", "10.0 s");
	formats(999, "s", "999 s");
	formats(1000, "s", "16.7 min");
	formats(86400, "s", "24.0 h");
	formats(8640000, "s", "100 d");
	formats(-0.0021, "s", "-2.10 ms");
}

Test(units, formats_sizes_and_rates)
{
	formats(0, "B", "0 B");
	formats(2300, "B", "2.25 KiB");
	formats(512, "B", "512 B");
	formats(1023, "B", "1,023 B");
	formats(1024, "B", "1.00 KiB");
	formats(64 << 20, "B", "64.0 MiB");
	formats(1.5 * 1099511627776, "B", "1.50 TiB");
	formats(123.456 * 1048576, "B/s", "123 MiB/s");
	formats(12.8e9, "bit/s", "12.8 Gbit/s");
	formats(950, "bit/s", "950 bit/s");
	formats(1e18, "bit/s", "1,000,000 Tbit/s");
}

Test(units, formats_anything_else)
{
	formats(0.0042, "ratio", "0.420 %");
	formats(0.24, "ratio", "24.0 %");
	formats(0, "ratio", "0 %");
	formats(1, "ratio", "100 %");
	formats(0.12345, "ratio", "12.3 %");
	formats(709, "writes/s", "709 writes/s");
	formats(709.4, "writes/s", "709 writes/s");
	formats(70.94, "writes/s", "70.9 writes/s");
	formats(12847.3, "writes/s", "12,800 writes/s");
	formats(412345.6, "packets/s", "412,000 packets/s");
	formats(1.2345e6, "packets/s", "1,234,500 packets/s");
	formats(12847.3, "connections/s", "12,800 connections/s");
	formats(0.8312, "s/GB", "0.831 s/GB");
	formats(0, "segments/GB", "0 segments/GB");
	formats(3.24, "segments/GB", "3.24 segments/GB");
	formats(2.718, "s/Mpacket", "2.72 s/Mpacket");
	formats(7.1e-9, "s/service", "7.10 ns/service");
	formats(-4.2e-11, "s/service", "-0.0420 ns/service");
	formats(0, "s/service", "0 s/service");
	formats(9.996e-4, "s/GB", "1.00 ms/GB");
	formats(1e-3, "s/GB", "0.00100 s/GB");
	formats(1048576, "1", "1,048,576");
	formats(3, "1", "3");
	formats(0.5, "1", "0.500");
	formats(1.5e-7, "1", "1.5e-07");
	formats(1e300, "1", "1e+300");
	formats(NAN, "s", "n/a");
	formats(INFINITY, "B", "unbounded");
	formats(-INFINITY, "writes/s", "unbounded");
}

Test(units, one_is_no_plural)
{
	formats(1, "changes/day", "1 change/day");
	formats(-1, "stalls/day", "-1 stall/day");
	formats(1, "writes/s", "1 write/s");
	formats(1, "services", "1 service");
	formats(1.004, "writes/s", "1.00 writes/s");
	formats(1000, "writes/s", "1,000 writes/s");
	formats(11, "writes/s", "11 writes/s");
	formats(0, "changes/day", "0 changes/day");
	formats(1, "s", "1.00 s");
	formats(1e-9, "s", "1 ns");
	formats(1, "s/GB", "1 s/GB");
	formats(1e-9, "s/service", "1 ns/service");
	formats(1, "bit/s", "1 bit/s");
	formats(1, "B", "1 B");
	formats(1, "loss", "1 loss");
	formats(1, "1", "1");
	formats(1, "", "1 ");
}

static void formats_limit(double value, const char *unit, const char *expected)
{
	char text[64];

	cr_expect_str_eq(units_format_limit(value, unit, text, sizeof(text)), expected);
}

Test(units, formats_what_is_exact_without_zeros_that_say_nothing)
{
	formats_limit(0.01, "s", "10 ms");
	formats_limit(0.0125, "s", "12.5 ms");
	formats_limit(0.95, "ratio", "95 %");
	formats_limit(0.965, "ratio", "96.5 %");
	formats_limit(1000, "writes/s", "1,000 writes/s");
	formats_limit(100, "1", "100");
	formats_limit(1, "changes/day", "1 change/day");
	formats_limit(INFINITY, "s", "unbounded");
}

static void formats_interval(
	double value, double low, double high, const char *unit, const char *expected)
{
	const struct interval interval = {.value = value, .low = low, .high = high};
	char text[200];

	cr_expect_str_eq(units_format_interval(&interval, unit, text, sizeof(text)), expected);
}

Test(units, formats_intervals_with_each_unit_once_where_that_is_clear)
{
	formats_interval(0.00127, 0.00119, 0.00138, "s", "1.27 ms (1.19 to 1.38)");
	formats_interval(0.000996, 0.00093, 0.00109, "s", "996 \u00b5s (930 \u00b5s to 1.09 ms)");
	formats_interval(925, 866, 966, "writes/s", "925 writes/s (866 to 966)");
	formats_interval(0.5, 0.4, 0.6, "ratio", "50.0 % (40.0 to 60.0)");
	formats_interval(1, 0.5, 2, "changes/day", "1 change/day (0.500 to 2)");
	formats_interval(3, 1, 9, "changes/day", "3 changes/day (1 to 9)");
	formats_interval(NAN, 1, 9, "changes/day", "n/a (1 change/day to 9 changes/day)");
	formats_interval(0.00127, 0.00119, INFINITY, "s", "1.27 ms (at least 1.19)");
	formats_interval(0.00127, -INFINITY, 0.1, "s", "1.27 ms (at most 100)");
	formats_interval(0.00127, -INFINITY, 2, "s", "1.27 ms (at most 2.00 s)");
	formats_interval(0.00215, 0, 0.003, "s", "2.15 ms (0 to 3.00)");
	formats_interval(0.00215, 0, 3, "s", "2.15 ms (0 to 3.00 s)");
	formats_interval(0, 0, 7590, "changes/day", "0 changes/day (0 to 7,590)");
	formats_interval(108, 1.7e-14, 4340, "changes/day", "108 changes/day (0 to 4,340)");
	formats_interval(3, -INFINITY, INFINITY, "1", "3");
	formats_interval(NAN, -INFINITY, INFINITY, "1", "n/a");
}

Test(units, formats_ratios)
{
	static const struct {
		double ratio;
		const char *text;
	} cases[] = {{1, "1.00"}, {0.5031, "0.50"}, {0.0603, "0.060"}, {1.974, "1.97"},
		{16.83, "16.8"}, {9.996, "10.0"}, {99.96, "100"}, {1234.4, "1,234"}, {0, "0.000"},
		{0.0014, "0.0014"}, {0.00012, "0.00012"}, {0.001, "0.0010"}, {-2e-6, "-0.0000020"},
		{1.2e-7, "1.2e-07"}, {INFINITY, "unbounded"}, {NAN, "n/a"}};
	char text[40];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_str_eq(
			units_format_ratio(cases[i].ratio, text, sizeof(text)), cases[i].text);
}

Test(units, formats_into_small_buffers)
{
	char text[5] = "xxxx";

	cr_expect_str_eq(units_format(123456789, "writes/s", text, sizeof(text)), "123,");
	cr_expect_str_eq(units_format(1e308, "s", text, 1), "");
}

static void formats_ratio_range(double low, double high, const char *expected)
{
	char text[100];

	cr_expect_str_eq(units_format_ratio_range(low, high, text, sizeof(text)), expected);
}

Test(units, formats_intervals_of_ratios)
{
	formats_ratio_range(1.4, 1.61, "1.40 to 1.61");
	formats_ratio_range(0.05, INFINITY, "at least 0.050");
	formats_ratio_range(NAN, 12.34, "at most 12.3");
	formats_ratio_range(-INFINITY, NAN, "");
	formats_ratio_range(0.001, 999, "0.0010 to 999");
	formats_ratio_range(3.1e-43, 5.52e+42, "too wide to tell");
	formats_ratio_range(0, 2, "too wide to tell");
	formats_ratio_range(0, 0, "0.000 to 0.000");
}
