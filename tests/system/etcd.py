"""seatrial-fsync's mode etcd predicts a real etcd on the same disk, where fio's recipe does not."""
import re
import shutil
import subprocess
import unittest

import suite


class Prediction(unittest.TestCase):
    def test_the_flush_of_a_real_etcd_is_predicted(self):
        for tool in ("etcd", "strace", "fio"):
            if not shutil.which(tool):
                self.skipTest(f"{tool} is not installed")
        done = subprocess.run(
            [suite.SOURCE / "scripts" / "validate-etcd", "--program", suite.BIN / "seatrial-fsync",
             "--dir", suite.BIN.parent, "--rounds", "3", "--seconds", "5"],
            capture_output=True, text=True, check=False, timeout=280)
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = re.search(r"^prediction / etcd: p50 ([0-9.]+), p90 ([0-9.]+)", done.stdout, re.MULTILINE)
        # Wider than what five longer rounds on a quiet disk are held to.
        for ratio in found.groups():
            self.assertGreater(float(ratio), 0.5)
            self.assertLess(float(ratio), 2)


if __name__ == "__main__":
    suite.main()
