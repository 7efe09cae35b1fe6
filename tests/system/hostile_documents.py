"""Documents that mean harm: the corpus in tests/fuzz/corpus/hostile/.

Run as a program it writes them there, or to the folder that is named: hostile_documents.py [FOLDER]
"""
import copy
import json
import random
import struct
import sys
import zlib
from base64 import b64encode
from pathlib import Path

import documents
import suite

GOOD = suite.SOURCE / "tests" / "fuzz" / "corpus" / "good-run.json"
CORPUS = suite.SOURCE / "tests" / "fuzz" / "corpus" / "hostile"
OWNED = "/tmp/seatrial-owned"

# What is put in place of every text that a document leaves open.
TEXTS = {
    "terminal-csi": "\x1b[2J\x1b[31mred\x1b[5;5H",
    "terminal-title": "\x1b]0;owned\x07",
    "terminal-link": "\x1b]8;;https://evil.invalid/\x1b\\click\x1b]8;;\x1b\\",
    "terminal-clipboard": "\x1b]52;c;cm0gLXJmIH4K\x07",
    "terminal-c1": "\x9b31mred\x9d0;owned\x9c\x90q\x9c",
    "terminal-overwrite": "unsuitable\r\x08\x08suitable  \x7f\x0b\x0c",
    "terminal-bidi": "\u202eelbatiusnu\u202c \u2066a\u2069\u200f\u2028\u2029",
    "html-script": "<script>alert(1)</script>",
    "html-handler": "\"><img src=x onerror=alert(1)>' onmouseover='alert(1)' x='",
    "html-close": "</title></style></main><iframe src=//evil.invalid></iframe><!--",
    "html-entity": "&lt;script&gt;&#60;img&#x3e;&amp;",
    "html-url": "javascript:alert(1)//https://evil.invalid/\"onclick=alert(1)",
    "html-base": "<base href=https://evil.invalid/><link rel=stylesheet href=//evil.invalid/x.css>",
    "svg": "</text></svg><svg onload=alert(1)><foreignObject><script>alert(1)</script></foreignObject>",
    "css": "}</style>*{background:url(https://evil.invalid/)}/*",
    "gnuplot-backtick": f"`touch {OWNED}`",
    "gnuplot-system": f"'.system('touch {OWNED}').'",
    "gnuplot-quote": f"\"; system(\"touch {OWNED}\"); print \"",
    "gnuplot-newline": f"'\nset output '|touch {OWNED}'\n!touch {OWNED}\n",
    "gnuplot-heredoc": f"END\nplot '< touch {OWNED}'\nEND\n",
    "gnuplot-enhanced": "{/=400 big}^{x}_{y}@a&{b}",
    "shell": f"$(touch {OWNED});touch {OWNED}|touch {OWNED}&'\"\\",
    "format": "%s%s%n%1$n%999999999d",
    "csv-formula": "=HYPERLINK(\"https://evil.invalid/\",\"click\")",
    "csv-plus": "+cmd|' /C calc'!A0",
    "csv-minus": "-2+3+cmd|' /C calc'!A0",
    "csv-at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "csv-fields": "a,\"b\";c\t\n\"\"\"d",
    "markdown-link": "[click](javascript:alert(1)) [x](https://evil.invalid/)",
    "markdown-image": "![](https://evil.invalid/pixel.png)",
    "markdown-table": "a | b\n--- | ---\n# Suitable\n* * *\n```",
    "markdown-html": "<details><summary>x</summary><a href=https://evil.invalid/>y</a>",
    "workflow-command": "::error::x\n::set-output name=x::y\n##[error]z",
    "xml": "]]><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;",
    "metrics-line": "x\"} 1\nseatrial_evil{a=\"b\\\n",
    "path": "../../../../etc/passwd",
    "unicode": "\ufeff" + "e\u0301" * 40 + "\U0010ffff\ufdd0\U0001f6a2",
    "long": "x" * 2000,
    "wide": "\u4e16" * 500,
}


def base():
    """A small run that has every part a run can have, and is consistent."""
    rng = random.Random(1)
    latency, quantiles = documents.latency("wal", "Log append", [documents.latencies(rng, 30, 0.001, 0.2)
                                                                  for _ in range(2)], {"size": "1392"})
    metrics = quantiles + [
        documents.metric("rate", "Appends", "writes/s", "higher", [1400.0, 1410.0, 1405.0], {"size": "1392"}),
        documents.metric("share", "Share of native", "ratio", "higher", [0.5, 0.6], {"way": "a"},
                         relative_to="native")]
    metrics += [documents.metric("swept", "Time", "s", "lower", [0.001 * at, 0.0011 * at], {"n": str(at), "way": way},
                                 against="n") for way in ("a", "b") for at in (1, 2, 5, 10)]
    course = documents.course("wal", "Log append", 1, {0: [0.001, 0.002], 1: [0.001], 2: [0.003]}, {"size": "1392"})
    result = documents.result(
        "fsync", "Is it quick?", "It writes.", target={"path": "/var/lib/etcd", "device": "vda"},
        parameters={"dir": "/x", "rate": 150}, distributions=[latency], metrics=metrics, series=[course],
        facts=[documents.fact("Kernel", "Version", "warn", "6.1", why="Old.", remedy="Renew.", source="https://a.org/"),
               documents.fact("Kernel", "Advice.recommendation", "info", "So.", why="Why.")],
        marks=[{"against": "n", "at": 5, "text": "mark", "labels": {"way": "a"}}],
        skipped=[{"what": "x", "why": "y", "enable": "z"}], warnings=["careful"], errors=["wrong"],
        conditions={"steal_ratio": 0.01, "load1_before": 0.5})
    run = documents.run([result], [documents.profile("mine", "Mine", "For me.")], label="label",
                        notes=[{"bench": "fsync", "what": "what", "stderr": "stderr"}])
    return copy.deepcopy(run)


# Texts that have a form of their own, which a schema checks.
FORMED = {"schema", "id", "version", "state", "started", "finished", "preset", "status", "unit", "better", "pooled",
          "repetitions", "columns", "distribution", "against", "name", "severity", "metric", "fact", "bench"}
METHODS = ("median-order-statistics", "pooled-quantile")


def everywhere(node, text, key=None):
    """Puts the text wherever there is one that is free."""
    if isinstance(node, dict):
        return {name: everywhere(value, text, name) for name, value in node.items()}
    if key in FORMED or node in METHODS:
        return node
    if isinstance(node, list):
        return [everywhere(value, text) for value in node]
    return text if isinstance(node, str) else node


def hostile_text(text):
    """A run with the text wherever nothing forbids it: also as a key, as a label, as a benchmark's note."""
    run = base()
    profiles = run.pop("profiles")
    run = everywhere(run, text)
    result = run["results"][0]
    result["target"][text] = text
    result["parameters"] = {text: text, "list": [text, {"a": text}]}
    result["metrics"].append(documents.metric("alone", text, "1", "higher", [1.0], {"label": text}))
    run["notes"][0]["bench"] = text
    return run | {"profiles": profiles}


def changed(*changes):
    """A run with values put at the end of paths."""
    run = base()
    for *path, key, value in changes:
        node = run
        for step in path:
            node = node[step]
        node[key] = value
    return run


RESULT = ("results", 0)
LATENCY = (*RESULT, "distributions", 0)
METRIC = (*RESULT, "metrics")


def packed(plain, claimed=None):
    body = zlib.compress(plain, 9)
    return b64encode(struct.pack(">ii", 0x1C849314, len(body) if claimed is None else claimed) + body).decode()


def plain(payload, length=None, digits=3, lowest=1, highest=3_600_000_000_000, cookie=0x1C849313):
    return struct.pack(">iiiiqqd", cookie, len(payload) if length is None else length, 0, digits, lowest, highest,
                       1.0) + payload


HISTOGRAMS = {
    "bomb": packed(plain(b"\0" * 300_000, 300_000)),
    "bomb-beyond-its-length": packed(plain(b"\0", 1) + b"\0" * 3_000_000),
    "claims-gigabytes": packed(plain(b"\x02", 2 ** 31 - 1)),
    "truncated": documents.histogram([10 ** 6] * 5)[:-12] + "AAAA",
    "counts-overflow": packed(plain(documents.zigzag(2 ** 53 - 1) * 3)),
    "count-of-2^62": packed(plain(documents.zigzag(2 ** 62))),
    "negative-count": packed(plain(documents.zigzag(-(2 ** 40)))),
    "huge": packed(plain(documents.zigzag(2 ** 52))),
    "five-digits": packed(plain(b"\x02\x02", digits=5)),
    "other-cookie": packed(plain(b"\x02", cookie=0x1C849309)),
    "impossible-range": packed(plain(b"\x02", lowest=2 ** 62, highest=1)),
    "empty": packed(plain(b"")),
    "none": "HISTFAAA",
}

NUMBERS = {
    "largest": changed((*METRIC, 4, "values", [1e308, -1e308, 1.7976931348623157e308]),
                       (*METRIC, 4, "summary", "value", 1e308), (*RESULT, "duration_s", 1e308)),
    "smallest": changed((*METRIC, 4, "values", [5e-324, -5e-324, 1e-320]), (*METRIC, 6, "labels", "n", "1e-320"),
                        (*RESULT, "series", 0, "interval_s", 5e-324)),
    "negative-counts": changed((*LATENCY, "count", -1), (*RESULT, "duration_s", -1), ("repeat", -1)),
    "integers-at-their-end": changed(("seed", 2 ** 63 - 1), ("repeat", 2 ** 63 - 1), (*LATENCY, "count", 2 ** 63 - 1),
                                     (*LATENCY, "beyond_range", 2 ** 63 - 1), ("host", "memory_bytes", 2 ** 63 - 1)),
    "axes": changed(*(((*METRIC, 6 + i, "labels", "n", text)) for i, text in
                      enumerate(["1e308", "1e999", "nan", "inf", "0x10", "9; exit", "", "-0"]))),
    "rows": changed((*RESULT, "series", 0, "rows", [[1e308, 2 ** 62, 1e308, 1e308, 1e308], [0, 0, 0, 0, 0]]),
                    (*RESULT, "series", 0, "levels", [[0, 2 ** 62, 2 ** 62], [2 ** 62, 1]])),
    "quantile": changed((*METRIC, 0, "quantile", 5e-324), (*METRIC, 1, "quantile", 1 - 1e-16)),
    "marks": changed((*RESULT, "marks", [{"against": "n", "at": at, "text": "t", "labels": {}}
                                         for at in (1e308, -1e308, 5e-324, 0)])),
    "limits": changed(("profiles", 0, "requirements", 0, "max", 1e308),
                      ("profiles", 0, "requirements", 0, "min", -1e308)),
    "times": changed(("started", "9999-99-99T99:99:99Z"), ("finished", "0000-00-00T00:00:00Z")),
    "events": changed((*METRIC, 4, "events", 1e308), (*METRIC, 4, "exposure", 5e-324)),
}


def of_text():
    """Documents that are hostile as texts."""
    good = json.dumps(base())
    yield "empty", b""
    yield "blank", b" \n\t "
    yield "binary", bytes(range(256)) * 4
    yield "no-json", b"seatrial"
    yield "null", b"null"
    yield "number", b"1e308"
    yield "string", b'"seatrial.run/1"'
    yield "array", b"[]"
    yield "object", b"{}"
    yield "byte-order-mark", b"\xef\xbb\xbf" + good.encode()
    yield "utf-16", good.encode("utf-16")
    yield "invalid-utf-8", good.encode().replace(b"label\": \"label", b"label\": \"\xff\xc0\x80\xed\xa0\x80")
    yield "overlong-utf-8", good.encode().replace(b"label\": \"label", b"label\": \"\xc0\xaf\xe0\x80\xaf")
    yield "raw-control", good.encode().replace(b"label\": \"label", b"label\": \"\x1b[31m")
    yield "nul-in-text", good.encode().replace(b"label\": \"label", b"label\": \"a\\u0000b")
    yield "half-surrogate", good.encode().replace(b"label\": \"label", b"label\": \"\\ud800")
    yield "truncated", good.encode()[:len(good) // 2]
    yield "twice", good.encode() * 2
    yield "trailing", good.encode() + b"x"
    yield "deep-arrays", b"[" * 5000 + b"]" * 5000
    yield "deep-objects", b'{"a":' * 5000 + b"1" + b"}" * 5000
    yield "deep-unclosed", b'{"schema":"seatrial.run/1","a":' + b"[" * 20_000
    yield "deep-within", good.encode()[:-1] + b', "x": ' + b"[" * 40 + b"]" * 40 + b"}"
    yield "key-twice", good.encode()[:-1] + b', "state": "complete"}'
    yield "key-twice-below", good.encode().replace(b'"vda"', b'"vda", "device": "vda"')
    yield "not-a-number", good.encode().replace(b"1400.0", b"NaN")
    yield "infinity", good.encode().replace(b"1400.0", b"-Infinity")
    yield "beyond-double", good.encode().replace(b"1400.0", b"1e999")
    yield "endless-digits", good.encode().replace(b"1400.0", b"1" * 5000)
    yield "beyond-integer", good.encode().replace(b'"seed": 42', b'"seed": 99999999999999999999')
    yield "later-major", good.encode().replace(b"seatrial.run/1", b"seatrial.run/2")
    yield "schema-escape", good.encode().replace(b"seatrial.run/1", b"seatrial.run/1\\u001b[31m\\u009b1m")
    yield "schema-number", good.encode().replace(b'"seatrial.run/1"', b"1")
    yield "schema-long", good.encode().replace(b"seatrial.run/1", b"seatrial.run/" + b"9" * 5000)


def of_run():
    """(name, run) that are hostile for what they hold."""
    for name, text in TEXTS.items():
        yield f"text-{name}", hostile_text(text)
    for name, made in HISTOGRAMS.items():
        yield f"histogram-{name}", changed((*LATENCY, "pooled", made), (*LATENCY, "repetitions", [made, made]))
    for name, made in NUMBERS.items():
        yield f"number-{name}", made
    for name, text in (("path", "../../etc/passwd"), ("absolute", "/etc/passwd"), ("escape", "\x1b[31m"), ("empty", ""),
                       ("long", "9" * 5000)):
        yield f"id-{name}", changed(("id", text))
    for key in ("results", "profiles", "notes", "host", "suite", "label", "state"):
        yield f"type-{key}", changed((key, [[{"a": [1]}]] if key != "results" else {"a": 1}))
    yield "label-long", changed(("label", "x" * 100_000))
    yield "type-within", changed((*METRIC, 0, {"name": 1}), (*LATENCY, "repetitions", 7), (*RESULT, "facts", [[]]))
    yield "profile-text", changed(("profiles", 0, "title", "\x1b[31m"), ("profiles", 0, "description", "<script>"))
    yield "profile-html", changed(("profiles", 0, "title", "<script>alert(1)</script>"))
    yield "profile-many", changed(("profiles", [base()["profiles"][0] | {"name": f"p{i}"} for i in range(40)]))
    yield "program", changed(("program", {"name": "\x1b[31m<script>", "sha256": "0" * 64, "bytes": 1}))


def others():
    """(kind, name, document) of the other kinds."""
    profile = base()["profiles"][0]
    for name in ("terminal-csi", "html-script", "gnuplot-backtick", "csv-formula", "markdown-link", "shell", "long"):
        yield "profile", name, everywhere(profile, TEXTS[name])
    yield "profile", "key", profile | {"command": "touch " + OWNED}
    yield "profile", "limits", profile | {"requirements": profile["requirements"] * 300}
    point = {"run": "20260120T150405Z-0a1b2c3d", "started": "2026-01-20T15:04:05Z", "n": 5, "value": 1.0, "low": 0.9,
             "high": 1.1}
    metric = {"bench": "fsync", "name": "rate", "title": "Rate", "unit": "writes/s", "better": "higher",
              "labels": {"a": "b"}}
    suite_of = {"version": "0.1.0", "commit": "unknown"}
    comparison = {
        "schema": "seatrial.comparison/1", "suite": suite_of, "created": "2026-01-20T15:04:05Z",
        "candidates": [{"name": "a", "source": "a.json", "runs": [], "provider": "p", "region": "r",
                        "link": "https://a.org/", "price": {"amount": 4.99, "currency": "EUR", "per": "month"},
                        "verdicts": [{"profile": "mine", "title": "Mine", "overall": "marginal", "why": "So.", "lines": [
                            {"id": "a", "title": "A", "severity": "advised", "status": "marginal", "limit": "at most 1",
                             "reading": "1", "run": "20260120T150405Z-0a1b2c3d"}]}]}],
        "baseline": 0, "metrics": [metric | {"values": [{"candidate": 0, "n": 5, "value": 1.0, "low": 0.9,
                                                         "high": 1.1}], "differences": []}],
        "not_compared": [{"what": "x", "why": "y"}],
        "rankings": [{"profile": "mine", "title": "Mine", "order": [], "suitable": [], "cheapest": None}]}
    history = {"schema": "seatrial.history/1", "suite": suite_of, "created": "2026-01-20T15:04:05Z",
               "series": [metric | {"host": "h", "points": [point], "changes": []}], "not_compared": []}
    verdict = documents.verdict("suitable", [{"name": "mine", "title": "Mine", "overall": "suitable", "summary": "So.",
                                              "lines": []}])
    for kind, document in (("comparison", comparison), ("history", history), ("verdict", verdict)):
        for name in ("terminal-clipboard", "html-script", "csv-formula", "markdown-link"):
            yield kind, name, everywhere(document, TEXTS[name])
    wrong = copy.deepcopy(comparison)
    wrong["metrics"][0]["values"][0].update(candidate=2 ** 62, n=-1, value=1e308)
    wrong.update(baseline=-1, rankings=[{"profile": "x", "order": [{"candidate": -1}], "suitable": [9], "cheapest": 9}])
    yield "comparison", "indices", wrong
    wrong = copy.deepcopy(history)
    wrong["series"][0]["changes"] = [{"index": 2 ** 62}, {"index": -1}]
    yield "history", "indices", wrong


def corpus():
    """{file name: content}; what a name begins with is the kind of the document."""
    made = {f"run-raw-{name}.json": content for name, content in of_text()}
    made.update((f"run-{name}.json", json.dumps(run).encode()) for name, run in of_run())
    made.update((f"{kind}-{name}.json", json.dumps(document).encode()) for kind, name, document in others())
    return made


def large():
    """The same of documents that are too large to be kept."""
    good = json.dumps(base())
    metric = json.dumps(documents.metric("m", "M", "s", "lower", [1.0], {}))
    return {
        "run-large-million.json": good.replace('"metrics": [', '"metrics": [' + "{}," * 1_000_000, 1).encode(),
        "run-large-metrics.json": good.replace('"metrics": [', '"metrics": [' + (metric + ",") * 30_000, 1).encode(),
        "run-large-file.json": good[:-1].encode() + b" " * (64 << 20) + b"}",
    }


if __name__ == "__main__":
    GOOD.write_text(json.dumps(base()))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    for file, content in corpus().items():
        (folder / file).write_bytes(content)
