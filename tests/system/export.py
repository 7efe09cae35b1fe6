"""Every format that runs and gates are exported in, read by the program that it is for, or by its rules."""
import csv
import io
import itertools
import json
import re
import shlex
import socket
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

import jsonschema

import documents
import suite
from interchange import BMF, CUSTOM, HOSTILE, JUNIT, SAYABLE, described, fetch, gate, hostile, metrics, need

try:
    from prometheus_client.openmetrics import parser as openmetrics
except ImportError:
    openmetrics = None

FORMATS = ["csv", "openmetrics", "prometheus", "benchmark-smaller", "benchmark-bigger", "bencher", "benchfmt", "hlog",
           "gitlab", "junit", "markdown", "annotations"]
OF_GATE = ["gitlab", "junit", "markdown", "annotations"]
JAR = Path("/usr/share/java/hdrhistogram.jar")


class Exports(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = Path(self.scratch.name)

    def write(self, document, name="document.json"):
        path = self.folder / name
        path.write_text(json.dumps(document))
        return path

    def export(self, form, document, *options, code=0):
        done = subprocess.run([suite.BIN / "seatrial", "export", *options, form, self.write(document)],
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
        self.assertEqual(done.returncode, code, done.stderr)
        if code:
            self.assertEqual(done.stdout, b"")
            return done.stderr.decode()
        self.assertEqual(done.stderr, b"")
        text = done.stdout.decode("utf-8")
        # Whatever the format: nothing that moves a cursor or turns text round.
        self.assertNotRegex(text, "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
        return text

    def runs(self):
        for make in (documents.mixed, documents.sweep, documents.overlay):
            yield make()[0]
        yield hostile()


class Csv(Exports):
    def test_has_every_value_exactly(self):
        for run in self.runs():
            text = self.export("csv", run)
            self.assertNotIn("\n", text.replace("\r\n", ""), "RFC 4180 ends lines with CR LF")
            rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
            expected = sorted((bench, metric["name"], metric["unit"], i + 1, value) for bench, metric in metrics(run)
                              for i, value in enumerate(metric["values"]))
            self.assertEqual(sorted((row["bench"], row["metric"], row["unit"], int(row["repetition"]),
                                     float(row["value"])) for row in rows), expected)
            self.assertEqual({row["run"] for row in rows}, {run["id"]})

    def test_no_cell_is_a_formula(self):
        for row in csv.reader(io.StringIO(self.export("csv", hostile(), "--host", "=1+1"), newline=""), strict=True):
            self.assertEqual(len(row), 14)
            for cell in row[:11]:
                self.assertNotRegex(cell, "^ *[=+\\-@\uff1d\uff0b\uff0d\uff20]")


class Prometheus(Exports):
    def test_promtool_has_no_complaint(self):
        need("promtool")
        for run in (*self.runs(), described()):
            text = self.export("prometheus", run)
            done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_openmetrics_fill_a_store_with_the_same_samples(self):
        need("promtool")
        for i, run in enumerate(self.runs()):
            text = self.export("openmetrics", run)
            self.assertTrue(text.endswith("\n# EOF\n"))
            path, store = self.folder / f"{i}.om", self.folder / f"{i}.tsdb"
            path.write_text(text)
            made = subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", path, store],
                                  capture_output=True, text=True)
            self.assertEqual(made.returncode, 0, made.stderr)
            (store / "wal").mkdir()
            dump = subprocess.run(["promtool", "tsdb", "dump", store], capture_output=True, text=True, check=True)
            stored = [line.split("} ")[-1].split() for line in dump.stdout.splitlines()]
            sent = [line.rsplit(" ", 2) for line in text.splitlines() if not line.startswith("#")]
            self.assertEqual(sorted(float(value) for value, _ in stored), sorted(float(row[1]) for row in sent))
            self.assertEqual({int(at) for _, at in stored}, {round(float(row[2]) * 1000) for row in sent})
            self.assertEqual(len(sent), len({row[0] for row in sent}), "a series is there twice")

    def test_openmetrics_parser_of_python_takes_it(self):
        """It holds a text to more of the standard than Prometheus does."""
        if not openmetrics:
            self.skipTest("python3-prometheus-client is not installed; scripts/setup --test does it")
        for run in self.runs():
            text = self.export("openmetrics", run)
            families = list(openmetrics.text_string_to_metric_families(text))
            values = [sample.value for family in families for sample in family.samples]
            self.assertEqual(sorted(values), sorted(float(line.rsplit(" ", 2)[1]) for line in text.splitlines()
                                                    if not line.startswith("#")))
        shown = {sample.labels.get("label") for family in families for sample in family.samples}
        self.assertLessEqual(set(SAYABLE), shown)

    def test_values_are_in_base_units(self):
        run = documents.run([documents.result("x", "What?", "So.", metrics=[
            documents.metric("rate", "Rate", "bit/s", "higher", [8e9] * 3),
            documents.metric("cost", "Cost", "s/GB", "lower", [2.0] * 3),
            documents.metric("wal.p99", "Wal", "s", "lower", [0.25] * 3)])], [], id="20260120T150405Z-00000001")
        text = self.export("prometheus", run, "--host", "node-1")
        shared = 'host="node-1",preset="standard",bench="x"'
        for line in (f'seatrial_x_rate_bytes_per_second{{{shared},metric="rate"}} 1000000000',
                     f'seatrial_x_cost_seconds_per_byte{{{shared},metric="cost"}} 2e-09',
                     f'seatrial_x_wal_p99_seconds{{{shared},metric="wal.p99"}} 0.25',
                     "# TYPE seatrial_x_rate_bytes_per_second gauge", "# UNIT seatrial_x_wal_p99_seconds seconds",
                     'seatrial_run_start_time_seconds{host="node-1",preset="standard"} 1768921445'):
            self.assertIn(line + "\n", text)
        self.assertNotIn(run["id"], text, "a run's id as a label makes ever more series")

    def test_node_exporter_takes_the_file(self):
        need("prometheus-node-exporter")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        expected = set()
        for name, run in (("good", documents.mixed()[0]), ("hostile", hostile())):
            run["preset"] = {"good": "standard", "hostile": "full"}[name]
            for result in run["results"]:
                result["preset"] = run["preset"]
            path = self.folder / f"{name}.prom"
            done = suite.program("seatrial", "export", "prometheus", self.write(run), "-o", path)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
            expected |= {float(line.rsplit(" ", 1)[1]) for line in path.read_text().splitlines()
                         if not line.startswith("#")}
        exporter = subprocess.Popen(
            ["prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile",
             f"--collector.textfile.directory={self.folder}", f"--web.listen-address=127.0.0.1:{port}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(exporter.wait)
        self.addCleanup(exporter.kill)
        text = fetch(f"http://127.0.0.1:{port}/metrics")
        self.assertIn("\nnode_textfile_scrape_error 0\n", text)
        shown = {float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("seatrial_")}
        self.assertLessEqual(expected, shown)


def shown(value):
    """What these services show is for people: 15 digits."""
    return value if value is None else float(f"{value:.15g}")


class Services(Exports):
    def test_github_action_benchmark(self):
        for run in self.runs():
            found = []
            for form, better in (("benchmark-smaller", "lower"), ("benchmark-bigger", "higher")):
                entries = suite.parse(self.export(form, run))
                jsonschema.validate(entries, CUSTOM)
                names = [entry["name"] for entry in entries]
                self.assertFalse(set("".join(names)) & set("`|<>@"), "it shows names in Markdown of its own")
                found += [(better, entry["unit"], entry["value"]) for entry in entries]
            self.assertEqual(sorted(found), sorted((metric["better"], metric["unit"], shown(metric["summary"]["value"]))
                                                   for _, metric in metrics(run)))

    def test_bencher(self):
        for run in self.runs():
            document = suite.parse(self.export("bencher", run))
            jsonschema.validate(document, BMF)
            for bench, metric in metrics(run):
                if metric["labels"] or metric["unit"] != "s":
                    continue
                value = document[f"{bench}/{metric['name']}"][f"seconds-{metric['better']}"]
                summary = {key: shown(metric["summary"][key]) for key in ("value", "low", "high")}
                self.assertEqual(value["value"], summary["value"])
                self.assertEqual((value.get("lower_value"), value.get("upper_value")),
                                 (summary["low"], summary["high"]))

    def test_benchfmt(self):
        for run in self.runs():
            directions, values = {}, []
            for line in self.export("benchfmt", run).splitlines():
                if line.startswith("Unit "):
                    unit, direction = re.fullmatch(r"Unit (\S+) better=(lower|higher)", line).groups()
                    directions.setdefault(unit, direction)
                elif not re.fullmatch(r"[a-z][^\sA-Z]*: .*", line):
                    value, unit = re.fullmatch(r"Benchmark[A-Z]\S* 1 (\S+) (\S+)", line).groups()
                    self.assertIn(unit, directions)
                    values.append(float(value))
            self.assertEqual(sorted(values), sorted(v for _, metric in metrics(run) for v in metric["values"]))

    def test_gitlab(self):
        """Its parser cuts a line at '#' and splits the rest as a shell does; values are compared as texts."""
        for document in (*self.runs(), gate(5, label="# it's \"x\"", host="`$(id)`")):
            names = set()
            for line in self.export("gitlab", document).splitlines():
                name, value = shlex.split(line.split("#")[0])
                self.assertNotIn(name, names)
                names.add(name)
                self.assertLessEqual(len(re.sub(r"e.*|[^0-9]", "", value).lstrip("0")), 3)
        self.assertTrue(any(name.startswith("seatrial_fsync_wal3_to_baseline_ratio{") for name in names), names)

    def test_hlog(self):
        need("java")
        if not JAR.exists():
            self.skipTest(f"{JAR} is missing; scripts/setup --test installs it")
        run = documents.mixed()[0]
        path = self.folder / "run.hlog"
        path.write_text(self.export("hlog", run))
        processor = ["java", "-XX:TieredStopAtLevel=1", "-cp", JAR, "org.HdrHistogram.HistogramLogProcessor", "-i",
                     path]
        tags = subprocess.run([*processor, "-listtags"], capture_output=True, text=True, check=True).stdout.split("\n")
        self.assertEqual(sorted(tags[1:]), ["", "fsync/commit", "fsync/wal"])
        done = subprocess.run([*processor, "-tag", "fsync/wal", "-csv", "-outputValueUnitRatio", "1"],
                              capture_output=True, text=True, check=True)
        rows = [line.split(",") for line in done.stdout.splitlines() if re.match(r"[0-9.]+,[0-9.]+,[0-9]+,", line)]
        read = [row for row in rows if len(row) == 4]
        wal = next(d for d in run["results"][0]["distributions"] if d["name"] == "wal")
        self.assertEqual(int(read[-1][2]), wal["count"])
        self.assertAlmostEqual(float(read[-1][0]) / 1e9, wal["max"], delta=wal["max"] * 2e-3)
        p99 = next(float(row[0]) for row in read if float(row[1]) >= 0.99) / 1e9
        expected = next(m for m in run["results"][0]["metrics"] if m["name"] == "wal.p99")["summary"]["value"]
        self.assertAlmostEqual(p99, expected, delta=expected * 0.1)

    def test_hlog_of_hostile_labels_has_one_line_a_histogram(self):
        run = hostile()
        for started in ("2026-01-20T15:04:05.1e300Z", "2026-01-20T15:04:05.-9Z", "x", 7, "9" * 400):
            run["results"][0]["started"] = started
            lines = self.export("hlog", run).splitlines()
        tagged = [line for line in lines if line.startswith("Tag=")]
        self.assertEqual((len(tagged), len(lines)), (3, 7))
        for line in tagged:
            self.assertRegex(line, r"^Tag=[^, ]+,[0-9.]+,[0-9.]+,[0-9.]+,HISTFAAA[A-Za-z0-9+/=]+$")


class Pipelines(Exports):
    def outcomes(self, run):
        """(failed, skipped, passed) of the verdict that the program itself gives."""
        verdict = json.loads(suite.program("seatrial", "show", "--json", self.write(run)).stdout)
        lines = [line for profile in verdict["profiles"] for line in profile["lines"]]
        failed = [line for line in lines if (line["status"], line["severity"]) == ("not met", "required")]
        passed = [line for line in lines if line["status"] in ("met", "presumed")]
        return len(failed), len(lines) - len(failed) - len(passed), len(passed)

    def test_junit(self):
        need("xmllint")
        (self.folder / "junit.xsd").write_text(JUNIT)
        failing = documents.mixed()[0]
        requirement = failing["profiles"][0]["requirements"][0]
        failing["profiles"][0]["requirements"] = [
            requirement | {"id": "a", "max": 1e-9}, requirement | {"id": "b"},
            requirement | {"id": "c", "metric": "nothing"}, requirement | {"id": "d", "max": 1e-9,
                                                                           "severity": "advised"}]
        self.assertEqual(self.outcomes(failing), (1, 2, 2))
        for document, expected in ((failing, (1, 2, 2)), (gate(4), (1, 2, 2)), (hostile(), None),
                                   (gate(4, title=HOSTILE[0], label="]]>", name=HOSTILE[1], why=HOSTILE[6]), None)):
            text = self.export("junit", document)
            done = subprocess.run(["xmllint", "--noout", "--schema", self.folder / "junit.xsd", "-"], input=text,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            root = xml.etree.ElementTree.fromstring(text)
            cases = root.findall("./testsuite/testcase")
            kinds = [next(iter(case)).tag for case in cases]
            counts = tuple(kinds.count(kind) for kind in ("failure", "skipped", "system-out"))
            if expected:
                self.assertEqual(counts, expected)
            self.assertEqual(int(root.get("tests")), len(cases))
            self.assertEqual(int(root.get("failures")), counts[0])
            self.assertEqual(sum(int(part.get("skipped")) for part in root), counts[1])

    def test_markdown_is_only_what_it_says(self):
        need("cmark-gfm")
        for document in (hostile(), gate(4, title="<b>x</b>|y", label="![a](http://e.org)", name="@octocat #1",
                                         host="www.example.org", why="`a` **b** http://example.org")):
            text = self.export("markdown", document)
            html = subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough"],
                                  input=text, capture_output=True, text=True, check=True).stdout
            tags = set(re.findall(r"<([a-z0-9]+)", html))
            self.assertLessEqual(tags, {"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code"})
            outside = re.sub(r"<code>.*?</code>", "", html, flags=re.S)
            self.assertNotRegex(outside, r"@[A-Za-z]|#[0-9]|[A-Z]-[0-9]", "a forge would tell somebody")
            rows = re.findall(r"<tr>(.*?)</tr>", html, re.S)
            self.assertEqual({row.count("</t") for row in rows}, {5})
            lines = len(SAYABLE) if document["schema"] == "seatrial.run/1" else 5
            self.assertEqual(len(rows), 1 + lines)

    def test_markdown_fits_where_github_drops_what_is_too_long(self):
        text = self.export("markdown", gate(9000, title="x" * 400))
        self.assertLess(len(text.encode()), 1 << 20)
        self.assertRegex(text, r"[0-9]+ more lines do not fit")
        text = self.export("markdown", gate(4))
        order = [text.index(status + " |") for status in ("regressed", "not enough evidence", "unchanged")]
        self.assertEqual(order, sorted(order), "the worst comes first")

    def test_annotations_are_few_and_one_line_each(self):
        for document, kinds in ((gate(400), {"error"}), (gate(3), {"error", "warning"}), (hostile(), None),
                                (gate(4, title="a,b:c%\n::error::x", why="\r\n::stop-commands::x"), None)):
            lines = self.export("annotations", document).splitlines()
            self.assertLessEqual(len(lines), 10)
            for line in lines:
                self.assertRegex(line, r"^::(error|warning|notice) title=[^:,]*::.*$")
            if kinds:
                self.assertEqual({line.split()[0].strip(":") for line in lines}, kinds)
        self.assertNotRegex(self.export("annotations", documents.mixed()[0]), "title=([^:,]+)::[^\n]*: \\1",
                            "the title is said once")
        self.assertIn("more; the summary has all", self.export("annotations", gate(400)))
        self.assertIn(" failed, ", self.export("annotations", gate(400)).splitlines()[0])


class Command(Exports):
    def test_every_format_takes_every_run(self):
        listed = suite.program("seatrial", "export", "--help").stdout
        self.assertEqual([form for form in FORMATS if f"  {form} " not in listed], [])
        for make in (documents.empty, documents.interrupted, documents.hostile):
            run = make()[0]
            for form in FORMATS:
                with self.subTest(make=make.__name__, form=form):
                    if make is documents.hostile and form == "hlog":
                        continue
                    self.export(form, run)

    def test_hostile_names_stay_names(self):
        run = documents.run([documents.result(name, "What?", "So.", metrics=[
            documents.metric(name, name, "s", "lower", [1.0], {name: name})]) for name in HOSTILE], [])
        texts = {form: self.export(form, run, "--host", HOSTILE[9]) for form in FORMATS}
        for form, start in (("prometheus", "(# |seatrial_)"), ("gitlab", "seatrial_"), ("annotations", "::"),
                            ("benchfmt", "(seatrial: |host: |preset: |Unit |BenchmarkSeatrial/)")):
            for line in texts[form].splitlines():
                self.assertRegex(line, f"^{start}")
        self.assertEqual(len(list(csv.reader(io.StringIO(texts["csv"], newline="")))), 1 + len(HOSTILE))
        jsonschema.validate(suite.parse(texts["bencher"]), BMF)
        if openmetrics:
            list(openmetrics.text_string_to_metric_families(texts["openmetrics"]))

    def test_what_cannot_be_done_is_said_in_one_line(self):
        gated, run = gate(), documents.mixed()[0]
        for form in set(FORMATS) - set(OF_GATE):
            self.assertIn("name a run", self.export(form, gated, code=1))
        self.assertIn("there is no format", self.export("xls", run, code=2))
        self.assertIn("cannot be exported", self.export("csv", documents.mixed()[1], code=1))
        self.assertIn("cannot be exported", self.export("junit", {**gated, "metrics": 7}, code=1))
        self.assertIn("it follows", self.export("junit", {**run, "schema": "seatrial.run/2"}, code=1))
        run["results"][0]["distributions"][0]["repetitions"][0] = "HISTFAAAnonsense"
        self.assertIn("cannot be read", self.export("hlog", run, code=1))
        done = suite.program("seatrial", "export")
        self.assertEqual((done.returncode, done.stdout), (2, ""))

    def test_odd_gates_are_survived(self):
        odd = [None, 7, "x", [], {}, [7], {"x": []}, -1e308]
        forms = itertools.cycle(OF_GATE)
        for key in ("metrics", "baseline", "candidate", "created", "not_compared", "verdict"):
            for value in odd:
                bad = (key == "metrics" and not isinstance(value, list)) or (key == "verdict" and value != "x")
                with self.subTest(key=key, value=value):
                    self.export(next(forms), {**gate(), key: value}, code=1 if bad else 0)
        many = gate(20 * len(odd))
        places = iter(many["metrics"])
        for key in gate(1)["metrics"][0]:
            for value in odd:
                next(places)[key] = value
        for form in OF_GATE:
            self.export(form, many)

    def test_standard_input_and_the_store(self):
        run = documents.mixed()[0]
        expected = self.export("csv", run)
        piped = subprocess.run([suite.BIN / "seatrial", "export", "csv", "-"], input=json.dumps(run).encode(),
                               capture_output=True)
        self.assertEqual((piped.returncode, piped.stdout.decode()), (0, expected))
        self.write(run, f"{run['id']}.json")
        for reference in ([], ["latest"], [run["id"][:8]]):
            done = suite.program("seatrial", "export", "csv", *reference, "--store", self.folder)
            self.assertEqual((done.returncode, done.stdout.replace("\n", "\r\n")), (0, expected))

    def test_a_file_is_replaced_whole_or_not_at_all(self):
        path = self.folder / "out.csv"
        path.write_text("before")
        bad = self.write({"schema": "seatrial.run/1"}, "bad.json")
        done = suite.program("seatrial", "export", "csv", bad, "-o", path)
        self.assertEqual((done.returncode, path.read_text()), (1, "before"))
        done = suite.program("seatrial", "export", "csv", self.write(documents.mixed()[0]), "-o", path)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertTrue(path.read_text().startswith("run,started,"))
        self.assertEqual(sorted(entry.name for entry in self.folder.iterdir()),
                         ["bad.json", "document.json", "out.csv"])


if __name__ == "__main__":
    suite.main()
