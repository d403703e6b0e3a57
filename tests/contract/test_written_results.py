"""A written result is of its declared type, whatever pydantic writes."""

import json
from types import GenericAlias
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from celeriac.files.content import Content
from celeriac_worker.run.result import InvalidResult, json_values
from tests.contract.test_result_fit import SAMPLES, Box, Row, producer


@pytest.mark.parametrize(
    ("hint", "value", "words"),
    [
        (Literal["red", 1], [1], "its type says 'red' or 1, and this is [1]"),
        (Literal["red", 1], True, "its type says 'red' or 1, and this is True"),
        (dict[str, Literal["red"]], {"a/b": "blue"}, "its type says 'red' at '/a~1b', and this is 'blue'"),
        (tuple[int, Literal[1] | None], (1, 2), "its type says 1 or null at '/1', and this is 2"),
        (list[Box], [Box(1), Box(None)], "its type says integer at '/1/x', and this is null"),  # type: ignore[arg-type]  # what a program can do
        (list[int], [1, None], "its type says integer at '/1', and this is null"),
        (Row, {"x": None}, "its type says integer at '/x', and this is null"),
        (int, None, "Input should be a valid integer"),
    ],
)
def test_what_pydantic_writes_without_a_warning_is_refused_where_the_type_excludes_it(
    hint: Any, value: Any, words: str
) -> None:
    with pytest.raises(InvalidResult) as refusal:
        json_values(value, producer(hint).output, most_bytes=10_000)
    assert str(refusal.value).endswith(words)


class Sloppy(BaseModel):
    """A model whose default has another type."""

    x: int = None  # type: ignore[assignment]  # as many models have it


@pytest.mark.parametrize(("hint", "value"), [*((h, v) for h, vs in SAMPLES for v in vs), (Sloppy, Sloppy())])
def test_a_result_of_its_type_is_never_refused(hint: Any, value: Any) -> None:
    json_values(value, producer(hint).output, most_bytes=10_000)
    json_values({"null": [value]}, producer(GenericAlias(dict, (str, list[hint]))).output, most_bytes=10_000)


class Stored:
    """Keeps all files."""

    def keep(self, _: Content) -> str:
        """Under one hash."""
        return "ab" * 32


@pytest.mark.parametrize(("hint", "value"), [(bytes, b"x"), (list[bytes | None], [b"x", None])])
def test_large_bytes_are_of_their_type(hint: Any, value: Any) -> None:
    written = json_values(value, producer(hint).output, most_bytes=10_000, sink=Stored())
    assert '"$blob": "abab' in json.dumps(written)
