"""What every program says of itself: help, manual page, completion, and its answer to a bad command line."""
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from suite import BIN, main, program

BENCHES = sorted(path.name for path in BIN.glob("seatrial-*"))
PROGRAMS = BENCHES + [name for name in ["seatrial"] if (BIN / name).exists()]
PRESETS = ["quick", "standard", "full"]

BAD_NUMBERS = [
    "", " ", "x", "-1", "+1", "-0", "1e3", "1e999", "0x10", "nan", "inf", "-inf", "1.", ".5", "1..5", "1,,2", ",1",
    "1,", "1 2", " 1", "1 ", "1\n", "1\t", "1;2", "1_000", "１", "1\x1b[31m", b"1\xff", "99999999999999999999",
    "9223372036854775808", "1Q", "1kk", "1%", "$(id)", "%s%n", "9" * 5000]
BAD_WORDS = ["", " ", "x", "quick ", "QUICK", "quick,", ",quick", "../quick", "\x1b[31m", b"\xff", "%s", "a" * 5000]


def rows(name):
    return json.loads(program(name, "--describe").stdout)["options"]


class Help(unittest.TestCase):
    def test_fits_80_columns_and_names_every_option(self):
        for name in PROGRAMS:
            with self.subTest(program=name):
                done = program(name, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertTrue(done.stdout.startswith(f"Usage: {name} "))
                self.assertEqual([line for line in done.stdout.splitlines() if len(line) > 80], [])
                self.assertIn("--help", done.stdout)
        for name in BENCHES:
            text = " ".join(program(name, "--help").stdout.split())
            for row in rows(name):
                shown = f"--{row['name']}" + (f"={row['argument']}" if "argument" in row else "")
                if shown not in text:  # a hidden one works all the same, but nothing shows it
                    self.assertNotIn(f"--{row['name']}", program(name, "--manual").stdout.replace("\\-", "-"))
                    continue
                for default in row.get("default", {}).values():
                    self.assertIn(default, text)
                for choice in row.get("choices", []):
                    self.assertIn(choice, text)

    def test_commands_have_help_of_their_own(self):
        if "seatrial" not in PROGRAMS:
            self.skipTest("the harness is not built")
        listed = re.search(r"\nCommands:\n((?:  .*\n)+)", program("seatrial", "--help").stdout)[1]
        commands = re.findall(r"^  ([a-z]+) ", listed, re.M)
        self.assertIn("run", commands)
        for command in commands:
            done = program("seatrial", command, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertTrue(done.stdout.startswith(f"Usage: seatrial {command} "))
            self.assertEqual([line for line in done.stdout.splitlines() if len(line) > 80], [])


class Manual(unittest.TestCase):
    def test_is_clean_and_complete(self):
        for name in PROGRAMS:
            with self.subTest(program=name):
                done = program(name, "--manual")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                sections = re.findall(r"^\.SH (.*)$", done.stdout, re.M)
                required = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "SEE ALSO"]
                self.assertEqual([title for title in sections if title in required], required)
                self.assertEqual(len(sections), len(set(sections)))
                self.assertNotRegex(done.stdout, r"(?m)^\.SH .*\n\.SH ", "an empty section")
                self.assertTrue(done.stdout.isascii())

    def test_has_no_complaint_of_mandoc(self):
        if not shutil.which("mandoc"):
            self.skipTest("mandoc is not installed")
        for name in PROGRAMS:
            with self.subTest(program=name):
                lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning"], input=program(name, "--manual").stdout,
                                      capture_output=True, text=True)
                self.assertEqual(lint.stdout + lint.stderr, "")

    def test_has_the_date_that_a_packager_gives(self):
        environment = dict(os.environ, SOURCE_DATE_EPOCH="86400")
        self.assertIn('"1970-01-02"', program(PROGRAMS[0], "--manual", env=environment).stdout)


class BadCommandLines(unittest.TestCase):
    """Beside --describe nothing is measured, so that a value wrongly accepted shows, and does no harm."""

    def refuses(self, name, *words):
        done = subprocess.run([BIN / name, "--describe", *words], capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=30)
        self.assertEqual((done.returncode, done.stdout), (2, b""), words)
        line = done.stderr.decode()
        self.assertTrue(line.startswith(f"{name}: ") and line.endswith("\n"), line)
        self.assertTrue(line[:-1].isprintable(), line)
        return line

    def test_values(self):
        for name in BENCHES:
            for row in rows(name) + [{"name": "preset", "type": "choice"}, {"name": "seed", "type": "count"}]:
                if row["type"] in ("text", "path", "flag"):
                    continue
                for value in BAD_WORDS if row["type"].startswith("choice") else BAD_NUMBERS:
                    value = value.encode() if isinstance(value, str) else value
                    with self.subTest(program=name, option=row["name"], value=value[:20]):
                        line = self.refuses(name, b"--" + row["name"].encode() + b"=" + value)
                        self.assertIn(f"--{row['name']}", line)

    def test_options(self):
        for name in BENCHES:
            for word in ("--nope", "--nope=1", "-?", "--=", "--pre=full", "--help=1", "operand", "--", "--\x1b[31m"):
                with self.subTest(program=name, word=word):
                    self.refuses(name, word, "x")
            for row in rows(name):
                with self.subTest(program=name, option=row["name"]):
                    if row["type"] != "flag":
                        self.assertIn("needs a value", self.refuses(name, f"--{row['name']}"))


class Shell:
    """An interactive shell on a terminal of its own: types words, presses Tab, and tells what stands there then."""

    def __init__(self, directory, *argv, setup):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe(argv[0], argv, {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(directory), "TERM": "dumb",
                                       "INPUTRC": "/dev/null", "LC_ALL": "C.UTF-8"})
        # Without brackets in it, so that the echo of a command is not taken for its output.
        self.run(setup + r"; PS1=$'\n$ '; printf '\133ready\135\n'", "ready")

    def run(self, typed, expected):
        """Types a line; returns what the first line that has [expected] in it says from there."""
        os.write(self.terminal, (typed + "\n").encode())
        seen, deadline = "", time.monotonic() + 60
        while time.monotonic() < deadline:
            if not select.select([self.terminal], [], [], 1)[0]:
                continue
            seen += os.read(self.terminal, 65536).decode(errors="replace")
            found = re.search(rf"(\[{re.escape(expected)}\][^\n]*)\n", seen)
            if found:
                return found[1].strip()
        raise AssertionError(f"the shell does not answer: {seen}")

    def complete(self, typed):
        """The words on the command line after Tab; an open word ends in '+'. zsh offers to go on with a list."""
        command = typed.split()[0]
        # A mark where the cursor is after Tab; Control-A, and a command before what stands there.
        answer = self.run(typed + "\t+\x01printf '\\133%s\\135' ", command)
        return re.findall(r"\[([^]]*)\]", answer.replace(",+", "+"))

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


class Completion(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.directory = Path(self.scratch.name)
        (self.directory / "a folder").mkdir()
        (self.directory / "a file").touch()

    def scripts(self, shell, pattern):
        if not shutil.which(shell):
            self.skipTest(f"{shell} is not installed")
        (self.directory / shell).mkdir()
        for name in PROGRAMS:
            done = program(name, "--completion", shell)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            (self.directory / shell / pattern.format(name)).write_text(done.stdout)

    def typing(self, shell):
        """What must come of it in any shell: (typed, expected words)."""
        for name in BENCHES:
            yield f"{name} --pres", [name, "--preset=+"]
            yield f"{name} --preset=q", [name, "--preset=quick", "+"]
            yield f"{name} --preset st", [name, "--preset", "standard", "+"]
            for row in rows(name):
                if f"--{row['name']}" not in program(name, "--help").stdout:
                    continue
                if row["type"] == "path":
                    yield f"{name} --{row['name']} a\\ fo", [name, f"--{row['name']}", "a folder/+"]
                if row["type"] == "choices":
                    first, last = row["choices"][0], row["choices"][-1]
                    stem = last[:-1]
                    if sum(choice.startswith(stem) for choice in row["choices"]) > 1:
                        stem = last
                    yield f"{name} --{row['name']} {first},{stem}", [name, f"--{row['name']}", f"{first},{last}+"]
        if "seatrial" in PROGRAMS:
            yield "seatrial repo", ["seatrial", "report", "+"]
            yield "seatrial run --hel", ["seatrial", "run", "--help", "+"]
            yield "seatrial expo", ["seatrial", "export", "+"]
            yield "seatrial push --tok", ["seatrial", "push", "--token-file=+"]
            yield "seatrial export --out a\\ fo", ["seatrial", "export", "--out", "a folder/+"]
            yield "seatrial --vers", ["seatrial", "--version", "+"]
            yield "seatrial run --profile wor", ["seatrial", "run", "--profile", "worker+"]
            yield "seatrial run --profile=etcd,ing", ["seatrial", "run", "--profile=etcd,ingress+"]
            yield "seatrial gate --profile wor", ["seatrial", "gate", "--profile", "worker+"]
            yield "seatrial gate --profile=etcd,ing", ["seatrial", "gate", "--profile=etcd,ingress+"]
            yield "seatrial compare --profile ./a\\ fi", ["seatrial", "compare", "--profile", "./a file", "+"]

    def types(self, shell, *argv, setup):
        session = Shell(self.directory, shell, *argv, setup=setup)
        self.addCleanup(session.close)
        for typed, expected in self.typing(shell):
            with self.subTest(typed=typed):
                self.assertEqual(session.complete(typed), expected)

    def test_bash(self):
        self.scripts("bash", "{}")
        self.types("bash", "--norc", "--noprofile", "-i", setup="for f in bash/*; do . $f; done")

    def test_bash_finds_them_with_bash_completion(self):
        library = Path("/usr/share/bash-completion/bash_completion")
        if not library.exists():
            self.skipTest("bash-completion is not installed")
        self.scripts("bash", "{}")
        (self.directory / "bash").rename(self.directory / "completions")
        self.types("bash", "--norc", "--noprofile", "-i",
                   setup=f"BASH_COMPLETION_USER_DIR=$PWD; . {library}")

    def test_bash_scripts_have_no_complaint_of_shellcheck(self):
        if not shutil.which("shellcheck"):
            self.skipTest("shellcheck is not installed")
        self.scripts("bash", "{}")
        done = subprocess.run(["shellcheck", "-s", "bash", *(self.directory / "bash").iterdir()], capture_output=True,
                              text=True)
        self.assertEqual(done.stdout + done.stderr, "")

    def test_zsh(self):
        self.scripts("zsh", "_{}")
        self.types("zsh", "-f", "-i", setup="bindkey -e; unsetopt PROMPT_SP; LISTMAX=0; fpath=($PWD/zsh $fpath); "
                   "autoload -Uz compinit; compinit -u -d $PWD/dump")

    def test_fish(self):
        self.scripts("fish", "{}.fish")
        script = "set -p fish_complete_path $PWD/fish; complete -C $argv[1]"
        for typed, expected in self.typing("fish"):
            with self.subTest(typed=typed):
                done = subprocess.run(["fish", "--no-config", "-c", script, typed], cwd=self.directory, text=True,
                                      capture_output=True, env=dict(os.environ, HOME=str(self.directory),
                                                               PATH=f"{BIN}:{os.environ['PATH']}"))
                offered = [line.split("\t")[0].replace("\\ ", " ") for line in done.stdout.splitlines()]
                wanted = [word for word in expected if word != "+"][-1].removesuffix("+")
                # An option that takes a value is offered with and without '='.
                self.assertIn(wanted.removesuffix("="), [word.removesuffix("=") for word in offered], done.stderr)

    def test_another_shell_is_refused(self):
        for name in PROGRAMS:
            done = program(name, "--completion", "csh")
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertRegex(done.stderr, "bash, zsh(,| or) fish")


if __name__ == "__main__":
    main()
