"""API10: what another program may have written to Redis."""

import json
from typing import Any

from tests.http.hostile.case import Case, Preparation, ask

DEEP = "[" * 50_000 + "]" * 50_000


def _document(**changed: Any) -> bytes:
    meta = {"status": "SUCCESS", "result": 1, "traceback": None, "children": [], "task_id": "x"}
    return json.dumps({**meta, "date_done": "2026-05-01T12:00:00+00:00", **changed}).encode()


_DOCUMENTS: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"<html>",
    "pickle": b"\x80\x04\x95\x00",
    "a number": b"1",
    "an array": b"[]",
    "null": b"null",
    "an empty object": b"{}",
    "NaN": b'{"status":"SUCCESS","result":NaN}',
    "1e999": b'{"status":"SUCCESS","result":1e999}',
    "50,000 deep": b'{"status":"SUCCESS","result":%b}' % DEEP.encode(),
    "a lone surrogate": b'{"status":"SUCCESS","result":"\\ud800"}',
    "a number of 5,000 digits": b'{"status":"SUCCESS","result":%b}' % (b"9" * 5_000),
    "no UTF-8": b'{"status":"SUCCESS","result":"\xff"}',
    "a state that is none": _document(status="ADMIN"),
    "a state that is a number": _document(status=1),
    "a state that is a list": _document(status=["SUCCESS"]),
    "a date that is none": _document(date_done="yesterday"),
    "a date that is a number": _document(date_done=1e300),
    "a date of the year 99999": _document(date_done="99999-01-01T00:00:00"),
    "retries that are a text": _document(retries="many"),
    "retries that are 10^30": _document(retries=10**30),
    "a worker that is an object": _document(worker={"a": 1}),
    "a failure that is a text": _document(status="FAILURE", result="boom"),
    "a failure that is null": _document(status="FAILURE", result=None),
    "a failure without a type": _document(status="FAILURE", result={}),
    "a failure with a type of a megabyte": _document(status="FAILURE", result={"exc_type": "E" * 1_000_000}),
    "a failure with an HTML message": _document(
        status="FAILURE", result={"exc_type": "E", "exc_message": ["<script>"]}
    ),
    "a traceback that is a list": _document(status="FAILURE", result={"exc_type": "E"}, traceback=[1]),
    "a traceback of a megabyte": _document(
        status="FAILURE", result={"exc_type": "E"}, traceback="x\n" * 500_000
    ),
    "a typed value": _document(result={"__type__": "datetime", "__value__": "x"}),
}


def _of(content: bytes) -> Preparation:
    return lambda redis, task_id: redis.set(f"celery-task-meta-{task_id}", content)


def unsafe() -> list[Case]:
    """Whatever the result is, the task is answered. Records are our own: who can write them can do everything."""
    return [
        Case(
            group="API10",
            name=f"a result of {name}",
            request=ask("GET", "/tasks/{mine}", key="admin"),
            allowed={200, 410},
            prepare=_of(content),
        )
        for name, content in _DOCUMENTS.items()
    ]
