"""The ways between nodes in a distribution's kernel, which has WireGuard: its function, not its figures.

A guest kernel (guest.py) has none. This is Debian's for clouds, unpacked from its package and never
installed, in a machine that qemu makes of software alone, with nothing but an initial RAM file system of the
programs under test and of the tools that they need.
"""
import os
import platform
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import guest

suite = guest.suite

QEMU, BUSYBOX = "qemu-system-x86_64", "busybox"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# Where apt-get keeps what it downloads.
PACKAGES = Path("/var/cache/apt/archives")
MODULES = ("veth", "wireguard")
PATHS = (1400, 1500)
SECONDS = 240

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH={path}
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm
ln -s /proc/self/fd/0 /dev/stdin
for module in /modules/*; do insmod $module; done
ip link set lo up
stty -F /dev/ttyS1 raw
echo booted
run()
{{
	name=$1
	shift
	"$@" >/tmp/document && {{ echo "== $name"; cat /tmp/document; }} >/dev/ttyS1
}}
run encap {bin}/seatrial-encap --preset=quick --family=ipv4,ipv6 --test=stream,rr --blocks=1 --slice=50ms
for path in {paths}; do run search.$path {bin}/seatrial-mtu --test=search --path-mtu=$path; done
sync
poweroff -f
"""


def need(tool):
    found = shutil.which(tool, path=PATH)
    if not found:
        raise unittest.SkipTest(f"{tool} is not installed; scripts/setup --test does it")
    return found


def unpack(place):
    """Returns the directory of the newest kernel package's files."""
    packages = sorted(PACKAGES.glob("linux-image-*-cloud-amd64_*_amd64.deb"), key=os.path.getmtime)
    packages = [package for package in packages if re.match(r"linux-image-\d", package.name)]
    if not packages:
        raise unittest.SkipTest(f"no package linux-image-*-cloud-amd64 in {PACKAGES}; scripts/setup --test fetches it")
    subprocess.run(["dpkg-deb", "-x", packages[-1], place], check=True)
    return place


def copy(root, path):
    to = root / str(path).lstrip("/")
    to.parent.mkdir(parents=True, exist_ok=True)
    if not to.exists():
        shutil.copy(path, to)


def fill(root, kernel):
    """Makes the guest's file system of programs with their libraries, and of modules in the order of their
    loading."""
    release = next((kernel / "lib/modules").iterdir()).name
    for name in ("bin", "dev", "proc", "sys", "run", "tmp", "modules"):
        (root / name).mkdir(parents=True)
    for program in (suite.BIN / "seatrial-encap", suite.BIN / "seatrial-mtu",
                    *map(need, ("ip", "bridge", "ethtool", "wg"))):
        copy(root, program)
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(?:^|\s)(/\S+)", listed):
            copy(root, library)
    shutil.copy(need(BUSYBOX), root / "bin/busybox")
    copy(root, "/etc/os-release")
    subprocess.run([need("depmod"), "-b", kernel, release], check=True)
    order = subprocess.run([need("modprobe"), "-d", kernel, "-S", release, "--show-depends", "--all", *MODULES],
                           capture_output=True, text=True, check=True).stdout
    for number, module in enumerate(dict.fromkeys(re.findall(r"^insmod (\S+)", order, re.MULTILINE))):
        shutil.copy(module, root / f"modules/{number:02}-{Path(module).name}")
    # By which a program knows what the kernel has.
    builtin = f"lib/modules/{release}/modules.builtin"
    (root / builtin).parent.mkdir(parents=True)
    shutil.copy(kernel / builtin, root / builtin)
    init = root / "init"
    init.write_text(INIT.format(path=PATH, bin=suite.BIN, paths=" ".join(map(str, PATHS))))
    init.chmod(0o755)


def run():
    """Returns name -> document."""
    if platform.machine() != "x86_64":
        raise unittest.SkipTest(f"this machine is {platform.machine()}, and the kernel's package is x86_64's")
    qemu = need(QEMU)
    need("cpio")
    with tempfile.TemporaryDirectory("", "guest.", suite.BIN.parent, ignore_cleanup_errors=True) as name:
        place = Path(name)
        kernel, root = unpack(place / "kernel"), place / "root"
        fill(root, kernel)
        names = subprocess.run(["find", "."], cwd=root, capture_output=True, check=True).stdout
        with open(place / "initrd", "wb") as out:
            subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input=names, cwd=root, stdout=out, check=True)
        console, late = guest.boot(
            place, SECONDS, qemu, "-accel", "tcg", "-m", "512", "-nodefaults", "-no-user-config", "-no-reboot",
            "-display", "none", "-kernel", next((kernel / "boot").glob("vmlinuz-*")), "-initrd", place / "initrd",
            "-append", "console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable", "-serial", "stdio", "-serial", f"file:{place}/documents")
        documents = place / "documents"
        text = documents.read_text() if documents.exists() else ""
    parts = re.split(r"^== (\S+)\n", text, flags=re.MULTILINE)[1:]
    if late or len(parts) != 2 * (1 + len(PATHS)):
        raise AssertionError(f"the guest {'did not end' if late else 'failed'}: {console[-2000:]}")
    return {name: suite.validate(suite.parse(text)) for name, text in zip(parts[::2], parts[1::2])}


class WireGuard(guest.Test):
    def run_guest(self):
        return run()

    def test_it_carries_each_family(self):
        document = self.results["encap"]
        self.assertEqual(document["status"], "complete")
        for name in ("stream.throughput", "rr.latency.p50"):
            found = {(metric["labels"]["encap"], metric["labels"]["family"]): metric["summary"]["value"]
                     for metric in document["metrics"] if metric["name"] == name}
            self.assertEqual(set(found), {(way, family) for way in ("native", "wireguard")
                                          for family in ("ipv4", "ipv6")})
            self.assertGreater(min(found.values()), 0)

    def test_what_the_headers_take_is_found_by_sending(self):
        """IPv4 20, UDP 8, WireGuard 32; 1400 less 60 is no multiple of the 16 bytes that it fills up to."""
        for path in PATHS:
            found = {fact["id"]: fact for fact in self.results[f"search.{path}"]["facts"]}
            self.assertEqual(found["mtu.native"]["value"], path)
            self.assertEqual(found["mtu.wireguard"]["value"], path - 60, found["mtu.wireguard"]["why"])
            self.assertEqual(found["mtu.wireguard"]["status"], "pass")


if __name__ == "__main__":
    suite.main()
