"""A result of many bytes is of its type, though it is no text."""

import json
from typing import Any, Literal

import pytest

from celeriac.files.content import Content
from celeriac_worker.run.result import json_values
from tests.contract.test_result_fit import producer


class Kept:
    """Where all bytes of a result go."""

    def keep(self, content: Content) -> str:
        """Say that they are kept."""
        return "0" * 64


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (bytes, b"many"),
        (bytes | None, b"many"),
        (list[bytes | Literal["none"]], [b"many"]),
        (dict[str, bytes | int], {"data": b"many"}),
    ],
)
def test_many_bytes_are_of_their_type(hint: Any, value: Any) -> None:
    written = json_values(value, producer(hint).output, most_bytes=10_000, sink=Kept())
    assert '{"$blob": "000' in json.dumps(written)
