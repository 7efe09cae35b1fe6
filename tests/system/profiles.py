"""The profiles that come with the suite are valid and say what a reader needs."""
import json
import tempfile
import unittest
from pathlib import Path

import suite

PROFILES = sorted((suite.SOURCE / "harness" / "profiles").glob("*.json"))


class Profiles(unittest.TestCase):
    def test_are_all_there(self):
        self.assertEqual([path.stem for path in PROFILES], ["control-plane", "etcd", "ingress", "worker"])

    def test_fit_the_schema_and_their_file_names(self):
        for path in PROFILES:
            with self.subTest(profile=path.stem):
                profile = suite.validate(suite.parse(path.read_text()))
                self.assertEqual(profile["name"], path.stem)

    def test_are_listed_with_what_they_are_for(self):
        listed = suite.program("seatrial", "list", "--profiles", "--json")
        self.assertEqual(suite.parse(listed.stdout), [suite.parse(path.read_text()) for path in PROFILES])
        with tempfile.TemporaryDirectory() as folder:
            mine = suite.parse(PROFILES[0].read_text()) | {"name": "mine", "description": "\x1b[2J\nworker $(touch x)"}
            for name, text in (("mine", json.dumps(mine)), ("broken", "{"), ("$(touch x)", "{}")):
                Path(folder, f"{name}.json").write_text(text)
            text = suite.program("seatrial", "list", "--profiles", f"--profile-dir={folder}").stdout
        self.assertEqual([line for line in text.splitlines() if line[:1] != " "],
                         ["broken", "control-plane", "etcd", "ingress", "mine", "worker"])
        self.assertIn("    Broken: the profile ", text)
        self.assertNotIn("\x1b", text)

    def test_explain_every_requirement_in_sentences(self):
        for path in PROFILES:
            for requirement in suite.parse(path.read_text())["requirements"]:
                with self.subTest(profile=path.stem, requirement=requirement["id"]):
                    for key in ("why", "do"):
                        self.assertTrue(requirement[key][0].isalpha())
                        self.assertTrue(requirement[key].endswith("."))
                    self.assertFalse(requirement["title"].endswith("."))

    def test_name_a_source_that_can_be_looked_up(self):
        for path in PROFILES:
            for requirement in suite.parse(path.read_text())["requirements"]:
                with self.subTest(profile=path.stem, requirement=requirement["id"]):
                    self.assertRegex(requirement["source"], r"https://|RFC [0-9]+|Linux, Documentation/|etcd/")


if __name__ == "__main__":
    suite.main()
