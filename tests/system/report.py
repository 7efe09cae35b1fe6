"""The report on every example: whole, self-contained, and made of text where documents try to be markup."""
import base64
import copy
import hashlib
import html
import html.parser
import json
import os
import random
import re
import shutil
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

import documents
import suite

VOID = {"meta", "br", "img", "link", "hr", "input"}
ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "main", "section", "h1", "h2", "h3", "h4", "p", "span", "strong",
    "b", "i", "small", "a", "ul", "li", "dl", "dt", "dd", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "pre",
    "figure", "figcaption", "details", "summary", "svg", "g", "path", "circle", "text", "desc", "script", "code", "ol"}
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "id", "aria-label", "aria-hidden", "role", "href",
    "rel", "scope", "colspan", "data-label", "data-value", "tabindex", "viewbox", "d", "transform", "text-anchor", "r"}


class Page(html.parser.HTMLParser):
    """Reads a page strictly: every element closed in order, nothing but what the report may use."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.texts, self.faults = [], [], [], [], []
        self.counts = {}
        self.feed(text)
        self.close()
        if self.open:
            self.faults.append(f"not closed: {self.open}")

    def handle_starttag(self, tag, attributes):
        self.counts[tag] = self.counts.get(tag, 0) + 1
        if tag not in ELEMENTS:
            self.faults.append(f"element {tag} at {self.getpos()}")
        names = [name for name, _ in attributes]
        if len(set(names)) != len(names):
            self.faults.append(f"attribute twice in {tag}: {names}")
        for name, value in attributes:
            if name not in ATTRIBUTES:
                self.faults.append(f"attribute {name} of {tag}")
            if name == "id":
                self.ids.append(value)
            if name == "href":
                self.links.append(value)
            if name in ("aria-label", "content"):
                self.texts.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()} closes something else")

    def handle_data(self, data):
        if self.open[-1:] != ["script"]:
            self.texts.append(data)

    def handle_comment(self, data):
        self.faults.append(f"comment {data}")

    def text(self):
        return "".join(self.texts)


def printable(text):
    """What text_printable() makes of a string."""
    return re.sub("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", "?", text)


class ReportCase(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def render_files(self, run, verdict, gnuplot=None, **keywords):
        out = self.folder / "page.html"
        done = suite.program("report_render", "run", run, verdict, out, *([gnuplot] if gnuplot else []), **keywords)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out.read_text(encoding="utf-8")

    def render_documents(self, run, verdict, gnuplot=None):
        paths = [self.folder / "run.json", self.folder / "verdict.json"]
        for path, document in zip(paths, (run, verdict)):
            path.write_text(json.dumps(document))
        return self.render_files(*paths, gnuplot)

    def render(self, name, gnuplot=None, **keywords):
        return self.render_files(*documents.write(self.folder, name), gnuplot, **keywords)

    def render_kind(self, kind, document):
        """A comparison or a history."""
        path, out = self.folder / f"{kind}.json", self.folder / "page.html"
        path.write_text(json.dumps(document))
        done = suite.program("report_render", kind, path, out)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out.read_text(encoding="utf-8")

    def stand_in(self, body):
        """A program in gnuplot's place."""
        path = self.folder / "gnuplot"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def check_script(self, text):
        """The page's own script, to the letter, is the only one, and its policy allows no other."""
        script = (suite.SOURCE / "report" / "tables.js").read_text()
        self.assertEqual(text.count("<script"), 1)
        self.assertIn(f"<script>{script}</script>", text)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        self.assertIn(f"script-src &#39;sha256-{digest}&#39;;", text)

    def check(self, text):
        page = Page(text)
        self.assertEqual(page.faults, [])
        self.check_script(text)
        self.assertEqual(len(page.ids), len(set(page.ids)))
        for link in page.links:
            self.assertRegex(link, r"^(#|https?://)")
            if link.startswith("#"):
                self.assertIn(link[1:], page.ids)
        return page

    def need(self, *programs):
        for program in programs:
            if not shutil.which(program):
                self.skipTest(f"{program} is not installed")


class Content(ReportCase):
    def test_every_example_is_one_whole_page(self):
        for name in documents.EXAMPLES:
            with self.subTest(name):
                text = self.render(name)
                self.check(text)
                self.assertIn("default-src 'none'; style-src 'unsafe-inline'; img-src data:", text)
                self.assertNotRegex(text, r"(?i)url\(|@import|<link|<img|javascript:[^a(]")

    def test_the_verdict_comes_first(self):
        for name, sentence in (("good", "This host is suitable."), ("mixed", "This host is unsuitable."),
                               ("sweep", "This host is marginal."),
                               ("empty", "Not enough evidence to judge this host.")):
            page = self.check(self.render(name, "/nonexistent"))
            text = page.text()
            body = text[text.index("seatrial report, run"):]
            self.assertLess(body.index(sentence), 120, name)

    def test_problems_come_before_what_is_met(self):
        text = self.check(self.render("mixed", "/nonexistent")).text()
        order = ["31.4 ms", "The benchmark that would tell", "7.60 to 12.7", "Swap is on.", "The kernel has it."]
        places = [text.index(words) for words in order]
        self.assertEqual(places, sorted(places))

    def test_all_that_a_reader_may_ask_is_there(self):
        text = self.check(self.render("mixed")).text()
        for words in ("AMD EPYC 7713", "8.00 GiB", "kvm", "6.1.0-18-cloud-amd64", "20 January 2026, 15:04 UTC",
                      "/var/lib/etcd", "below 25 ms", "2,500 samples", "5 repetitions", "Choose a plan with local NVMe",
                      "swapoff -a", "take", "was killed by signal 9", "stall: cannot allocate memory",
                      "run on the host itself", "its caches are cold", "Cannot allocate 64 MiB", "6.10 %",
                      "The host was busy before", "each made durable before the next", "23 ns",
                      "seatrial run --profile control-plane,worker --seed 42",
                      "seatrial-fsync --preset=standard --seed=42 --dir=/var/lib/etcd --rate=150", "--sizes=1392,4096",
                      "0.1.0, commit 0123456789ab", "20260120T150405Z-0a1b2c3d", "open"):
            self.assertIn(words, text)

    def test_what_was_not_measured_is_told_how_to_measure_and_not_what_to_replace(self):
        run, verdict = documents.good()
        verdict["profiles"][0]["lines"][0].update(status="not measured", bench="it's", do="Do not use this disk.")
        text = self.check(self.render_documents(run, verdict, "/nonexistent")).text()
        self.assertIn("How to measure it seatrial run --only 'it'\\''s'", text)
        self.assertNotIn("Do not use this disk.", text)
        requirement = run["profiles"][0]["requirements"][0]
        requirement.update(bench="stall", do="Do not use this disk.")
        path = self.folder / "run.json"
        path.write_text(json.dumps(run))
        for to, command in (("junit", "seatrial run --only stall&quot;."), ("markdown", "seatrial run --only stall")):
            done = suite.program("seatrial", "export", to, path)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stdout.count("--only"), 1)
            self.assertIn(command, done.stdout)
            self.assertNotIn("Do not use this disk.", done.stdout)

    def test_what_is_presumed_is_not_clear(self):
        run, verdict = documents.good()
        self.assertIn("and clearly so.", self.check(self.render_documents(run, verdict, "/nonexistent")).text())
        verdict["profiles"][0]["lines"][0]["status"] = "presumed"
        text = self.check(self.render_documents(run, verdict, "/nonexistent")).text()
        self.assertIn("Every requirement is met, as far as this run can tell.", text)
        self.assertNotIn("clearly so", text)

    def test_only_what_can_be_named_is_measured_on(self):
        run, verdict = documents.good()
        run["results"].append({**run["results"][0], "target": {"host": "x" * 50, "mtu": 1500}})
        text = self.check(self.render_documents(run, verdict, "/nonexistent")).text()
        self.assertEqual(text.count("Measured on"), 1)

    def test_what_is_not_known_is_told_once_on_paper(self):
        run, verdict = documents.good()
        for status in ("not measured", "presumed", "not enough evidence"):
            verdict["profiles"][0]["lines"][0].update(status=status, severity="advised", text="Nobody knows it.")
            paths = [self.folder / "run.json", self.folder / "verdict.json"]
            for path, document in zip(paths, (run, verdict)):
                path.write_text(json.dumps(document))
            out = self.folder / "page.html"
            done = suite.program("report_render", "run-paper", *paths, out, "/nonexistent")
            self.assertEqual(done.returncode, 0, done.stderr)
            summary = out.read_text().split('<section class="summary">')[1].split("</section>")[0]
            self.assertEqual(summary.count("Nobody knows it."), 1)
            self.assertIn("<h3>What the answer rests on most</h3>", summary)

    def test_a_run_cut_short_says_so(self):
        self.assertIn("This run did not end as it should.", self.check(self.render("empty")).text())
        text = self.check(self.render("interrupted")).text()
        for words in ("This run was interrupted.", "SIGTERM came.", "This kernel has no VXLAN.", "No sample was recorded"):
            self.assertIn(words, text)

    def test_plots(self):
        self.need("gnuplot")
        text = self.render("mixed")
        page = self.check(text)
        drawings = re.findall(r'<svg class="plot" viewBox="0 0 \d+ \d+" role="img" aria-label="([^"]+)">', text)
        self.assertEqual(len(drawings), 6)
        self.assertIn("99 of 100 at most", drawings[0])
        self.assertIn("Required of the 99th percentile: below 10 ms (marginal).", drawings[0])
        self.assertIn("limit 10 ms", text)
        self.assertIn("limit 25 ms", text)
        self.assertNotIn("Not drawn", page.text())
        self.assertNotRegex(text, r"gnuplot_canvas|gpPt|xlink|Produced by|<title>[^sL]")

    def boxes(self, page):
        """Of the first figure with boxes: [(left, top, right, bottom), ...] by colour; the table's rows."""
        figure = next(part for part in page.split("<figure>") if "Each box is" in part).split("</figure>")[0]
        colours = []
        for path in re.findall(r'<path class="i5[0-5]" d="([^"]+)"', figure):
            colours.append([])
            for polygon in path.split("M")[1:]:
                numbers = [float(number) for number in re.findall(r"[-\d.]+", polygon)]
                colours[-1].append((min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])))
        rows = re.findall(r'<tr><th scope="row">([^<]+)</th>(.*?)</tr>', figure)
        return colours, [(name, re.findall(r">([^<]*)</td>", row)) for name, row in rows]

    def with_repetitions(self, speeds):
        """A run whose only latency has a distribution for each list of [factor of one repetition, ...]."""
        run, verdict = documents.good()
        rng = random.Random(7)
        del run["results"][0]["series"]
        run["results"][0].update(distributions=[], metrics=[])
        for clients, factors in enumerate(speeds, 1):
            repetitions = [documents.latencies(rng, 400, 0.001 * factor, 0.2) for factor in factors]
            distribution, metrics = documents.latency("commit", "Commit", repetitions, {"clients": str(clients)})
            run["results"][0]["distributions"].append(distribution)
            run["results"][0]["metrics"] += metrics
        return run, verdict

    def test_a_box_for_each_repetition_shows_which_one_differs(self):
        self.need("gnuplot")
        page = self.render_documents(*self.with_repetitions([[1, 1, 1, 2, 1]]))
        self.check(page)
        (boxes,), rows = self.boxes(page)
        self.assertEqual(len(boxes), 5)
        self.assertEqual(sorted(boxes), boxes, "in the order of time")
        alike = [box for index, box in enumerate(boxes) if index != 3]
        self.assertTrue(all(boxes[3][3] < box[1] for box in alike), boxes)
        for one in alike:
            self.assertTrue(all(one[1] < other[3] for other in alike), "boxes of what is alike overlap")
        self.assertEqual([name for name, _ in rows], ["1", "2", "3", "4", "5"])
        self.assertEqual([cells[0] for _, cells in rows], ["400"] * 5)
        self.assertRegex(rows[3][1][3], r"^(1\.9|2\.0)\d ms$")
        self.assertRegex(rows[0][1][3], r"^(9\d\d µs|1\.0\d ms)$")

    def test_boxes_of_several_curves_stand_apart_and_many_repetitions_share_one(self):
        self.need("gnuplot")
        colours, rows = self.boxes(self.render_documents(*self.with_repetitions([[1, 1, 1], [4, 4], [9]])))
        self.assertEqual([len(colour) for colour in colours], [3, 2, 1])
        self.assertLess(max(box[2] for box in colours[0]), min(box[0] for box in colours[1]))
        self.assertEqual(rows[3][0], "clients 2: 1")
        (boxes,), rows = self.boxes(self.render_documents(*self.with_repetitions([[1] * 150])))
        self.assertEqual((len(boxes), rows[1][0], rows[1][1][0]), (75, "3 and on", "800"))
        self.assertNotIn("Each box is", self.render_documents(*self.with_repetitions([[1]])))

    def heatmaps(self, text):
        """Inside of every heatmap that is drawn."""
        return re.findall(r'<svg class="plot" viewBox="0 0 \d+ \d+" role="img">\s*<title>Latencies over time as a '
                          r'heatmap</title><desc>([^<]+)</desc>(.*?)</svg>', text, re.DOTALL)

    def test_a_heatmap_shows_a_fall(self):
        self.need("gnuplot")
        text = self.render("soak")
        page = self.check(text)
        (words, drawing), = self.heatmaps(text)
        self.assertRegex(words, r"The median was about 1\.\d+ ms in the first tenth of the time, about 1\d\.\d ms in "
                                r"the last\.")
        self.assertLess(len(drawing), 400_000)
        self.assertIn("hours since the start", drawing)
        self.assertIn("limit 10 ms", drawing)
        self.assertIn("The course in 10 parts", page.text())
        # What most samples took, left and right of the fall at 7 of 30 hours, as places in the drawing.
        fields = []
        for shade, path in re.findall(r'class="i(3[0-5])" d="([^"]+)"', drawing):
            for field in path.split("Z")[:-1]:
                numbers = [float(number) for number in re.findall(r"[\d.]+", field)]
                fields.append((int(shade), min(numbers[::2]), max(numbers[::2]), min(numbers[1::2])))
        bulk = [field for field in fields if field[0] >= 34]
        self.assertTrue(bulk)
        left, right = min(field[1] for field in fields), max(field[2] for field in fields)
        fall = left + (right - left) * 7 / 30
        before = [field[3] for field in bulk if field[2] < fall + 4]
        after = [field[3] for field in bulk if field[1] > fall - 4]
        self.assertEqual(len(before) + len(after), len(bulk), "a field of the bulk reaches across the fall")
        self.assertGreater(min(before), max(after))

    def test_hours_of_the_day(self):
        self.need("gnuplot")
        run, verdict = documents.soak()
        page = self.check(self.render_documents(run, verdict))
        self.assertIn("Latencies by hour of the day", page.text())
        self.assertIn("23:00 to 24:00", page.text())
        self.assertRegex(page.text(), r"The slowest hour began at \d\d:00: its 99th percentile was \d\d\.\d ms\.")
        course = run["results"][0]["series"][0]
        course["hours"] = course["hours"][:2]
        text = self.render_documents(run, verdict)
        self.assertNotIn("Latencies by hour of the day", text)
        self.assertIn("00:00 to 01:00", self.check(text).text())

    def test_documents_without_levels_have_no_heatmap(self):
        run, verdict = documents.soak()
        course = run["results"][0]["series"][0]
        for key in ("levels", "levels_s", "hours"):
            del course[key]
        page = self.check(self.render_documents(run, verdict))
        self.assertNotIn("Latencies over time as a heatmap", page.text())
        self.assertNotIn("(UTC)", page.text())
        self.assertEqual(page.counts["figure"], 2)

    def test_a_heatmap_is_right_or_not_there(self):
        """Whatever does not belong there, at any place of the levels and hours."""
        rng = random.Random(8)
        wrong = [None, True, -1, -0.5, 1e308, 2 ** 62, 2 ** 53 + 1, "NaN", "Infinity", "1", "1 2\nEND\nexit", [], {},
                 [[]], [1], [0, -1], [10 ** 6, 1], [0, 1e308], ["x", "y"], [0] * 700]
        original = documents.soak(hours=4, credits=1)
        whole = self.check(self.render_documents(*original, "/nonexistent"))
        self.assertEqual(whole.counts["figure"], 4)
        for turn in range(120):
            run, verdict = copy.deepcopy(original)
            course = run["results"][0]["series"][0]
            key = rng.choice(("levels", "levels_s", "hours"))
            place, index = course, key
            for _ in range(rng.choice((1, 2, 3))):
                if not isinstance(place[index], list):
                    break
                place, index = place[index], rng.randrange(len(place[index]))
            value = rng.choice(wrong)
            if place[index] == value:
                continue
            place[index] = copy.deepcopy(value)
            with self.subTest(turn=turn, key=key, index=index, value=value):
                page = self.check(self.render_documents(run, verdict, "/nonexistent"))
                valid_hour = key == "hours" and place is not course[key] and index > 0 and place is not course
                if not valid_hour:
                    self.assertEqual(page.counts["figure"], 3)
                self.assertNotRegex(page.text(), r"(?i)\bnan\b|\binf\b")

    def test_a_sweep_shows_some_and_tells_of_the_rest(self):
        page = self.check(self.render("sweep"))
        self.assertIn("6 of 20 are drawn", page.text())
        for i in range(20):
            self.assertIn(f"services {500 * i}", page.text())
        self.assertIn("First packet of a flow mode iptables", page.text())

    def test_shares_are_compared_with_what_they_are_relative_to(self):
        text = self.render("overlay", "/nonexistent")
        page = self.check(text)
        words = page.text()
        self.assertIn("Compared with native", words)
        tables = re.findall(r'<table class="forest">(.*?)</table>', text, re.DOTALL)
        self.assertEqual(len(tables), 18 + 4)
        first, more = tables[0], text.index("17 more settings")
        self.assertIn("offload plain, family ipv4, flows 1</caption>", first)
        self.assertLess(text.index(first), more)
        self.assertGreater(text.index(tables[1]), more)
        for table in tables:
            self.assertEqual(re.findall(r'<th scope="row">([^<]+)<', table), list(documents.WAYS))
            self.assertEqual(table.count("<circle"), 5)
        share, = (metric["summary"] for result in documents.overlay()[0]["results"] for metric in result["metrics"]
                  if metric["name"] == "ratio.packets" and metric["labels"]["encap"] == "vxlan")
        value, low, high = (f"{100 * share[key]:.3g}" for key in ("value", "low", "high"))
        self.assertIn(f"{value} %({low} to {high})", words)

    def test_shares_say_which_way_is_better_and_what_the_intervals_are_worth(self):
        text = self.render("overlay", "/nonexistent")
        parts = text[:text.index("<summary>Each repetition")].split('<div class="share">')[1:]
        shares = {re.search(r"<h4>(\w+ \w+)", part)[1]: part for part in parts}
        self.assertIn("More is better.", shares["TCP throughput"])
        self.assertIn("Less is better.</strong> The scale is logarithmic.", shares["CPU time"])
        self.assertIn("With only 5 repetitions an interval covers less than 95 %, down to 93.8 % here.",
                      shares["UDP packets"])
        self.assertNotIn("repetitions", shares["TCP throughput"])
        self.assertIn("may equal native", shares["Connections a"])
        self.assertIn("An arrow: the evidence leaves that side open.", shares["Round trip"])
        self.assertEqual(shares["Round trip"].count("no interval"), 5)

    def place_of(self, drawing, ink):
        """Where the discs of a curve are drawn: (x, y), from left to right."""
        return sorted((float(x), float(y)) for x, y in re.findall(
            rf'<circle r="1" transform="translate\(([\d.]+),([\d.]+)\)[^"]*" class="i{ink}"/>', drawing))

    def test_a_sweep_shows_the_cliff_where_it_is(self):
        self.need("gnuplot")
        text = self.render("cliff")
        page = self.check(text)
        self.assertNotIn("Not drawn", page.text())
        self.assertIn("By size", page.text())
        label, drawing = re.search(r"UDP throughput between pods.*?aria-label=\"([^\"]+)\">(.*?)</svg>", text,
                                   re.DOTALL).groups()
        self.assertRegex(label, r"^native: 2\d\d Mbit/s at 64, up to [\d.]+ Gbit/s at 1,47[12], "
                                r"[\d.]+ Gbit/s at 2,800\.")
        native = self.place_of(drawing, 16)
        self.assertEqual(len(native), 10)
        heights = [y for _, y in native]
        self.assertEqual(heights[:4], sorted(heights[:4], reverse=True), "it rises")
        decade = [float(y) for y in re.findall(r'translate\([\d.]+,([\d.]+)\)" text-anchor="end" class="i0">'
                                               r'<text>(?:100 M|1 G|10 G)bit/s</text>', drawing)]
        self.assertAlmostEqual((heights[6] - heights[5]) / abs(decade[1] - decade[0]), 0.301, delta=0.03,
                               msg="and falls by half, seen on a logarithmic scale")
        mark = re.search(r'translate\(([\d.]+),[\d.]+\)" text-anchor="middle" class="i2"><text>A</text>', drawing)
        self.assertAlmostEqual(float(mark[1]), native[5][0], delta=1)
        for letter in "BCD":
            self.assertIn(f"<text>{letter}</text>", drawing)
        self.assertNotIn("<text>E</text>", drawing, "it is far beyond the picture")
        self.assertIn("<summary>30 latencies; their course is drawn above</summary>", text, "six of them are no course")
        self.assertNotIn("6 of 30 are drawn", page.text())
        self.assertIn("A size 1,472: largest packet without fragments encap native", page.text())
        self.assertIn("E size 65,000: largest datagram", page.text())

    def test_a_sweep_has_its_numbers_in_a_table_also_without_gnuplot(self):
        run, verdict = documents.cliff()
        words = self.check(self.render_documents(run, verdict, "/nonexistent")).text()
        for metric in run["results"][0]["metrics"]:
            if metric.get("quantile") not in (0.9, 0.999):
                self.assertIn(metric["title"], words)
        self.assertIn("A sweep of one place", words)
        self.assertIn("12 of 12 readings have no interval: too few repetitions.", words)
        self.assertIn("100 % is what an empty table reads.", words)

    def test_advice_stands_before_what_it_follows_from(self):
        text = self.render("services", "/nonexistent")
        words = self.check(text).text()
        advice = text.index("Mode for kube-proxy at 5,000 Services: nftables</h3>")
        self.assertLess(advice, text.index("<h3>By services</h3>"))
        self.assertGreater(advice, text.index("address cost here?</h2>"))
        self.assertEqual(text.count('<div class="advice">'), 1)
        self.assertIn("not reached up to 10,000 Services", words, "other facts are in the table")

    def test_a_mode_has_one_colour_in_all_sweeps_and_the_usual_case_is_in_sight(self):
        self.need("gnuplot")
        text = self.render("services")
        self.assertNotIn("Not drawn", self.check(text).text())
        inks = {}
        for legend in re.findall(r'<p class="legend">(.*?)</p>', text, re.DOTALL):
            for ink, name in re.findall(r'class="i(1[0-5])".*?</svg>\s*(?:<[^>]+>)*([a-z-]+)', legend, re.DOTALL):
                inks.setdefault(name, set()).add(ink)
        self.assertEqual(set(inks), {"none", *documents.MODES})
        self.assertEqual([len(own) for own in inks.values()], [1] * 5, inks)
        self.assertEqual(len(set.union(*inks.values())), 5, "and no two have the same")
        seen = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
        self.assertEqual(re.findall(r"random Service <span[^>]*>([^<]+)<", seen), ["protocol udp, from pod"])
        self.assertEqual(len(re.findall(r"random Service <span[^>]*>([^<]+)<", text)), 4)

    def test_a_small_cost_has_a_unit_that_people_read_it_in(self):
        words = self.check(self.render("services", "/nonexistent")).text()
        self.assertRegex(words, r"7\.\d\d ns/service")
        self.assertNotRegex(words, r"\de-\d")

    def test_readings_of_one_name_stand_together(self):
        text = self.render("overlay", "/nonexistent")
        bodies = re.findall(r"<tbody>\n(.*?)</tbody>", text[text.index("<h3>Readings</h3>"):], re.DOTALL)
        heads = [re.search(r'<th scope="(\w+)"[^>]*>([^<]+?) ?<', body).groups() for body in bodies]
        self.assertEqual([head for head in heads if head[1].startswith("TCP throughput")],
                         [("rowgroup", "TCP throughput between pods")])
        self.assertEqual(bodies[0].count('<th scope="row">'), 18 * 6)
        words = self.check(text).text()
        for unit in ("s/GB", "segments/GB", "packets/s", "s/Mpacket", "connections/s"):
            self.assertRegex(words, rf"\d {unit}")

    def test_a_benchmark_run_twice_is_told_apart(self):
        run, verdict = documents.good()
        run["results"] *= 2
        text = self.check(self.render_documents(run, verdict, "/nonexistent")).text()
        self.assertIn("Evidence from fsync (1 of 2)", text)
        self.assertIn("Evidence from fsync (2 of 2)", text)

    def test_hostile_text_is_only_text(self):
        Path("/tmp/owned").unlink(missing_ok=True)
        page = self.check(self.render("hostile"))
        text = page.text()
        for payload in documents.HOSTILE:
            self.assertIn(printable(payload).strip(), text)
        self.assertFalse(any("onclick" in link for link in page.links))
        self.assertFalse(Path("/tmp/owned").exists())

    def test_a_comparison_says_first_who_fits_and_what_is_cheapest(self):
        text = self.check(self.render_kind("comparison", documents.comparison())).text()
        first = text.index("2 of 3 candidates meet “Control plane with etcd”; the cheapest is rented-b, "
                           "EUR 9.98/month.")
        self.assertLess(first, text.index("Ranking and price"))
        for words in ("1 of 4 requirements is not met: Commit, 99th percentile.", "×0.50(0.48 to 0.52)", "Likely worse",
                      "no interval", "rented-b measured it with other parameters", "owned used a payload of 4096.",
                      "0.67 (0.63 to 0.70)"):
            self.assertIn(words, text)

    def rows_of_needs(self, text):
        """The words of each row of the tables of requirements, cell by cell."""
        tables = re.findall(r'<table class="worded needs.*?</table>', text, re.DOTALL)
        return [[re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", cell)).strip()
                 for cell in re.findall(r"<t[hd][ >].*?</t[hd]>", row, re.DOTALL)]
                for table in tables for row in re.findall("<tr.*?</tr>", table, re.DOTALL)]

    def test_a_comparison_says_how_each_candidate_fares_by_each_requirement(self):
        text = self.render_kind("comparison", documents.comparison())
        run = "run 20260120T150401Z-0a1b2c3d"
        heading = ["Requirement", "rented-a", "rented-b", "owned"]
        self.assertEqual(self.rows_of_needs(text), [
            heading,
            ["Commit, 99th percentile at most 25 ms", f"✗ Not met 31.0 ms 27.9 to 34.1 {run}",
             f"✓ Met 4.10 ms at least 3.69 {run}", f"✓ Met 4.10 ms 3.69 to 4.51 {run}"],
            ["Stalls in a day advised at most 1 stall/day", f"! Marginal 0.900 stalls/day 0.100 to 1.80 {run}",
             f"~ Presumed 0.900 stalls/day 0.100 to 1.80 {run}", f"– Not measured {run}"],
            heading,
            ["Processors at least 2", f"✓ Met 4 {run}", f"✓ Met 4 {run}", f"✓ Met 4 {run}"]])
        words = self.check(text).text()
        self.assertIn("Not every candidate clearly meets 1 of the 2 requirements and the only recommendation: "
                      "Requirements", " ".join(words.split()))
        self.assertIn("#requirements", self.check(text).links)

    def test_many_candidates_stand_below_the_requirements_that_they_do_not_meet(self):
        text = self.render_kind("comparison", documents.comparison(11))
        self.check(text)
        run = "run 20260120T150401Z-0a1b2c3d"
        names = ", ".join(f"host-{number}" for number in range(3, 9))
        self.assertEqual(self.rows_of_needs(text), [
            ["Candidate", "Status", "Reads"], ["Commit, 99th percentile at most 25 ms"],
            ["rented-a", "✗ Not met", f"31.0 ms 27.9 to 34.1 {run}"], [f"Met by rented-b, owned, {names} and 2 more"],
            ["Stalls in a day advised at most 1 stall/day"],
            ["rented-a", "! Marginal", f"0.900 stalls/day 0.100 to 1.80 {run}"],
            [f"Not measured: owned Met by rented-b, {names}, host-9 and 1 more"]])
        self.assertIn("1 requirement is met by every candidate", text)

    def test_what_all_meet_is_told_from_what_is_presumed_of_some(self):
        document = documents.comparison()
        for candidate in document["candidates"]:
            candidate["verdicts"][0]["lines"] = documents.judged(1, "x")
        text = " ".join(self.check(self.render_kind("comparison", document)).text().split())
        presumed = ", 1 of them as far as runs of this length can tell"
        self.assertIn(f"Every candidate meets all 2 requirements and the only recommendation{presumed}: Requirements",
                      text)
        self.assertIn(f"3 requirements are met by every candidate{presumed}", text)
        for candidate in document["candidates"][1:]:
            candidate["verdicts"][0]["lines"] = documents.judged(2, "x")
        text = " ".join(self.check(self.render_kind("comparison", document)).text().split())
        self.assertIn("Not every candidate clearly meets the only recommendation: Requirements", text)

    def test_long_names_are_shortened_in_sentences_and_whole_in_tables(self):
        document = documents.comparison()
        for long, short in (("many words " * 30, "many words " * 5 + "many …"),
                            ("日本語" * 40, "日本語" * 6 + "日 …"),
                            (42 * "x" + ", " + 99 * "y", 42 * "x" + " …")):
            document["candidates"][1]["name"] = long
            text = self.check(self.render_kind("comparison", document)).text()
            self.assertEqual(re.findall("the cheapest is (.*?), EUR 9.98/month.", text), [short])
            self.assertIn(long.strip(), text)

    def test_a_comparison_without_lines_says_nothing_of_requirements(self):
        document = documents.comparison()
        for candidate in document["candidates"]:
            del candidate["verdicts"][0]["lines"]
        self.assertNotIn("requirements\"", self.render_kind("comparison", document))
        document["candidates"][1]["verdicts"][0]["lines"] = documents.judged(1, "x")[:1]
        document["candidates"][2]["verdicts"][0]["lines"] = documents.judged(1, "x")[1:]
        rows = self.rows_of_needs(self.render_kind("comparison", document))
        self.assertEqual([row[1:] for row in rows],
                         [["rented-b", "owned"], ["✓ Met 4 run x", "not judged"],
                          ["not judged", "✓ Met 4.10 ms at least 3.69 run x"],
                          ["not judged", "~ Presumed 0.900 stalls/day 0.100 to 1.80 run x"]])

    def test_a_comparison_counts_the_differences_of_every_candidate_or_says_of_how_many_not(self):
        for candidates, shown in ((10, 9), (25, 24), (30, 24)):
            text = self.render_kind("comparison", documents.comparison(candidates, metrics=4))
            self.assertEqual(len(re.findall(r'<p class="tally"><span>[^<]+:</span>', text)), shown)
            self.assertEqual("and 5 more, in the table below" in text, candidates == 30)

    def test_a_comparison_shows_few_repetitions_as_discs_and_more_as_a_box(self):
        text = self.render_kind("comparison", documents.comparison(4))
        self.check(text)
        panels = re.findall(r'<table class="forest spread">.*?</table>', text, re.DOTALL)
        self.assertEqual(len(panels), 7, "no profile judges the last metric")
        rows = [(name, row.count("<circle"), row.count('<path class="i50"')) for name, row in
                re.findall(r'<tr><th scope="row">([^<]+)(.*?)</tr>', panels[1], re.DOTALL)]
        self.assertEqual(rows, [("rented-b", 0, 1), ("owned", 4, 0), ("rented-a", 0, 1), ("host-3", 0, 1)])
        self.assertIn("<b>902 writes/s</b><small>(880 to 1,010)</small>", panels[1])
        self.assertIn("1 repetition<", panels[2])
        self.assertIn("3 more metrics", text)
        many = self.render_kind("comparison", documents.comparison(30, metrics=4))
        self.assertIn("The first 24 of 30 candidates are shown.", many)
        self.assertEqual(many.count('<table class="forest spread">'), 3)
        bare = documents.comparison()
        for metric in bare["metrics"]:
            for value in metric["values"]:
                value.pop("quartiles", None), value.pop("repetitions", None)
        self.assertNotIn("How the repetitions spread", self.render_kind("comparison", bare))

    def test_a_comparison_shows_the_limits_of_what_a_profile_judges(self):
        document = documents.comparison()
        limited = next(line for line in document["candidates"][0]["verdicts"][0]["lines"] if line.get("max") == 0.025)
        panels = r'<div class="share">.*?</table>'
        before = re.findall(panels, self.render_kind("comparison", document), re.DOTALL)
        self.assertFalse([panel for panel in before if "Limit" in panel or 'class="i2"' in panel])
        limited["metric"] = document["metrics"][0]["name"]
        after = re.findall(panels, self.render_kind("comparison", document), re.DOTALL)
        self.assertIn(" Limit: at most 25 ms.</p>", after[0])
        self.assertEqual([panel.count('class="i2"') for panel in after], [3] + [0] * (len(after) - 1))

    def test_prices_that_cannot_be_compared_are_still_said(self):
        document = documents.comparison()
        for ranking in document["rankings"]:
            for place in ranking["order"]:
                place.pop("monthly", None), place.pop("per_money", None)
        text = self.render_kind("comparison", document)
        self.assertIn('<td data-label="a month"><span>EUR 4.99</span>', text)
        self.assertIn('<span>not compared</span>', text)

    def test_a_comparison_makes_prices_comparable(self):
        text = self.render_kind("comparison", documents.comparison(4))
        cells = re.findall(r'<tr><td data-label="rank">.*?</tr>', text)
        rows = [re.findall(r'data-label="(?:price|a month|per money)" data-value="[^"]*"><span>([^<]*)<', row)
                for row in cells]
        self.assertEqual(rows, [["EUR 9.98/month", "EUR 9.98", "×1.50"],
                                ["EUR 14.97/month", "EUR 14.97", "×0.50"], ["EUR 4.99/month", "EUR 4.99", "×1.00"],
                                ["EUR 0.0274/hour", "EUR 20.00", "×0.19"]])
        self.assertIn("as a multiple of what rented-a gives", self.check(text).text())

    def test_a_history_names_each_change_and_the_run_it_began_in(self):
        self.need("gnuplot")
        text = self.render_kind("history", documents.history())
        words = self.check(text).text()
        self.assertIn("2 changes in 2 of 4 series, 1 for the worse.", words)
        self.assertIn("20260126T000405Z-00000019", words)
        self.assertEqual(words.count("UTC); 1 change."), words.count("UTC); no change."))
        self.assertIn("UTC); no change.", words)
        drawing = re.search(r'<svg class="plot" viewBox="0 0 440.*?</svg>', text, re.DOTALL)[0]
        mark = re.search(r'translate\(([\d.]+),[\d.]+\)" text-anchor="middle" class="i2"><text>A</text>', drawing)
        discs = self.place_of(drawing, 16)
        self.assertEqual(len(discs), 40)
        self.assertAlmostEqual(float(mark[1]), (discs[24][0] + discs[25][0]) / 2, delta=1)

    def test_a_history_that_tells_nothing_yet_is_not_good_news(self):
        none = documents.history()
        none["series"] = []
        some = documents.history()
        del some["series"][3]["points"][9:], some["series"][:2]
        changed = documents.history()
        del changed["series"][3]["points"][9:]
        for document, tone, words in (
                (documents.history(runs=9), "open", "Too early to tell: 4 series have fewer than 10 runs each"),
                (none, "open", "These runs hold no readings to follow."),
                (some, "good", "No change in 1 of 2 series; 1 is too short to tell, with fewer than 10 runs."),
                (changed, "close", "2 changes in 2 of 4 series, 1 for the worse; 1 is too short to tell")):
            text = self.render_kind("history", document)
            self.assertIn(f'<section class="answer {tone}"', text)
            self.assertIn(words, self.check(text).text())
        self.assertNotIn("Course of each series", self.render_kind("history", none))

    def test_other_documents_may_be_hostile_too(self):
        Path("/tmp/owned").unlink(missing_ok=True)
        for kind in ("comparison", "history"):
            with self.subTest(kind):
                text = self.check(self.render_kind(kind, documents.poison(getattr(documents, kind)()))).text()
                for payload in documents.HOSTILE[:6]:
                    self.assertIn(printable(payload).strip(), text)
        self.assertFalse(Path("/tmp/owned").exists())

    def test_other_documents_with_anything_anywhere(self):
        rng = random.Random(9)
        wrong = [None, True, -1, 1e300, "", "<b>", [], {}, [[]], 2 ** 62]

        def places(node):
            items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
            for key, child in items:
                yield node, key
                yield from places(child)

        for turn in range(60):
            kind = rng.choice(("comparison", "history"))
            document = getattr(documents, kind)()
            for _ in range(rng.choice((1, 3, 30))):
                node, key = rng.choice(list(places(document)))
                node[key] = copy.deepcopy(rng.choice(wrong))
            with self.subTest(turn):
                out = self.folder / "page.html"
                path = self.folder / "document.json"
                path.write_text(json.dumps(document))
                done = suite.program("report_render", kind, path, out, "/nonexistent")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.check(out.read_text(encoding="utf-8"))

    def test_commands_to_paste_quote_what_is_hostile(self):
        run, verdict = documents.good()
        run["results"][0]["parameters"] = {"dir": "$(touch /tmp/owned); '", "flag": True, "off": False, "x": None}
        text = self.check(self.render_documents(run, verdict, "/nonexistent")).text()
        self.assertIn("""'--dir=$(touch /tmp/owned); '\\''' --flag\n""", text)

    def test_without_gnuplot_only_the_plots_are_missing(self):
        whole = self.check(self.render("mixed"))
        for gnuplot, environment in (("/nonexistent/gnuplot", None), (None, {**os.environ, "PATH": "/nonexistent"})):
            text = self.render("mixed", gnuplot, env=environment)
            page = self.check(text)
            self.assertIn("gnuplot is not installed here", page.text())
            self.assertIn("The plots are missing.", page.text())
            self.assertEqual(page.counts["figcaption"], whole.counts["figcaption"])
            self.assertEqual(page.counts["td"], whole.counts["td"])

    def test_a_gnuplot_that_fails(self):
        for body, words in (("echo '<script>alert(1)</script>' >&2; exit 3", "exit status 3: <script>alert(1)</script>"),
                            ("echo hello", "not a whole SVG"), ("echo '<svg><g>'", "not a whole SVG"),
                            ("exit 0", "drew nothing"), ("exec cat /dev/zero", "more than a plot can need"),
                            ("kill -9 $$", "killed by signal 9")):
            with self.subTest(body):
                page = self.check(self.render("mixed", self.stand_in(body)))
                self.assertIn(words, page.text())
                self.assertIn("31.4 ms", page.text())

    def test_a_gnuplot_that_hangs_is_tried_once(self):
        stand_in = self.stand_in('mkdir "$0.once" || mkdir "$0.again"; sleep 1234')
        page = self.check(self.render("mixed", stand_in))
        self.assertIn("gave no plot within", page.text())
        self.assertTrue((self.folder / "gnuplot.once").exists())
        self.assertFalse((self.folder / "gnuplot.again").exists())

    def test_a_gnuplot_that_lies(self):
        page = self.check(self.render("mixed", self.stand_in(
            """cat <<'END'
<svg onload="alert(1)"><script>alert(1)</script><style>body{display:none}</style>
<image href="http://evil.invalid/"/><foreignObject><p>owned</p></foreignObject>
<path d="M1,1" onclick="alert(1)" id="x"/><text><tspan>owned</tspan></text></svg>
END""")))
        self.assertNotIn("owned", page.text())
        self.assertNotIn("alert", page.text())

    def test_the_same_documents_make_the_same_page(self):
        self.assertEqual(self.render("sweep"), self.render("sweep"))

    def test_says_when_it_cannot_write(self):
        done = suite.program("report_render", "run", *documents.write(self.folder, "empty"), "/dev/full")
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left on device", done.stderr)

    def test_documents_with_anything_anywhere(self):
        """Parts of valid documents, replaced by what does not belong there."""
        rng = random.Random(7)
        wrong = [None, True, -1, 1e300, "", "<b>", [], {}, [[]], {"a": []}, ["x"] * 3, [None], 2 ** 62]

        def places(node):
            items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
            for key, child in items:
                yield node, key
                yield from places(child)

        originals = [documents.mixed(), documents.interrupted(), documents.cliff(), documents.overlay()]
        for original in originals:
            for series in (result["series"] for result in original[0]["results"]):
                for course in series:
                    del course["rows"][4:]
                    del course["levels"][4:]
        for turn in range(200):
            pair = copy.deepcopy(rng.choice(originals))
            for document in pair:
                for _ in range(rng.choice((1, 3, 30))):
                    node, key = rng.choice(list(places(document)))
                    node[key] = copy.deepcopy(rng.choice(wrong))
            with self.subTest(turn):
                self.check(self.render_documents(*pair, "/nonexistent"))


def luminance(colour):
    """Relative luminance (WCAG 2)."""
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    dim, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dim + 0.05)


class Style(ReportCase):
    """What can be said of the style without looking."""

    def setUp(self):
        super().setUp()
        self.css = "".join((suite.SOURCE / "report" / name).read_text() for name in ("report.css", "plot.css"))
        light, dark = (dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block))
                       for block in re.findall(r":root \{([^}]+)\}", self.css)[:2])
        self.themes = {"light": light, "dark": {**light, **dark}}

    def test_words_and_lines_stand_out_from_what_is_behind(self):
        """4.5 for text, 3 for lines (WCAG 2.1, 1.4.3 and 1.4.11)."""
        for name, theme in self.themes.items():
            for text in ("ink", "muted", "link", "good", "close", "bad", "open", "note"):
                behind = ["paper"] + ([text + "-tint"] if text + "-tint" in theme else [])
                for back in behind:
                    self.assertGreaterEqual(contrast(theme[text], theme[back]), 4.5, f"{name}: {text} on {back}")
            for tint in ("good", "close", "bad", "open"):
                self.assertGreaterEqual(contrast(theme["ink"], theme[tint + "-tint"]), 4.5, f"{name}: {tint}")
            for i in range(6):
                self.assertGreaterEqual(contrast(theme[f"c{i}"], theme["paper"]), 3, f"{name}: curve {i}")

    def test_shades_can_be_told_apart_by_lightness_alone(self):
        """So that they are in order for all eyes, and on grey paper."""
        for name, theme in self.themes.items():
            from_paper = [contrast(theme[f"h{i}"], theme["paper"]) for i in range(6)]
            self.assertGreaterEqual(from_paper[0], 2, f"{name}: a rare sample is seen")
            for i in range(5):
                self.assertGreaterEqual(from_paper[i + 1] / from_paper[i], 1.3, f"{name}: shades {i} and {i + 1}")

    def test_curves_differ_in_more_than_colour(self):
        dashes = [re.search(rf"\.i{10 + i} \{{[^}}]*?(stroke-dasharray: [^;]+)?;? \}}", self.css).group(1)
                  for i in range(6)]
        self.assertEqual(len(set(dashes)), 6)

    def test_every_status_has_a_symbol_and_a_word(self):
        text = self.render("mixed", "/nonexistent")
        badges = re.findall(r'<span class="badge [a-z]+"><span class="mark" aria-hidden="true">([^<]+)</span>([^<]+)<',
                            text)
        self.assertEqual(len(badges), text.count('class="badge '))
        symbols = dict((word, symbol) for symbol, word in badges)
        self.assertEqual(len({symbols[word] for word in ("Met", "Not met", "Marginal", "Not measured")}), 4)


class Browser(ReportCase):
    """In Chromium, without a network."""

    def setUp(self):
        super().setUp()
        self.need("chromium")

    def chromium(self, *arguments):
        with tempfile.TemporaryDirectory() as profile:
            return subprocess.run(
                ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}", "--window-size=1300,2000",
                 *arguments],
                check=True, capture_output=True, text=True, timeout=120).stdout

    def ask(self, page, question, *arguments, width=1200):
        """What a script finds in the page, shown in a frame of that width; `view` is the frame's window."""
        frame = self.folder / "frame.html"
        document = json.dumps(page).replace("<", "\\u003c")
        frame.write_text(f"""<!DOCTYPE html><meta charset=utf-8><meta name=color-scheme content="light dark">
            <iframe style="width:{width}px;height:1800px;border:0"></iframe><script>
            const frame = document.querySelector("iframe");
            frame.srcdoc = {document};
            frame.onload = () => {{
                const view = frame.contentWindow;
                document.body.dataset.answer = JSON.stringify({question});
            }};</script>""")
        dom = self.chromium(*arguments, "--dump-dom", frame.as_uri())
        return json.loads(html.unescape(re.search(r'data-answer="([^"]*)"', dom).group(1)))

    def test_hostile_documents_run_nothing(self):
        self.render("hostile")
        dom = self.chromium("--dump-dom", (self.folder / "page.html").as_uri())
        page = Page(dom)
        added = ("element label", "element input", "element button", "attribute type", "attribute autocomplete")
        self.assertEqual([fault for fault in page.faults
                          if fault.startswith(("element", "attribute")) and not fault.startswith(added)], [])
        self.assertIn("<title>seatrial: not enough evidence", dom)

    def test_hostile_documents_run_nothing_even_without_a_policy(self):
        text = self.render("hostile")
        bare = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
        self.assertNotEqual(bare, text)
        self.assertRegex(self.ask(bare, "view.document.title"), "^seatrial: not enough evidence")

    def test_tables_can_be_sorted_and_filtered(self):
        page = self.render_kind("comparison", documents.comparison())
        question = """(() => {
            const table = view.document.querySelector("table.compared");
            const seen = () => [...table.tBodies[0].rows].filter(row => row.offsetHeight > 0);
            const ratios = () => seen().map(row => Number(row.cells[5].dataset.value));
            const before = seen().length;
            const button = table.tHead.rows[0].cells[5].querySelector("button");
            button.click();
            const up = ratios();
            button.click();
            const down = ratios();
            const input = table.closest("section").querySelector("input");
            input.value = "owned NOISE";
            input.dispatchEvent(new view.Event("input"));
            return [before, up, down, seen().map(row => row.cells[1].textContent),
                    table.tHead.rows[0].cells[5].getAttribute("aria-sort"),
                    table.closest("section").querySelector("[role=status]").textContent];
        })()"""
        before, up, down, left, order, status = self.ask(page, question)
        self.assertEqual(before, 16)
        self.assertEqual(up, sorted(up))
        self.assertEqual(down, sorted(up, reverse=True))
        self.assertEqual(left, ["owned"] * 6)
        self.assertEqual((order, status), ("descending", "6 of 16 rows"))

    def test_verdicts_are_sorted_by_what_they_mean_and_what_is_not_known_last(self):
        document = documents.comparison(8)
        for index in (0, 5):
            for place in document["rankings"][0]["order"]:
                if place["candidate"] == index:
                    place.pop("monthly", None)
            document["candidates"][index].pop("price", None)
        words = ("unsuitable", "suitable", "not enough evidence", "marginal")
        for place, overall in zip(document["rankings"][0]["order"], 2 * words):
            place["overall"] = overall
        up, down, verdicts = self.ask(self.render_kind("comparison", document), """(() => {
            const table = view.document.querySelector("table.ranking");
            const heading = [...table.tHead.rows[0].cells].find(cell => cell.textContent.startsWith("A month"));
            const sorted = [1, 2].map(() => {
                heading.querySelector("button").click();
                return [...table.tBodies[0].rows].map(row => row.cells[heading.cellIndex].dataset.value);
            });
            table.tHead.rows[0].cells[2].querySelector("button").click();
            return [...sorted, [...table.tBodies[0].rows].map(row => row.cells[2].textContent.slice(1))];
        })()""")
        self.assertEqual((up[-2:], down[-2:]), (["", ""], ["", ""]))
        known = [float(value) for value in up[:-2]]
        self.assertEqual(known, sorted(known))
        self.assertEqual(down[:-2], up[-3::-1])
        self.assertEqual(verdicts[::2], ["Suitable", "Marginal", "Not enough evidence", "Unsuitable"])

    def test_paper_has_the_rows_that_a_filter_hides(self):
        self.need("pdftotext")
        page = self.render_kind("comparison", documents.comparison())
        (self.folder / "page.html").write_text(page.replace("<tr><th", "<tr hidden><th"))
        paper = self.folder / "page.pdf"
        self.chromium(f"--print-to-pdf={paper}", (self.folder / "page.html").as_uri())
        text = subprocess.run(["pdftotext", paper, "-"], check=True, capture_output=True, text=True).stdout
        self.assertIn("https://hosting.invalid", text.replace("\n", ""))
        self.assertIn("the only recommendation: Requirements.", " ".join(text.split()))

    def test_nothing_is_wider_than_a_phone(self):
        pages = {name: lambda name=name: self.render(name) for name in documents.EXAMPLES}
        for kind in ("comparison", "history"):
            pages[kind] = lambda kind=kind: self.render_kind(kind, getattr(documents, kind)())
        for name, render in pages.items():
            with self.subTest(name):
                inner, content = self.ask(render(), width=390, question=
                                          "[view.innerWidth, view.document.documentElement.scrollWidth]")
                self.assertEqual(inner, 390)
                self.assertLessEqual(content, inner)

    def test_shades_follow_the_theme(self):
        self.need("gnuplot")
        page = self.render("soak")
        question = "view.getComputedStyle(view.document.querySelector('svg[role=img] .i34')).fill"
        light = self.ask(page, question, "--blink-settings=preferredColorScheme=1")
        dark = self.ask(page, question, "--blink-settings=preferredColorScheme=0")
        self.assertNotEqual(light, dark)

    def test_a_long_name_leaves_the_ranking_in_sight(self):
        document = documents.comparison()
        document["candidates"][1]["name"] = "W" * 300
        wider, torn = self.ask(self.render_kind("comparison", document), """(() => {
            const tables = [...view.document.querySelectorAll(".scroll")];
            const words = [...view.document.querySelectorAll(".ranking thead th")];
            return [tables.filter(table => table.scrollWidth > table.clientWidth + 1).length,
                    words.filter(word => word.offsetHeight > 50).map(word => word.textContent)];
        })()""")
        self.assertEqual((wider, torn), (0, []))

    def test_no_column_is_out_of_sight_on_a_phone(self):
        page = self.render_kind("comparison", documents.comparison())
        hidden = self.ask(page, "[...view.document.querySelectorAll('tbody td')].filter(cell => cell.checkVisibility()"
                                " && cell.getBoundingClientRect().right > view.innerWidth)"
                                ".map(cell => cell.textContent)", width=390)
        self.assertEqual(hidden, [])

    def test_letters_in_plots_can_be_read_on_a_phone(self):
        self.need("gnuplot")
        for name in ("good", "overlay", "cliff", "services"):
            height = self.ask(self.render(name), "Math.min(...[...view.document.querySelectorAll('svg.plot text')]"
                              ".filter(text => text.checkVisibility())"
                              ".map(text => text.getBoundingClientRect().height))", width=390)
            self.assertGreater(height, 10, name)

    def test_dark_mode_darkens_page_and_plots(self):
        self.need("gnuplot")
        page = self.render("good")
        question = ("[view.getComputedStyle(view.document.body).backgroundColor, "
                    "view.getComputedStyle(view.document.querySelector('svg.plot .i10')).stroke]")
        light = self.ask(page, question, "--blink-settings=preferredColorScheme=1")
        dark = self.ask(page, question, "--blink-settings=preferredColorScheme=0")
        brightness = [sum(int(part) for part in re.findall(r"\d+", colour)[:3]) for colour in (light[0], dark[0])]
        self.assertGreater(brightness[0], 3 * 200)
        self.assertLess(brightness[1], 3 * 60)
        self.assertNotEqual(light[1], dark[1])

    def test_print_has_everything_open(self):
        self.need("pdftotext")
        self.render("good")
        paper = self.folder / "page.pdf"
        self.chromium(f"--print-to-pdf={paper}", (self.folder / "page.html").as_uri())
        text = subprocess.run(["pdftotext", paper, "-"], check=True, capture_output=True, text=True).stdout
        text = " ".join(text.split())
        for words in ("This host is suitable.", "Why it matters", "https://etcd.io/docs/", "keeps its intended start",
                      "Smallest step of the clock", "limit 10 ms"):
            self.assertIn(words, text)


if __name__ == "__main__":
    suite.main()
