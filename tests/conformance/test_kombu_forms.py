"""The forms of Python's objects in JSON are those of kombu, whichever version it is."""

import json
import subprocess
from typing import Any

from celeriac.ledger.protocol.kombu_forms import plain, typed
from tests.conformance.stock import PYTHON
from tests.ledger.protocol.test_kombu_forms import READ

PROGRAM = """
import json, sys
from datetime import *
from decimal import Decimal
from uuid import UUID
from kombu.utils.json import dumps, loads
for line in sys.stdin:
    value = loads(line)
    print(json.dumps([repr(value), json.loads(dumps(value))]))
"""


def test_kombu_reads_what_is_written_and_what_it_writes_is_made_plain() -> None:
    lines = "".join(json.dumps(typed(value, schema)) + "\n" for schema, value, _ in READ.values())
    done = subprocess.run(
        [PYTHON, "-c", PROGRAM],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ""},
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [read for read, _ in answers] == [repr(read) for _, _, read in READ.values()]
    assert [plain(written) for _, written in answers] == [_shown(read) for _, _, read in READ.values()]


def _shown(read: Any) -> Any:
    match read:
        case list():
            return [_shown(item) for item in read]
        case dict():
            return {name: _shown(member) for name, member in read.items()}
        case bytes():
            return {b"hi": "aGk=", b"\xff": "/w=="}[read]
        case str() | int() | None:
            return read
        case _:
            return read.isoformat() if hasattr(read, "isoformat") else str(read)
