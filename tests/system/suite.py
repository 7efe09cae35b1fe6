"""What the system tests share: running the built programs and holding their documents to the schemas."""
import json
import os
import resource
import signal
import subprocess
import sys
import unittest
from pathlib import Path

import jsonschema

SOURCE = Path(os.environ.get("SEATRIAL_SOURCE", Path(__file__).parents[2]))
BIN = Path(os.environ.get("SEATRIAL_BIN", SOURCE / "build" / "bin"))

def _load_schema(path):
    """A schema with whole references: jsonschema 4.10 resolves "#/..." below a urn: in the wrong document."""
    schema = json.loads(path.read_text())
    text = json.dumps(schema).replace('"$ref": "#/', f'"$ref": "{schema["$id"]}#/')
    return json.loads(text)


_schemas = {schema["$id"]: schema for schema in map(_load_schema, (SOURCE / "results" / "schema").glob("*.json"))}


def no_duplicates(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a key is there twice: {keys}")
    return dict(pairs)


def parse(text):
    """One JSON document and nothing else."""
    return json.loads(text, object_pairs_hook=no_duplicates,
                      parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name)))


def validate(document):
    """Holds a document to the schema that it names; returns it."""
    name = document["schema"].removeprefix("seatrial.").replace("/", "-")
    schema = _schemas[f"urn:seatrial:schema:{name}"]
    resolver = jsonschema.RefResolver(schema["$id"], schema, store=_schemas)
    jsonschema.Draft202012Validator(schema, resolver=resolver).validate(document)
    return document


def program(*argv, **keywords):
    """Runs a program of the build; returns the CompletedProcess with text in stdout and stderr."""
    keywords.setdefault("timeout", 240)
    if "input" not in keywords:
        keywords.setdefault("stdin", subprocess.DEVNULL)
    name, *rest = (str(word) for word in argv)
    return subprocess.run([str(BIN / name), *rest], capture_output=True, text=True, **keywords)


def document(*argv, code=0, **keywords):
    """Runs a program that must exit with `code` and print one valid document; returns the document."""
    done = program(*argv, **keywords)
    if done.returncode != code:
        raise AssertionError(f"{argv} exited {done.returncode}, not {code}: {done.stderr}")
    return validate(parse(done.stdout))


def interrupted(*argv, seconds=(2, 8, 30), **keywords):
    """Interrupts a program that would take much longer; returns its valid document. It is given as many seconds as it
    needs on a busy machine to have measured something."""
    name, *rest = (str(word) for word in argv)
    for each in seconds:
        with subprocess.Popen([str(BIN / name), *rest], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, **keywords) as process:
            try:
                process.wait(each)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        if process.returncode != 130:
            raise AssertionError(f"{argv} exited {process.returncode}, not 130: {err}")
        found = validate(parse(out))
        if found["status"] != "interrupted":
            raise AssertionError(f"{argv} was {found['status']}, not interrupted")
        if found["metrics"]:
            break
    return found


class Company:
    """What others have of the processors, from the moment that it is made: programs, and the kernel where it works for
    nobody in particular, such as when it takes a test's namespaces down, which may be a third."""

    def __init__(self):
        self._begun = self._look()

    @staticmethod
    def _look():
        """Seconds of all processors: all there were, those that were used, and those of this test."""
        ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        own = sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, (resource.RUSAGE_SELF,
                                                                                        resource.RUSAGE_CHILDREN)))
        rate = os.sysconf("SC_CLK_TCK")
        return sum(ticks) / rate, (sum(ticks) - ticks[3] - ticks[4]) / rate, own

    def share(self):
        whole, used, own = (now - before for now, before in zip(self._look(), self._begun))
        return max(0, used - own) / max(whole, 0.01)


def main():
    """Runs the tests of the calling file. Exits 77 when every one was skipped; prints each reason."""
    outcome = unittest.main(exit=False, verbosity=2).result
    if outcome.skipped and len(outcome.skipped) == outcome.testsRun:
        sys.exit(77)
    sys.exit(not outcome.wasSuccessful())
