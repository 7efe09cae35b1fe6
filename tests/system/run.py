"""The harness with the real programs, and what becomes of a run when the store, the disk or the user says no."""
import contextlib
import fcntl
import json
import os
import pty
import re
import resource
import select
import signal
import sqlite3
import stat
import struct
import subprocess
import tempfile
import termios
import time
import unittest
from pathlib import Path

import fakes
import suite


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.store = self.folder / "store"

    def run_null(self, *more, code=4, **keywords):
        """A run of the cheapest real bench. No profile asks for it, so that the evidence is never enough."""
        done = suite.program("seatrial", "run", "--quick", "--only=null", "--store", self.store, *more, **keywords)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def files(self, store=None):
        """All but the index of runs."""
        return sorted(path for path in (store or self.store).glob("[!.]*") if path.name != "index.sqlite")

    def documents(self):
        return [suite.validate(suite.parse(path.read_text())) for path in self.files()]

    def seatrial(self, command, *more, **keywords):
        return suite.program("seatrial", command, *more, "--store", self.store, **keywords)


class Real(Case):
    def test_documents_are_valid_and_agree(self):
        out = self.folder / "run.json"
        done = self.run_null("--json", "--seed=42", "--label=a label", "--out", out)
        verdict, (run,) = suite.validate(suite.parse(done.stdout)), self.documents()
        self.assertEqual(done.stderr, "")
        self.assertEqual((verdict["run"], verdict["overall"]), (run["id"], "not enough evidence"))
        self.assertEqual((run["state"], run["seed"], run["label"], run["notes"]), ("complete", 42, "a label", []))
        result, = run["results"]
        self.assertEqual((result["bench"]["name"], result["status"], result["seed"], result["preset"]),
                         ("null", "complete", 42, "quick"))
        self.assertEqual(suite.parse(out.read_text()), run)
        self.assertEqual(run["host"]["id"], result["host"]["id"])

    def test_every_bench_describes_itself(self):
        done = suite.program("seatrial", "list", "--json")
        listed = {suite.validate(bench)["name"] for bench in suite.parse(done.stdout)}
        built = {path.name.removeprefix("seatrial-") for path in suite.BIN.glob("seatrial-*")}
        self.assertEqual((done.returncode, listed), (0, built))

    def test_profiles_are_found_beside_the_program(self):
        for name in ("control-plane", "worker", "etcd,ingress"):
            done = self.run_null("--json", "--profile", name)
            self.assertEqual([profile["name"] for profile in suite.parse(done.stdout)["profiles"]], name.split(","))

    def test_seed_is_chosen_and_recorded(self):
        self.run_null()
        self.run_null()
        seeds = [run["seed"] for run in self.documents()]
        self.assertEqual(len({seed for seed in seeds if seed > 0}), 2)

    def test_doctor(self):
        done = self.seatrial("doctor")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"(?m)^pass  benchmark null can run here$")
        self.assertEqual(self.files(), [])
        done = self.seatrial("doctor", "--profile-dir=/no/such")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"(?m)^FAIL  profiles: cannot find the directory /no/such")

    def test_explain(self):
        done = self.run_null("--explain", code=0)
        self.assertIn("null", done.stdout)
        self.assertFalse(self.store.exists())

    def test_limits_of_profiles_reach_the_bench(self):
        profile = json.loads((suite.SOURCE / "harness" / "profiles" / "etcd.json").read_text())
        one = next(item for item in profile["requirements"] if item["id"] == "etcd.log")
        profile.update(name="many", requirements=[{**one, "id": f"r{i}", "max": 0.01 + i / 1000} for i in range(99)])
        path = self.folder / "many.json"
        path.write_text(json.dumps(profile))
        for wanted in ("etcd", path):
            done = self.seatrial("run", "--explain", "--profile", wanted, "--dir", self.folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("until the limits are settled", done.stdout)

    def test_report(self):
        page = self.folder / "page.html"
        self.run_null("--report", page)
        self.assertIn("<html", page.read_text())
        again = self.seatrial("report", "-o", "-")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("<html", again.stdout)
        done = self.seatrial("report", "-o", self.folder / "no" / "page.html")
        self.assertEqual((done.returncode, done.stdout), (1, ""))

    def test_as_somebody_who_is_not_root(self):
        if os.geteuid() != 0:
            self.skipTest("already not root: every other test is this one")
        self.folder.chmod(0o777)
        try:
            self.run_null(user=65534, group=65534, extra_groups=[])
        except PermissionError as error:
            self.skipTest(f"the programs cannot be reached by another user: {error}")
        self.assertEqual([path.stat().st_uid for path in self.files()], [65534])


class Shown(Case):
    def setUp(self):
        super().setUp()
        self.run_null()
        self.run, = self.documents()

    def test_by_every_name(self):
        name = self.run["id"]
        for reference in ([], ["latest"], [name], [name[:-3]], [str(self.files()[0])]):
            with self.subTest(reference=reference):
                done = self.seatrial("show", *reference, "--document")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(suite.validate(suite.parse(done.stdout)), self.run)
        verdict = suite.validate(suite.parse(self.seatrial("show", "--json").stdout))
        self.assertEqual(verdict["run"], name)
        self.assertEqual(self.seatrial("show", "--exit-code").returncode, 4)
        self.assertIn(name, self.seatrial("show").stdout)

    def test_what_is_not_there(self):
        self.run_null()
        for reference in ("no-such", "2", "", "/no/such.json", "x" * 5000, "../store/x"):
            with self.subTest(reference=reference):
                done = self.seatrial("show", reference)
                self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (1, "", 1), done.stderr)

    def test_an_empty_store(self):
        self.store = self.folder / "none"
        self.assertIn("No run is stored", self.seatrial("runs").stdout)
        self.assertEqual(self.seatrial("runs", "--json").stdout, "[]\n")
        self.assertEqual(self.seatrial("show").returncode, 1)
        self.assertFalse(self.store.exists())

    def test_runs(self):
        self.run_null("--label=\x1b[31mred")
        entries = suite.parse(self.seatrial("runs", "--json").stdout)
        self.assertEqual([entry["id"] for entry in entries], sorted(path.stem for path in self.files()))
        self.assertEqual({entry["overall"] for entry in entries}, {"not enough evidence"})
        self.assertNotIn("\x1b", self.seatrial("runs").stdout)

    def test_hostile_files(self):
        """Each is refused in one clean line, at once and in little memory."""
        good = json.dumps(self.run)
        bad = {
            "empty": "", "garbage": "\x00\xff" * 99, "text": "hello", "null": "null", "list": "[]",
            "cut": good[:-10], "two": good + good, "deep": "[" * 1_000_000, "deep object": '{"a":' * 1_000_000,
            "newer": good.replace("seatrial.run/1", "seatrial.run/2"),
            "other": good.replace("seatrial.run/1", "seatrial.verdict/1"),
            "twice": good.replace('"state"', '"state": "running", "state"'),
            "escapes": good.replace("seatrial.run/1", "\\u001b[31mx\\u202e"),
            "no results": json.dumps({key: value for key, value in self.run.items() if key != "results"}),
            "id is a path": good.replace(self.run["id"], "../../../../etc/passwd"),
            "many": "[" + "0," * 3_000_000 + "0]", "nan": good.replace('"repeat": 1', '"repeat": NaN'),
        }
        for name, text in bad.items():
            with self.subTest(name):
                path = self.folder / "bad.json"
                path.write_text(text)
                done = self.seatrial("show", path, preexec_fn=lambda: limit_memory(512 << 20))
                self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (1, "", 1), done.stderr)
                self.assertFalse(set(done.stderr) & set("\x1b\x00\u202e"), done.stderr)

    def test_a_recommendation_is_worth_knowing_and_other_facts_are_not(self):
        self.run["results"][0]["facts"] += [
            {"id": name, "topic": "Services", "title": "Mode for kube-proxy", "status": "info", "value": value,
             "why": "It costs\x1b[31m least."} for name, value in
            (("service.recommendation", "nftables"), ("service.reach.ipvs", "far"), (".recommendation", "none"))]
        path = self.folder / "advised.json"
        path.write_text(json.dumps(self.run))
        shown = " ".join(self.seatrial("show", path).stdout.split())
        self.assertIn("Worth knowing - null: Mode for kube-proxy: nftables. It costs", shown)
        self.assertEqual(shown.count("Mode for kube-proxy"), 1)
        self.assertNotIn("\x1b", shown)

    def test_files_that_are_none(self):
        fifo = self.folder / "fifo.json"
        os.mkfifo(fifo)
        huge = self.folder / "huge.json"
        with huge.open("wb") as file:
            file.truncate(1 << 40)
        for path in (fifo, huge, self.folder, Path("/dev/zero")):
            with self.subTest(path=path):
                done = self.seatrial("show", path, timeout=20)
                self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)

    def test_foreign_files_in_the_store_are_passed_over(self):
        for name in ("notes.txt", ".hidden", "20261123T025607Z-1a2b3c4d.json.bak", "zzz.json", ".x.json.1-0"):
            (self.store / name).write_text("not a run")
        broken = self.store / "20990101T000000Z-00000000.json"
        broken.write_text("{")
        done = self.seatrial("runs")
        self.assertEqual(done.returncode, 0)
        self.assertIn("20990101T000000Z-00000000", done.stdout)
        self.assertIn("Cannot be read", done.stdout)
        self.assertIn(self.run["id"], done.stdout)


def limit_memory(size):
    """Not for programs with sanitizers, which reserve terabytes."""
    if b"__asan_init" not in (suite.BIN / "seatrial").read_bytes():
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))


class Store(Case):
    def test_runs_at_the_same_time_do_not_meet(self):
        processes = [subprocess.Popen([suite.BIN / "seatrial", "run", "--quick", "--only=null", "--quiet", "--store",
                                       self.store], stdin=subprocess.DEVNULL) for _ in range(8)]
        self.assertEqual([process.wait(timeout=120) for process in processes], [4] * 8)
        runs = self.documents()
        self.assertEqual(len({run["id"] for run in runs}), 8)
        self.assertEqual({run["state"] for run in runs}, {"complete"})
        self.assertEqual([name for name in os.listdir(self.store) if name.startswith(".")], [])

    def test_is_where_xdg_says(self):
        base = {key: value for key, value in os.environ.items() if key not in ("HOME", "XDG_DATA_HOME")}
        home, data = self.folder / "home", self.folder / "data"
        home.mkdir()
        for environment, place in (({"HOME": home, "XDG_DATA_HOME": data}, data),
                                   ({"HOME": home, "XDG_DATA_HOME": "relative/ignored"}, home / ".local/share"),
                                   ({"HOME": home, "XDG_DATA_HOME": ""}, home / ".local/share")):
            with self.subTest(environment=environment):
                done = suite.program("seatrial", "run", "--quick", "--only=null", env=base | environment)
                self.assertEqual(done.returncode, 4, done.stderr)
                store = place / "seatrial/results"
                self.assertGreaterEqual(len(self.files(store)), 1)
                self.assertEqual(stat.S_IMODE(store.stat().st_mode), 0o700)

    def test_without_a_home(self):
        """Falls back to the home of the user database, and when that is no place either, says what to do."""
        base = {key: value for key, value in os.environ.items() if key not in ("HOME", "XDG_DATA_HOME")}
        if os.geteuid() != 0:
            self.skipTest("needs root, to become a user without a home")
        done = suite.program("seatrial", "run", "--quick", "--only=null", env=base, user=65534, group=65534,
                             extra_groups=[])
        self.assertEqual(done.returncode, 1)
        self.assertIn("--store", done.stderr)

    def test_respects_the_umask(self):
        for mask, mode in ((0o077, 0o600), (0o022, 0o644), (0o002, 0o664)):
            store = self.folder / f"store-{mask}"
            done = suite.program("seatrial", "run", "--quick", "--only=null", "--store", store, umask=mask)
            self.assertEqual(done.returncode, 4, done.stderr)
            self.assertEqual([stat.S_IMODE(path.stat().st_mode) for path in self.files(store)], [mode])

    def test_names_no_host(self):
        self.run_null()
        text = self.files()[0].read_text()
        name = os.uname().nodename
        if len(name) > 5:
            self.assertNotIn(name, text + str(self.files()))

    def refused_at_once(self, store):
        done = suite.program("seatrial", "run", "--quick", "--only=null", "--store", store)
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (1, "", 1), done.stderr)
        self.assertIn("Nothing was measured", done.stderr)

    def test_that_cannot_be_written_is_refused_before_measuring(self):
        plain = self.folder / "file"
        plain.write_text("")
        for store in (plain, plain / "below", "/proc/none", "/dev/null"):
            with self.subTest(store=store):
                self.refused_at_once(store)

    def test_that_cannot_be_written_does_not_matter_with_out(self):
        out = self.folder / "run.json"
        done = suite.program("seatrial", "run", "--quick", "--only=null", "--store", "/proc/none", "--out", out)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("will only be in", done.stderr)
        suite.validate(suite.parse(out.read_text()))

    def test_what_is_stored_is_in_the_index(self):
        for runs in (1, 2):
            self.run_null("--quiet")
            with contextlib.closing(sqlite3.connect(self.store / "index.sqlite")) as database:
                rows = database.execute("SELECT id, size, problem FROM run ORDER BY id").fetchall()
            self.assertEqual(rows, [(path.stem, path.stat().st_size, None) for path in self.files()])
            self.assertEqual(len(rows), runs)

    def test_an_index_that_cannot_be_written_does_not_matter(self):
        index = self.store / "index.sqlite"
        index.mkdir(parents=True)
        self.assertEqual(self.run_null("--quiet").stderr, "")
        index.rmdir()
        index.symlink_to(self.folder / "elsewhere")
        self.assertEqual(self.run_null("--quiet").stderr, "")
        self.assertFalse((self.folder / "elsewhere").exists())
        self.assertEqual(len(self.files()), 2)

    def test_no_index_is_made_for_another_user(self):
        if os.geteuid() != 0:
            self.skipTest("only root writes to the store of another user")
        self.store.mkdir(exist_ok=True)
        os.chown(self.store, 65534, 65534)
        self.run_null("--quiet")
        self.assertEqual(len(self.files()), 1)
        self.assertFalse((self.store / "index.sqlite").exists())

    def test_no_store(self):
        out = self.folder / "run.json"
        self.run_null("--no-store", "--out", out)
        suite.validate(suite.parse(out.read_text()))
        self.assertFalse(self.store.exists())

    def test_out_on_standard_output(self):
        done = self.run_null("--no-store", "--out=-")
        suite.validate(suite.parse(done.stdout))
        self.assertIn("Not enough evidence", done.stderr)
        self.assertNotIn("The document is in", done.stderr)

    def test_report_on_standard_output(self):
        done = self.run_null("--report=-")
        self.assertRegex(done.stdout, r"(?s)\A<!DOCTYPE html>.*</html>\n\Z")
        self.assertIn("Not enough evidence", done.stderr)
        self.assertNotIn("The report is in", done.stderr)

    def test_an_output_that_fails_is_not_said_to_be_there(self):
        for option in ("--out", "--report"):
            with self.subTest(option=option):
                done = self.run_null(f"{option}=/dev/full", code=1)
                self.assertIn("cannot write /dev/full: No space left on device", done.stderr)
                self.assertNotIn("/dev/full", done.stdout)

    def test_outputs_are_tried_before_measuring(self):
        for option in ("--out", "--report"):
            for path in (self.folder, self.folder / "no" / "such"):
                with self.subTest(option=option, path=path):
                    done = self.run_null(f"{option}={path}", code=1)
                    self.assertEqual((done.stdout, done.stderr.count("\n")), ("", 1), done.stderr)
                    self.assertFalse(self.store.exists())

    def test_a_full_standard_output(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([suite.BIN / "seatrial", "run", "--quick", "--only=null", "--store", self.store],
                                  stdout=full, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output", done.stderr)
        self.assertEqual(len(self.documents()), 1)


@unittest.skipUnless(os.geteuid() == 0, "needs root, to mount a file system of its own")
class FullDisk(Case):
    """A store on a small tmpfs that only the harness sees."""

    def mounted(self, script, size="64k"):
        """Runs a shell script with a tmpfs on $STORE, in a mount namespace of its own."""
        self.store.mkdir()
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o size={size} none "$STORE" || exit 99\n{script}'],
            env=os.environ | {"STORE": str(self.store), "SEATRIAL": str(suite.BIN / "seatrial"),
                              "OUT": str(self.folder / "out.json")},
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
        if done.returncode == 99 or "unshare failed" in done.stderr:
            self.skipTest(f"no mount namespace here: {done.stderr.strip()}")
        return done

    def test_before_the_run(self):
        done = self.mounted('dd if=/dev/zero of="$STORE/x" bs=4k 2>/dev/null\n'
                            'exec "$SEATRIAL" run --quick --only=null --store "$STORE"')
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertIn("No space left", done.stderr)

    def fill(self, more):
        with fakes.Benches() as benches:
            benches.add("a", "open(os.environ['STORE'] + '/x', 'wb', 0).write(bytes(1 << 20))\nprint(doc)")
            benches.add("b")
            profile = benches.profile("a", "b")
            return self.mounted(f'exec "$SEATRIAL" run --quick --bench-dir {benches.path} --profile {profile} '
                                f'--store "$STORE" {more}')

    def test_during_the_run_gives_the_document_on_standard_output(self):
        done = self.fill("")
        self.assertEqual(done.returncode, 1)
        run = suite.validate(suite.parse(done.stdout))
        self.assertEqual((run["state"], len(run["results"])), ("complete", 2))
        self.assertIn("No space left", done.stderr)
        self.assertIn("Suitable", done.stderr)

    def test_during_the_run_does_not_matter_with_out(self):
        done = self.fill('--out "$OUT"')
        self.assertEqual(done.returncode, 0, done.stderr)
        run = suite.validate(suite.parse((self.folder / "out.json").read_text()))
        self.assertEqual(len(run["results"]), 2)

    def test_leaves_the_last_good_document(self):
        """What is stored when there is no room for the next state is the state before, whole."""
        script = ('"$SEATRIAL" run --quick --bench-dir {0} --profile {1} --store "$STORE" >/dev/null 2>&1\n'
                  'rm -f "$STORE/x"; exec "$SEATRIAL" show --document --store "$STORE"')
        with fakes.Benches() as benches:
            benches.add("a")
            benches.add("b", "open(os.environ['STORE'] + '/x', 'wb', 0).write(bytes(1 << 20))\nprint(doc)")
            done = self.mounted(script.format(benches.path, benches.profile("a", "b")))
        run = suite.validate(suite.parse(done.stdout))
        self.assertEqual((run["state"], len(run["results"])), ("running", 1))

    def test_read_only(self):
        done = self.mounted('mount -o remount,ro "$STORE"\n'
                            'exec "$SEATRIAL" run --quick --only=null --store "$STORE"')
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("Read-only", done.stderr)


class Interrupted(Case):
    """With a real bench that takes its time."""

    def start(self):
        process = subprocess.Popen([suite.BIN / "seatrial", "run", "--only=null", "--repeat=20", "--json", "--store",
                                    self.store], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.store.exists() and any(suite.parse(path.read_text())["results"] for path in self.files()):
                return process
            time.sleep(0.05)
        process.kill()
        self.fail("the first bench never ended")

    def test_keeps_what_was_measured(self):
        process = self.start()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        run, = self.documents()
        self.assertEqual((run["state"], suite.validate(suite.parse(out))["state"]), ("interrupted", "interrupted"))
        self.assertGreaterEqual(len(run["results"]), 1)
        self.assertLess(len(run["results"]), 20)
        self.assertEqual(run["results"][0]["status"], "complete")

    def test_by_sigkill(self):
        process = self.start()
        process.kill()
        process.communicate(timeout=60)
        run, = self.documents()
        self.assertEqual(run["state"], "running")
        self.assertEqual(self.seatrial("show").returncode, 0)


    def test_by_sigkill_leaves_no_file_on_the_disk_under_test(self):
        if not (suite.BIN / "seatrial-fsync").exists():
            self.skipTest("the fsync benchmark is not built")
        disk = self.folder / "disk"
        disk.mkdir()
        process = subprocess.Popen([suite.BIN / "seatrial", "run", "--quick", "--only=fsync", "--dir", disk, "--store",
                                    self.store], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.wait_until(lambda: list(disk.glob("*/*")), "the benchmark never wrote to the disk")
        process.kill()
        process.communicate(timeout=60)
        self.wait_until(lambda: not list(disk.iterdir()), "files were left on the disk")

    def wait_until(self, condition, otherwise):
        deadline = time.monotonic() + 60
        while not condition():
            if time.monotonic() > deadline:
                self.fail(otherwise)
            time.sleep(0.05)


class Terminal(Case):
    def on_terminal(self, *more, columns=100, **environment):
        """What a run prints on a terminal."""
        pid, fd = pty.fork()
        if pid == 0:
            os.environ.update({"TERM": "xterm", "LC_ALL": "C.UTF-8"} | environment)
            os.environ.pop("COLUMNS", None)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
            try:
                os.execv(suite.BIN / "seatrial", ["seatrial", "run", "--quick", "--only=null",
                                                  f"--store={self.store}", *more])
            finally:
                os._exit(127)
        output = b""
        while select.select([fd], [], [], 60)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:  # the other end is closed
                break
            if not data:
                break
            output += data
        _, status = os.waitpid(pid, 0)
        os.close(fd)
        self.assertEqual(os.waitstatus_to_exitcode(status), 4)
        return output.decode()

    def test_shows_progress_and_colour(self):
        text = self.on_terminal()
        self.assertRegex(text, r"\r\[1/1\] null: .* left in all\x1b\[K")
        self.assertIn("\x1b[33mNot enough evidence:\x1b[0m", text)

    def test_no_color(self):
        text = self.on_terminal(NO_COLOR="1")
        self.assertNotRegex(text, r"\x1b\[[0-9;]*m")
        self.assertIn("[1/1] null", text)

    def test_dumb(self):
        text = self.on_terminal(TERM="dumb")
        self.assertNotIn("\x1b", text)
        self.assertNotIn("[1/1]", text)

    def test_quiet(self):
        self.assertEqual(self.on_terminal("--quiet"), "")

    def test_wraps_to_the_width(self):
        for columns in (40, 60, 80, 120):
            lines = re.sub(r"\x1b\[[0-9;]*[mK]", "", self.on_terminal(columns=columns)).split("\n")
            longest = max((line.split("\r")[-1] if not line.endswith("\r") else line[:-1].split("\r")[-1]
                           for line in lines if "seatrial report" not in line and str(self.store) not in line), key=len)
            self.assertLessEqual(len(longest), columns)

    def test_progress_fits_a_window_narrower_than_text(self):
        lines = re.findall(r"\r(\[[^\x1b\n]*)\x1b\[K", self.on_terminal(columns=20))
        self.assertEqual({len(line) for line in lines}, {19}, lines)

    def test_only_progress_bytes_on_a_pipe(self):
        done = self.run_null(env=os.environ | {"TERM": "xterm"})
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        self.assertNotIn("\r", done.stdout + done.stderr)

    def test_ascii_in_the_c_locale(self):
        with fakes.Benches() as benches:
            benches.add("a", question="Größe in µs ≤ 5?")
            profile = benches.profile("a")
            for locale, encodable in (("C", "ascii"), ("C.UTF-8", "utf-8")):
                done = subprocess.run([suite.BIN / "seatrial", "run", "--quick", "--bench-dir", benches.path,
                                       "--profile", profile, "--store", self.store],
                                      capture_output=True, env=os.environ | {"LC_ALL": locale},
                                      stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, 0, done.stderr)
                text = (done.stdout + done.stderr).decode(encodable)
                self.assertIn("Gr??e in us <= 5?" if locale == "C" else "Größe in µs ≤ 5?", text)
                self.assertIn("+ met" if locale == "C" else "✓ met", text)


class Commands(unittest.TestCase):
    def test_unknown_ones_suggest(self):
        for wrong, meant in (("rnu", "run"), ("docter", "doctor"), ("reprot", "report"), ("lst", "list")):
            done = suite.program("seatrial", wrong)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(f'did you mean "{meant}"?', done.stderr)
        done = suite.program("seatrial", "wherefore\x1b[31m")
        self.assertEqual(done.returncode, 2)
        self.assertNotIn("\x1b", done.stderr)

    def test_none(self):
        done = suite.program("seatrial")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("Commands:", done.stderr)

    def test_version(self):
        self.assertRegex(suite.program("seatrial", "--version").stdout, r"^seatrial [0-9]+\.[0-9]+\.[0-9]+ \(\w+\)\n$")

    def test_completion(self):
        for shell in ("bash", "zsh", "fish"):
            self.assertIn("doctor", suite.program("seatrial", "completion", shell).stdout)
        self.assertEqual(suite.program("seatrial", "completion", "tcsh").returncode, 2)
        self.assertEqual(suite.program("seatrial", "completion").returncode, 2)

    def test_closed_standard_files(self):
        """A file opened on descriptor 1 or 2 would take what is meant for people."""
        with tempfile.TemporaryDirectory() as folder:
            command = f"exec '{suite.BIN}/seatrial' run --quick --only=null --store '{folder}' <&- >&- 2>&-"
            subprocess.run(["sh", "-c", command], check=False, timeout=60)
            run, = [suite.validate(suite.parse(path.read_text())) for path in Path(folder).glob("[!.]*.json")]
            self.assertEqual(run["state"], "complete")


if __name__ == "__main__":
    suite.main()
