"""The profiles that come with the suite are valid and say what a reader needs."""
import unittest

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
