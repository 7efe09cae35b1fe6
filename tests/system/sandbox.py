"""A place of their own for tests of what a program leaves behind: namespaces for network, mounts and
processes, with an empty /run and /tmp, so that what is looked at is nobody else's doing.
"""
import os
import subprocess
import sys
import unittest

import host_state
import suite

IN_SANDBOX = "SEATRIAL_IN_SANDBOX"
NETWORK = (host_state.links, host_state.rules, host_state.modules)


class Test(unittest.TestCase):
    """Whose end finds everything as its beginning left it."""

    def setUp(self):
        if not os.environ.get(IN_SANDBOX):
            self.skipTest(f"no sandbox can be made here: {os.environ.get('SANDBOX_REFUSED')}")
        self.before = host_state.snapshot()

    def tearDown(self):
        self.assertEqual(host_state.left_over(self.before), [])


def _enter():
    """Runs this script again in it, and sees that the machine itself stays as it is. Returns its status, or
    None where there can be none."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    sandbox = ["unshare", *user, "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
               "mount -t tmpfs tmpfs /run && mount -t sysfs sysfs /sys && ip link set lo up && "
               'case $1 in /tmp/*) ;; *) mount -t tmpfs tmpfs /tmp ;; esac && shift && exec "$@"', "sandbox", suite.BIN]
    refused = subprocess.run([*sandbox, "true"], capture_output=True, text=True, check=False)
    if refused.returncode:
        os.environ["SANDBOX_REFUSED"] = refused.stderr.strip()
        return None
    before = host_state.snapshot(NETWORK)
    done = subprocess.run([*sandbox, sys.executable, *sys.argv], check=False,
                          env={**os.environ, IN_SANDBOX: "1", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    left = host_state.left_over(before, NETWORK)
    for line in left:
        print(f"changed on the machine itself: {line}", file=sys.stderr)
    return done.returncode or bool(left)


def main():
    """Runs the tests of the calling file in a sandbox."""
    status = None if os.environ.get(IN_SANDBOX) else _enter()
    if status is not None:
        sys.exit(status)
    suite.main()
