"""seatrial-fsync's mode wal agrees with fio on etcd's recipe, both on the same disk in one run."""
import shutil
import subprocess
import unittest

import suite


class Agreement(unittest.TestCase):
    def test_percentiles_agree_and_the_program_costs_no_more(self):
        if not shutil.which("fio"):
            self.skipTest("fio is not installed")
        # Wider than what scripts/compare-fio asks for by itself: other tests' writes are still on their way.
        done = subprocess.run(
            [suite.SOURCE / "scripts" / "compare-fio", "--program", suite.BIN / "seatrial-fsync",
             "--dir", suite.BIN.parent, "--within", "30", "200"],
            capture_output=True, text=True, check=False, timeout=280)
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    suite.main()
