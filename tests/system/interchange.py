"""What the tests of exports share: documents whose texts are hostile in every format, what gates decide, and what the
readers of some formats ask of them."""
import contextlib
import math
import shutil
import time
import unittest
import urllib.request

import documents
import suite

HOSTILE = documents.HOSTILE + ["=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\uff1d1", "a,b;c\"d", "|---|",
                               "]]>", "\ufffe\uffff", "#1 @octocat", "http://example.org www.example.org", "\\", "\\\"",
                               "a'b", "\nseatrial_up 1", "::error::x", "%0A::error::x", "]({})", "# EOF"]
# What a profile may say: the rest is refused as a whole.
SAYABLE = [text for text in HOSTILE if text.isprintable() and len(text.encode()) <= 1000]
BMF = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "additionalProperties": {
    "type": "object", "minProperties": 1, "additionalProperties": {
        "type": "object", "required": ["value"], "additionalProperties": False,
        "properties": {name: {"type": "number"} for name in ("value", "lower_value", "upper_value")}},
    "propertyNames": {"minLength": 1, "maxLength": 64}}, "propertyNames": {"minLength": 1, "maxLength": 1024}}
CUSTOM = {"type": "array", "items": {"type": "object", "required": ["name", "value", "unit"],
                                     "additionalProperties": False, "properties": {
    "value": {"type": "number"}, **{name: {"type": "string"} for name in ("name", "unit", "range", "extra")}}}}
# What GitLab, Jenkins and others read of JUnit's files; nobody has written a schema that all agree on.
JUNIT = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:complexType name="note" mixed="true"><xs:attribute name="type"/><xs:attribute name="message"/></xs:complexType>
<xs:complexType name="case"><xs:choice minOccurs="0"><xs:element name="failure" type="note"/>
<xs:element name="skipped" type="note"/><xs:element name="system-out" type="xs:string"/></xs:choice>
<xs:attribute name="name" use="required"/><xs:attribute name="classname" use="required"/>
<xs:attribute name="time" type="xs:decimal"/></xs:complexType>
<xs:complexType name="suite"><xs:sequence><xs:element name="testcase" type="case" minOccurs="0" maxOccurs="unbounded"/>
<xs:element name="system-out" type="xs:string" minOccurs="0"/></xs:sequence>
<xs:attribute name="name" use="required"/><xs:attribute name="tests" type="xs:integer" use="required"/>
<xs:attribute name="failures" type="xs:integer" use="required"/>
<xs:attribute name="errors" type="xs:integer" use="required"/><xs:attribute name="skipped" type="xs:integer"/>
<xs:attribute name="time" type="xs:decimal"/><xs:attribute name="timestamp" type="xs:dateTime"/>
<xs:attribute name="hostname"/></xs:complexType>
<xs:element name="testsuites"><xs:complexType><xs:sequence>
<xs:element name="testsuite" type="suite" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
<xs:attribute name="name"/><xs:attribute name="tests" type="xs:integer"/>
<xs:attribute name="failures" type="xs:integer"/><xs:attribute name="errors" type="xs:integer"/>
<xs:attribute name="time" type="xs:decimal"/></xs:complexType></xs:element></xs:schema>"""


def need(*programs):
    for name in programs:
        if not shutil.which(name):
            raise unittest.SkipTest(f"{name} is not installed; scripts/setup --test does it")


def metrics(run):
    """What is to come out again: (bench, metric) of every result."""
    return [(result["bench"]["name"], metric) for result in run["results"] for metric in result["metrics"]]


def described():
    """A run with every metric that the benchmarks say they have."""
    told = [suite.document(path.name, "--describe") for path in sorted(suite.BIN.glob("seatrial-*"))]
    return documents.run([documents.result(bench["name"], "What?", "So.", metrics=[
        documents.metric(metric["name"], metric["title"], metric["unit"], "lower", [math.pi])
        for metric in bench["metrics"]]) for bench in told], [])


def hostile():
    """Readings in order whose texts are all hostile, one label a text."""
    nasty = iter(HOSTILE * 40)
    rows = [documents.metric("all", next(nasty), "s", ("lower", "higher")[i % 2], [1.0 + i, 2.0 + i, 3.0 + i],
                             {"label": text}) for i, text in enumerate(HOSTILE)]
    rows += [documents.metric("named", "Named", "1", "lower", [1.0 + i], {name: "a", "host": "b", "quantile": "c"})
             for i, name in enumerate(["a-b", "a_b", "metric", "le", "job"])]
    rows += [documents.metric(name, "Named", unit, "lower", [4.0]) for name, unit in
             (("rows.count", "1"), ("rows.total", "1"), ("rows.sum", "1"), ("rows_sum", "1"), ("odd", "s/Mpacket"))]
    latency, quantiles = documents.latency("slow", next(nasty), [[1000, 2000, 3000]] * 3, {"label": HOSTILE[0]})
    result = documents.result("x", "What?", "So.", metrics=rows + quantiles, distributions=[latency])
    requirement = documents.profile("x", "X", "X.")["requirements"][0]
    profile = documents.profile("hostile", SAYABLE[0], SAYABLE[1]) | {"requirements": [
        requirement | {"id": f"id{i}", "title": text, "why": text, "do": text, "source": text}
        for i, text in enumerate(SAYABLE)]}
    return documents.run([result], [profile], label=HOSTILE[0])


def gate(count=3, **texts):
    side = {"name": texts.get("name", "main"), "runs": []}
    verdicts = ["regressed", "unchanged", "improved", "not enough evidence"]
    return {"schema": "seatrial.gate/1", "suite": documents.SUITE, "created": "2026-01-21T10:00:00Z",
            "baseline": side, "candidate": {"name": texts.get("host", "branch"), "runs": []}, "verdict": "regressed",
            "settings": {"alpha": 0.01, "threshold": 0.05},
            "metrics": [{"bench": "fsync", "name": f"wal{i}.p99", "title": texts.get("title", "Flush"), "unit": "s",
                         "better": "lower", "labels": {"payload": texts.get("label", "2300")}, "quantile": 0.99,
                         "threshold": 0.05, "baseline": {"n": 10, "value": 0.00123456, "low": 0.001, "high": None},
                         "candidate": {"n": 10, "value": 0.00234567, "low": 0.002, "high": 0.003}, "ratio": 1.9,
                         "low": 1.8, "high": None, "p": 0.001, "p_adjusted": 0.002, "verdict": verdicts[i % 4],
                         **({"more_repetitions": 6} if i % 4 == 3 else {})} for i in range(count)],
            "not_compared": [{"what": "mtu", "why": texts.get("why", "the preset differs")}]}


def fetch(url):
    deadline = time.monotonic() + 30
    while True:
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(url, timeout=10).read().decode()
        if time.monotonic() > deadline:
            raise AssertionError(f"{url} does not answer")
        time.sleep(0.05)
