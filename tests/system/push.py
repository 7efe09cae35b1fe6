"""Pushing to stores of time series: a real one gives back what was sent; one made here is away, busy, odd or evil."""
import contextlib
import http.server
import json
import math
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

import documents
import interchange
import suite

TOKEN = "s3cret-t0ken.with+all=kinds/of~signs"
SAME = 1e-14  # VictoriaMetrics keeps 15 digits or more
IMPORT = "/api/v1/import/prometheus"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def moved(run, number, seconds):
    """The same run under another id, later."""
    return {**run, "id": f"20260120T150405Z-{number:08x}", "started": f"2026-01-20T15:00:{seconds:02}Z"}


class Pushes(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.folder = Path(self.scratch.name)
        self.store = self.folder / "store"
        self.store.mkdir()

    def add(self, run):
        (self.store / f"{run['id']}.json").write_text(json.dumps(suite.validate(run)))
        return run["id"]

    def environment(self, **more):
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "NO_PROXY": "*", **more}

    def push(self, url, *words, code=0, environment=None):
        done = suite.program("seatrial", "push", url, "--store", self.store, "--pause=1ms", *words,
                             env=environment or self.environment())
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stderr.count("\n"), code != 0)
        self.assertNotIn(TOKEN, done.stdout + done.stderr)
        return done.stderr or done.stdout

    def spooled(self):
        folder = self.store / "spool"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def parse_labels(text):
    """{name: value} of a series in Prometheus' text."""
    name, _, rest = text.partition("{")
    found = {"__name__": name}
    for label, value in re.findall(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"', rest):
        found[label] = re.sub(r"\\(.)", r"\1", value)
    return found


class RealStore(Pushes):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("victoria-metrics"):
            raise unittest.SkipTest("victoria-metrics is not installed; scripts/setup --test does it")
        cls.data = tempfile.TemporaryDirectory()
        cls.url = f"http://127.0.0.1:{free_port()}"
        cls.server = subprocess.Popen(
            ["victoria-metrics", f"-httpListenAddr={cls.url[7:]}", f"-storageDataPath={cls.data.name}",
             "-retentionPeriod=100y", "-dedup.minScrapeInterval=1ms", "-memory.allowedBytes=64MB"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        interchange.fetch(cls.url + "/health")

    @classmethod
    def tearDownClass(cls):
        cls.server.kill()
        cls.server.wait()
        cls.data.cleanup()

    def stored(self):
        """{labels: [(time in ms, value)]} of everything."""
        interchange.fetch(self.url + "/internal/force_flush")
        query = urllib.parse.urlencode({"match[]": '{__name__!=""}'})
        found = {}
        for line in interchange.fetch(f"{self.url}/api/v1/export?{query}").splitlines():
            series = json.loads(line)
            found[frozenset(series["metric"].items())] = list(zip(series["timestamps"], series["values"]))
        return found

    def test_every_sample_comes_back_and_none_twice(self):
        runs = [moved(run, i, 10 * i) for i, run in enumerate((documents.mixed()[0], documents.sweep()[0],
                                                               interchange.hostile(), documents.mixed()[0]), 1)]
        ids = [self.add(run) for run in runs]
        expected = {}
        for run in runs:
            at = 1768921200000 + int(run["started"][-3:-1]) * 1000
            text = suite.program("seatrial", "export", "prometheus", "--host=db-1", "--store", self.store,
                                 run["id"]).stdout
            for line in text.splitlines():
                if not line.startswith("#"):
                    series, value = line.rsplit(" ", 1)
                    expected.setdefault(frozenset(parse_labels(series).items()), []).append((at, float(value)))
        self.assertIn("Sent 4 runs", self.push(self.url, "--host=db-1", *ids))
        self.check(expected)
        self.assertIn("Sent 2 runs", self.push(self.url + "/", "--host=db-1", *ids[:2]))
        self.check(expected)
        self.check_queries(runs)

    def check(self, expected):
        stored = self.stored()
        self.assertEqual([key for key in stored if key not in expected], [])
        self.assertEqual([key for key in expected if key not in stored], [])
        for key, points in expected.items():
            self.assertEqual([at for at, _ in stored[key]], [at for at, _ in points])
            for (_, value), (_, wanted) in zip(stored[key], points):
                self.assertTrue(math.isclose(value, wanted, rel_tol=SAME), (key, value, wanted))

    def check_queries(self, runs):
        """What a dashboard sees is what the runs say."""
        for run, at in ((runs[0], "2026-01-20T15:00:10Z"), (runs[1], "2026-01-20T15:00:20Z")):
            for bench, metric in interchange.metrics(run):
                if metric["unit"] != "s":
                    continue
                labels = {**metric["labels"], "bench": bench, "host": "db-1"}
                if "quantile" in metric:
                    labels |= {"metric": metric["distribution"], "quantile": str(metric["quantile"])}
                    name = f"seatrial_{bench}_{metric['distribution']}_seconds"
                else:
                    labels |= {"metric": metric["name"]}
                    name = f"seatrial_{bench}_{metric['name']}_seconds"
                selector = ",".join(f'{key}="{value}"' for key, value in labels.items())
                query = urllib.parse.urlencode({"query": f"{name}{{{selector}}}", "nocache": 1, "time": at})
                answer = json.loads(interchange.fetch(f"{self.url}/api/v1/query?{query}"))
                [row] = answer["data"]["result"]
                self.assertTrue(math.isclose(float(row["value"][1]), metric["summary"]["value"], rel_tol=SAME))


class FakeStore(http.server.ThreadingHTTPServer):
    """Answers with the next of `answers`, then 204; keeps what it got."""

    def __init__(self, port=0):
        self.got, self.answers, self.meanwhile = [], [], None
        super().__init__(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=[0.02], daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.got.append((time.monotonic(), self.path, dict(self.headers), body.decode()))
        if server.meanwhile:
            server.meanwhile()
        status, headers, text = server.answers.pop(0) if server.answers else (204, {}, b"")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(text)

    do_GET = do_POST

    def log_message(self, *_):
        pass


class Faked(Pushes):
    def setUp(self):
        super().setUp()
        self.server = FakeStore()
        self.addCleanup(lambda: self.server.close())
        self.run_document = moved(documents.empty()[0], 1, 0)
        self.id = self.add(self.run_document)

    def answer(self, *answers):
        self.server.answers = [answer if isinstance(answer, tuple) else (answer, {}, b"") for answer in answers]

    def bodies(self):
        return [body for _, _, _, body in self.server.got]

    def restart(self):
        port = self.server.server_port
        self.server.close()
        return lambda: setattr(self, "server", FakeStore(port))


class Away(Faked):
    def test_tries_again_until_it_is_taken(self):
        self.answer(503, 500, 204)
        self.assertIn("Sent 1 run", self.push(self.server.url + "/insert/0/prometheus/"))
        self.assertEqual(len(self.server.got), 3)
        self.assertEqual(len(set(self.bodies())), 1, "the same samples with the same times")
        self.assertEqual({path for _, path, _, _ in self.server.got}, {"/insert/0/prometheus" + IMPORT})
        self.assertEqual(self.spooled(), [])

    def test_waits_as_long_as_it_is_told(self):
        self.answer((429, {"Retry-After": "1"}, b"slow down"), 204)
        self.push(self.server.url)
        first, second = [at for at, _, _, _ in self.server.got]
        self.assertGreaterEqual(second - first, 0.99)

    def test_does_not_wait_for_an_hour(self):
        self.answer((503, {"Retry-After": "3600"}, b"come back\x1b[31m"))
        said = self.push(self.server.url, code=1)
        self.assertIn("503: come back?[31m; 1 run is in", said)
        self.assertEqual((len(self.server.got), len(self.spooled())), (1, 1))

    def test_what_could_not_go_goes_first_and_once(self):
        again = self.restart()
        self.assertIn("1 run is in", self.push(self.server.url, "--attempts=2", code=1))
        self.assertIn("1 run is in", self.push(self.server.url, "--attempts=2", code=1))
        self.add(moved(self.run_document, 2, 7))
        self.assertIn("2 runs are in", self.push(self.server.url, "--attempts=1", code=1))
        self.assertEqual(len(self.spooled()), 2)
        self.assertEqual((self.store / "spool").stat().st_mode & 0o777, 0o700)
        (self.store / "spool" / f".{self.spooled()[0]}.1-0").write_text("half of a file")
        (self.store / "spool" / "0123456789abcdef-00000000000000000000-another.prom").write_text("another target's")
        again()
        self.add(moved(self.run_document, 3, 14))
        self.assertIn("Sent 3 runs", self.push(self.server.url))
        times = [re.search(r" (\d+)$", body.strip())[1] for body in self.bodies()]
        self.assertEqual(times, ["1768921200000", "1768921207000", "1768921214000"])
        self.assertEqual(len(self.spooled()), 2, "what is not of this target stays")
        self.assertIn("Sent 1 run", self.push(self.server.url))
        self.assertEqual(self.bodies()[3], self.bodies()[2])

    def test_goes_on_with_what_is_spooled_when_no_run_is_left(self):
        again = self.restart()
        self.push(self.server.url, "--attempts=1", code=1)
        (self.store / f"{self.id}.json").unlink()
        again()
        self.assertIn("Sent 1 run", self.push(self.server.url))
        self.assertIn("no run is stored", self.push(self.server.url, code=1))

    def test_stops_when_nothing_will_be_taken(self):
        other = FakeStore()
        self.addCleanup(other.close)
        for answer, said in ((401, "wants a token"), (403, "wants a token"), (404, "answers 404"),
                             ((307, {"Location": other.url + IMPORT}, b""), "leads elsewhere")):
            with self.subTest(answer=answer):
                self.server.got.clear()
                self.answer(answer)
                self.assertIn(said, self.push(self.server.url, code=1))
                self.assertEqual((len(self.server.got), self.spooled(), other.got), (1, [], []))

    def test_one_bad_run_does_not_block_the_others(self):
        more = [self.add(moved(self.run_document, i, i)) for i in (2, 3)]
        self.answer(204, (400, {}, b"cannot parse"), 204)
        self.assertIn("1 of 3 runs were not taken", self.push(self.server.url, self.id, *more, code=1))
        self.assertEqual((len(self.server.got), self.spooled()), (3, []))

    def test_an_answer_without_end_or_with_none_is_left(self):
        self.answer((200, {}, b"x" * (4 << 20)))
        self.push(self.server.url, code=1)
        stop = threading.Event()
        self.server.meanwhile = lambda: stop.wait(30)
        self.addCleanup(stop.set)
        self.assertIn("cannot be reached", self.push(self.server.url, "--timeout=200ms", "--attempts=2", code=1))
        stop.set()
        self.assertEqual(len(self.spooled()), 1)

    def test_is_interrupted(self):
        self.answer(*[503] * 50)
        process = subprocess.Popen([suite.BIN / "seatrial", "push", self.server.url, "--store", self.store,
                                    "--pause=60s"], stderr=subprocess.PIPE, text=True, env=self.environment())
        while not self.server.got:
            time.sleep(0.02)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[1]
        self.assertEqual(process.returncode, 130)
        self.assertIn("interrupted; 1 run is in", said)
        self.assertEqual(len(self.spooled()), 1)

    def test_the_spool_is_bounded(self):
        spool = self.store / "spool"
        spool.mkdir()
        for i in range(1000):
            (spool / f"0123456789abcdef-{i:020}-x.prom").touch()
        again = self.restart()
        self.assertIn("is full (1000 runs)", self.push(self.server.url, "--attempts=1", code=1))
        self.assertEqual(len(self.spooled()), 1000)
        again()
        self.push(self.server.url)

    def test_bad_command_lines(self):
        for url in ("localhost:8428", "ftp://localhost", "http://u:pass-word@localhost", "https://h/?a=pass-word",
                    "https://h/#pass-word", "", "http://", "http://[", "http://u@", "http://h/" + "x" * 2000):
            with self.subTest(url=url):
                self.assertNotIn("pass-word", self.push(url, code=2))
        self.assertIn("URL", suite.program("seatrial", "push").stderr)


class Token(Faked):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "token"
        self.file.write_text(TOKEN + "\n")
        self.file.chmod(0o600)

    def authorizations(self):
        return [headers.get("Authorization") for _, _, headers, _ in self.server.got]

    def test_is_sent_and_shown_to_nobody_else(self):
        seen = []

        def look():
            for name in ("cmdline", "environ"):
                seen.append((Path("/proc") / str(process.pid) / name).read_bytes())

        self.server.meanwhile = look
        for words, environment in ((["--token-file", self.file], self.environment()),
                                   ([], self.environment(SEATRIAL_TOKEN=TOKEN))):
            process = subprocess.Popen([suite.BIN / "seatrial", "push", self.server.url, "--store", self.store, *words],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
            said = b"".join(process.communicate(timeout=30))
            self.assertEqual(process.returncode, 0, said)
            seen.append(said)
        self.assertEqual(self.authorizations(), [f"Bearer {TOKEN}"] * 2)
        self.assertEqual(len(seen), 6)
        self.assertNotIn(TOKEN.encode(), b"".join(seen))
        self.server.meanwhile = None
        self.push(self.server.url)
        self.assertIsNone(self.authorizations()[2])

    def test_is_not_in_the_spool(self):
        again = self.restart()
        self.push(self.server.url, "--attempts=1", "--token-file", self.file, code=1)
        text = "".join((self.store / "spool" / name).read_text() for name in self.spooled())
        self.assertNotIn(TOKEN, text)
        again()
        self.answer(403)
        self.assertIn("another token", self.push(self.server.url, "--token-file", self.file, code=1))
        self.assertEqual(len(self.spooled()), 1)

    def test_of_others_or_of_odd_form_is_refused(self):
        self.file.chmod(0o640)
        self.assertIn("chmod 600", self.push(self.server.url, "--token-file", self.file, code=2))
        self.assertIn("cannot open", self.push(self.server.url, "--token-file", "/no/such", code=2))
        for text in ("", "two words", "line\r\nX-Evil: 1", "x" * 9000):
            self.file.write_text(text)
            self.file.chmod(0o600)
            self.push(self.server.url, "--token-file", self.file, code=2)
        self.assertEqual(self.server.got, [])

    def test_goes_over_https_or_nowhere_else(self):
        for host in ("192.0.2.1", "metrics.invalid", "127.0.0.1.invalid", "localhost.invalid"):
            said = self.push(f"http://{host}", "--token-file", self.file, code=2)
            self.assertIn("use https", said)

    def test_is_not_given_to_a_proxy(self):
        proxy = FakeStore()
        self.addCleanup(proxy.close)
        environment = self.environment(http_proxy=proxy.url, ALL_PROXY=proxy.url, NO_PROXY="")
        self.push(self.server.url, "--token-file", self.file, environment=environment)
        self.assertEqual((self.authorizations(), proxy.got), ([f"Bearer {TOKEN}"], []))
        self.push(self.server.url, environment=environment)
        self.assertEqual(len(proxy.got), 1, "without a token it is as for other programs")

    def test_certificates_are_verified(self):
        if not shutil.which("openssl"):
            self.skipTest("openssl is not installed")
        key, certificate = self.folder / "key.pem", self.folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-nodes", "-keyout", key, "-out", certificate, "-days", "30", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.close()
        self.server = FakeStore.__new__(FakeStore)
        self.server.got, self.server.answers, self.server.meanwhile = [], [], None
        http.server.ThreadingHTTPServer.__init__(self.server, ("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()
        url = f"https://localhost:{self.server.server_port}"
        words = ["--token-file", self.file]
        self.assertIn("certificate", self.push(url, *words, code=1))
        self.assertEqual((self.server.got, self.spooled()), ([], []))
        self.push(url, *words, "--ca-file", certificate)
        other = url.replace("localhost", "127.0.0.1")
        self.assertIn("subject name", self.push(other, *words, "--ca-file", certificate, code=1))
        self.assertEqual(self.authorizations(), [f"Bearer {TOKEN}"])


if __name__ == "__main__":
    suite.main()
