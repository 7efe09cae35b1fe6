"""What `cmake --install` and the Debian package bring, and that it works from where it lies."""
import gzip
import hashlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

from suite import BIN, SOURCE, main, parse, validate

BUILD = BIN.parent
PROGRAMS = sorted(path.name for path in BIN.glob("seatrial*") if not path.name.endswith("_test"))
SANITIZED = "SEATRIAL_SANITIZE:BOOL=ON" in (BUILD / "CMakeCache.txt").read_text()


def run(*argv, **keywords):
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, **keywords)
    if done.returncode:
        raise AssertionError(f"{argv} exited {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def files(root):
    return {str(path.relative_to(root)) for path in Path(root).rglob("*") if not path.is_dir()}


def expected(zsh="site-functions", compressed=""):
    share = {f"share/seatrial/profiles/{path.name}" for path in (SOURCE / "harness" / "profiles").glob("*.json")}
    share |= {f"share/seatrial/schema/{path.name}" for path in (SOURCE / "results" / "schema").glob("*.json")}
    for name in PROGRAMS:
        share |= {f"bin/{name}", f"share/man/man1/{name}.1{compressed}", f"share/zsh/{zsh}/_{name}",
                  f"share/bash-completion/completions/{name}", f"share/fish/vendor_completions.d/{name}.fish"}
    return share


class Scratch(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = Path(scratch.name)

    def works(self, root):
        """The programs find what they need beside themselves."""
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.directory), "TERM": "dumb"}
        for name in PROGRAMS:
            self.assertIn("Usage:", run(root / "bin" / name, "--help", env=environment))
        listed = run(root / "bin" / "seatrial", "list", env=environment)
        for name in PROGRAMS:
            if name != "seatrial":
                self.assertIn(name.removeprefix("seatrial-"), listed)
        doctor = subprocess.run([root / "bin" / "seatrial", "doctor"], env=environment, capture_output=True, text=True)
        for path in (SOURCE / "harness" / "profiles").glob("*.json"):
            self.assertIn(f"profile {path.stem}", doctor.stdout)
        document = run(root / "bin" / "seatrial-null", "--duration=1ms", "--repetitions=1", env=environment)
        self.assertEqual(validate(parse(document))["status"], "complete")


class Install(Scratch):
    def test_below_a_prefix(self):
        run("cmake", "--install", BUILD, "--prefix", self.directory / "prefix")
        prefix = self.directory / "prefix"
        self.assertEqual(files(prefix), expected() | {"share/doc/seatrial/LICENSE"})
        self.works(prefix)

    def test_below_destdir(self):
        run("cmake", "--install", BUILD, "--prefix", "/opt/trial", env=dict(os.environ, DESTDIR=str(self.directory)))
        self.assertEqual(files(self.directory),
                         {f"opt/trial/{path}" for path in expected() | {"share/doc/seatrial/LICENSE"}})
        for path in self.directory.rglob("*"):
            wanted = 0o755 if path.is_dir() or path.parent.name == "bin" else 0o644
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), wanted, path)


class Debian(Scratch):
    def setUp(self):
        super().setUp()
        for program in ("cpack", "dpkg-deb", "dpkg-shlibdeps"):
            if not shutil.which(program):
                self.skipTest(f"{program} is not installed")

    def build(self, folder="deb"):
        run("cpack", "-G", "DEB", "-B", self.directory / folder, "--config", BUILD / "CPackConfig.cmake",
            env=dict(os.environ, SOURCE_DATE_EPOCH="1767225600"))
        packages = list((self.directory / folder).glob("*.deb"))
        self.assertEqual(len(packages), 1)
        return packages[0]

    def test_contents(self):
        package = self.build()
        root = self.directory / "root"
        run("dpkg-deb", "-x", package, root)
        documents = {"share/doc/seatrial/copyright", "share/doc/seatrial/changelog.gz"}
        self.assertEqual(files(root), {f"usr/{path}" for path in expected("vendor-completions", ".gz") | documents})
        self.works(root / "usr")
        for line in run("dpkg-deb", "-c", package).splitlines():
            mode, owner, *_ = line.split()
            self.assertEqual(owner, "root/root")
            self.assertIn(mode, ("drwxr-xr-x", "-rwxr-xr-x") if "/bin/" in line or mode[0] == "d" else ("-rw-r--r--",))
        for page in root.glob("usr/share/man/man1/*.gz"):
            self.assertTrue(gzip.decompress(page.read_bytes()).startswith(b".TH SEATRIAL"))

        run("dpkg-deb", "-e", package, self.directory / "control")
        sums = dict(reversed(line.split(None, 1)) for line in
                    (self.directory / "control" / "md5sums").read_text().splitlines())
        self.assertEqual(sums, {path: hashlib.md5((root / path).read_bytes()).hexdigest() for path in files(root)})

    def test_control_fields(self):
        package = self.build()

        def field(name):
            return run("dpkg-deb", "-f", package, name).strip()

        self.assertEqual(field("Package"), "seatrial")
        self.assertEqual(field("Section"), "utils")
        self.assertEqual(field("Recommends"), "gnuplot-nox | gnuplot, iproute2, ethtool, nftables, iptables, ipset, ipvsadm")
        self.assertEqual(field("Maintainer"), "seatrial authors <maintainers@seatrial.example>")
        for library in ("libc6", "libjansson4", "liburing2", "zlib1g", "libsqlite3-0", "libcurl4"):
            self.assertRegex(field("Depends"), rf"(^|, ){library} \(>= ")
        newest = re.match(r"seatrial \(([^)]+)\)", (SOURCE / "cmake" / "debian" / "changelog").read_text())
        self.assertEqual(field("Version"), newest[1], "the changelog's newest entry is another version")

    def test_same_input_gives_the_same_package(self):
        self.assertEqual(self.build("one").read_bytes(), self.build("two").read_bytes())

    def test_lintian(self):
        if not shutil.which("lintian"):
            self.skipTest("lintian is not installed")
        if SANITIZED:
            self.skipTest("a build with sanitizers is not one to package")
        done = subprocess.run(["lintian", "--fail-on", "error,warning", str(self.build())], capture_output=True,
                              text=True)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)


if __name__ == "__main__":
    main()
