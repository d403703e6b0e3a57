"""API3, API4, API6: unwanted members, high costs, steps in the wrong order."""

import gzip
import json

from tests.http.hostile.case import GOOD, JSON, REFUSED, UUID, Case, ask, cases, post

_MEMBERS = (
    "owner",
    "task_id",
    "state",
    "queue",
    "priority",
    "__proto__",
    "constructor",
    "eta",
    "admin",
    "result",
    "key",
)
_OPTIONS = (
    "owner",
    "headers",
    "queue",
    "link",
    "callbacks",
    "task_id",
    "celery",
    "serializer",
    "reply_to",
    "expires",
)
_QUERY = (
    "owner=other",
    "admin=true",
    "queue=other",
    "priority=9",
    "task_id=" + UUID,
    "scope=admin",
    "name=fail",
)
_BODIES = {
    "nothing": b"",
    "a NUL": b"\0",
    "not UTF-8": b'{"x":"\xff"}',
    "UTF-16": json.dumps({"x": 1}).encode("utf-16"),
    "a BOM": b"\xef\xbb\xbf" + GOOD,
    "an array": b"[]",
    "a number": b"1",
    "a text": b'"x"',
    "null": b"null",
    "two documents": GOOD + GOOD,
    "cut off": GOOD[:-1],
    "a comment": b'{"x":4,/* */"y":5}',
    "a trailing comma": b'{"x":4,"y":5,}',
    "single quotes": b"{'x':4,'y':5}",
    "NaN": b'{"x":NaN,"y":5}',
    "Infinity": b'{"x":-Infinity,"y":5}',
    "1e999": b'{"x":1e999,"y":5}',
    "a number of 5,000 digits": b'{"x":%b,"y":5}' % (b"9" * 5_000),
    "a number of a megabyte": b'{"x":%b,"y":5}' % (b"9" * 1_000_000),
    "an exponent of 5,000 digits": b'{"x":1e%b,"y":5}' % (b"9" * 5_000),
    "a name twice": b'{"x":4,"x":5,"y":6}',
    "a lone surrogate": b'{"x":"\\ud800","y":5}',
    "a typed value": b'{"x":{"__type__":"datetime","__value__":"x"},"y":5}',
    "pickle": b"\x80\x04\x95",
    "XML": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
    "a form": b"x=4&y=5",
    "33 deep": b'{"x":%b1%b,"y":5}' % (b"[" * 33, b"]" * 33),
    "100,000 deep": b'{"x":%b%b,"y":5}' % (b"[" * 100_000, b"]" * 100_000),
    "500,000 open brackets": b"[" * 500_000,
    "500,000 open objects": b'{"x":' * 180_000,
    "a megabyte and a byte": b" " * 1_048_577,
    "a megabyte of blanks": b" " * 1_000_000,
    "200,000 commas": b"[" + b"1," * 200_000 + b"1]",
    "a text for a number": b'{"x":"4","y":5}',
    "a boolean for a number": b'{"x":true,"y":5}',
    "SQL": b'{"x":"1; DROP TABLE tasks","y":5}',
    "a template": b'{"x":"{{7*7}}${7*7}","y":5}',
}
_PARAMETERS = (
    *(
        "wait=-1",
        "wait=1e9",
        "wait=NaN",
        "wait=",
        "wait=0x10",
        "wait=%00",
        "wait=1&wait=2",
        "delay=-1",
        "delay=1e300",
    ),
    *(
        "delay=99999999999",
        "eta=never",
        "eta=9999-99-99",
        "expires=-1",
        "delay=1&eta=2026-01-01T00:00:00Z",
    ),
)
_LISTS = (
    *(
        "limit=-1",
        "limit=0",
        "limit=1e3",
        "cursor=x",
        "cursor=" + "A" * 4_000,
        "cursor=%00",
    ),
    *(
        "cursor=-1",
        "cursor=9223372036854775808",
        "state=admin",
        "state=*",
    ),
    *(
        "created_after=yesterday",
        "created_before=%27",
        "omit=everything",
        "sort=x",
        "owner[$ne]=1",
        "q=1" + "&q=1" * 200,
    ),
)


_RANGES, _TYPES = "Range: bytes=" + "0-1," * 2_000, "Accept: " + "a/b;q=0.1," * 5_000
_ENCODINGS = "Content-Encoding: gzip, gzip, br, zstd, x"
# What is cut to the most, or is nobody's name.
_HARMLESS = ("limit=" + "9" * 400, "name=" + "n" * 5_000, "queue=*%0d%0a", "name=%2a", "queue=celeriac:tasks")
_KEYS = ("", " ", "k" * 256, "\xe9", "a b\x07", "k\tk")


def properties() -> list[Case]:
    """API3: members and parameters that no client may set."""
    add, value = {"x": 4, "y": 5}, "other"
    inputs = {f"an input with {name}": {**add, name: value} for name in _MEMBERS}
    submissions = {
        f"a submission with {name}": {"name": "add", "input": add, name: value} for name in _OPTIONS
    }
    return [
        *cases("API3", {name: post("/add", body=_json(body)) for name, body in inputs.items()}, {422}),
        *cases("API3", {name: post("/tasks", body=_json(body)) for name, body in submissions.items()}, {422}),
        *cases("API3", {f"?{query[:20]}": post(f"/add?{query}") for query in _QUERY}, {422}),
    ]


def consumption() -> list[Case]:
    """API4: what would cost more than it is worth."""
    bomb = gzip.compress(b" " * 20_000_000)
    large = {"100 KB of headers": ask("GET", "/tasks", *["X: " + "y" * 1_000] * 100)}
    return [
        *cases("API4", {name: post("/add", body=body) for name, body in _BODIES.items()}, {400, 413, 422}),
        *cases("API4", {f"?{query[:30]}": post(f"/add?{query}") for query in _PARAMETERS}, {422}),
        *cases("API4", {f"/tasks?{query[:30]}": _list(query) for query in _LISTS}, {422}),
        *cases("API4", {f"/tasks?{query[:30]}": _list(query) for query in _HARMLESS}, {200}),
        *cases("API4", {"a bomb": post("/add", "Content-Encoding: gzip", body=bomb)}, {415}),
        *cases("API4", {"compressed five times": post("/add", _ENCODINGS)}, {415}),
        *cases("API4", {"9 KB of path": ask("GET", "/" + "a" * 9_000, key="admin")}, {414}),
        *cases("API4", large, {431}),
        *cases("API4", {"2,000 ranges": ask("GET", "/docs", _RANGES)}, {200, 206, 416}),
        *cases("API4", {"a long list of types": ask("GET", "/tasks", _TYPES, key="admin")}, {200, 406, 431}),
    ]


def flows() -> list[Case]:
    """API6: steps of the tasks' life in the wrong order, or too often."""
    put = ask("PUT", "/tasks/{mine}", JSON, body=b'{"name":"word_count","input":{"text":"x"}}', key="admin")
    cancel = post("/tasks/{mine}/cancel", body=b'{"terminate":"yes"}')
    of_celery = post("/tasks", body=b'{"name":"celery.backend_cleanup","input":{}}')
    purge = ask("POST", "/queues/celeriac:tasks/purge", key="admin")
    return [
        *cases("API6", {"retry a queued task": ask("POST", "/tasks/{mine}/retry", key="admin")}, {409}),
        *cases("API6", {"forget a queued task": ask("DELETE", "/tasks/{mine}", key="admin")}, {409}),
        *cases("API6", {"its result": ask("GET", "/tasks/{mine}/result", key="admin")}, {202}),
        *cases(
            "API6",
            {f"the key {key[:5]!r}": post("/add", f"Idempotency-Key: {key}") for key in _KEYS},
            {400, 422},
        ),
        *cases("API6", {"another task by a used id": put}, {409, 422}),
        *cases("API6", {"no task": post("/tasks", body=b'{"name":"rm","input":{}}')}, {404}),
        *cases("API6", {"a task of Celery's own": of_celery}, {404, 422}),
        *cases("API6", {"a purge with a body": post("/queues/default/purge")}, {422}),
        *cases("API6", {"a cancel with a wish of its own": cancel}, {422}),
        *cases("API6", {"a purge of no queue": purge}, REFUSED),
    ]


def _list(query: str) -> bytes:
    return ask("GET", f"/tasks?{query}", key="admin")


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
