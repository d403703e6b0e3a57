"""Files go out and come back as files, through both sides of the client."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from celeriac import File
from celeriac.client.errors import InputNotJSON, UnexpectedAnswer
from celeriac.client.wire.file_values import LARGE, split_files
from celeriac.client.wire.form import FormBody

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("kind", ["bytes", "path", "open", "file"])
def test_a_file_comes_back_as_one(ours: Any, tmp_path: Path, kind: str) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    with (tmp_path / "a.png").open("rb") as opened:
        value = {"bytes": PNG, "path": tmp_path / "a.png", "open": opened, "file": File(PNG, name="a.png")}[
            kind
        ]
        result = ours.run("same_file", file=value)
    assert isinstance(result, File)
    assert result.read() == PNG
    if kind == "file":
        assert (result.name, result.content_type) == ("a.png", "image/png")


def test_the_bytes_of_a_result_are_fetched_with_name_and_type(ours: Any) -> None:
    task = ours.submit("same_file", file=File(PNG, name="ü b.png"))
    file = task.result_file()
    assert (file.name, file.content_type, file.read()) == ("ü b.png", "image/png", PNG)
    assert ours.submit("same_bytes", data=PNG).result_file().content_type == "image/png"
    with pytest.raises(UnexpectedAnswer, match="not a file"):
        ours.submit("add", x=1, y=2).result_file()


def test_large_files_are_sent_as_they_are_and_again(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"a" * LARGE)
    rest, form = split_files(
        "x", {"one": tmp_path / "a.bin", "many": [b"b", BytesIO(b"c")], "n": 1, "mixed": [b"", 1]}
    )
    assert isinstance(form, FormBody)
    assert rest == {"n": 1, "mixed": [b"", 1]}
    body = b"".join(form.parts())
    assert len(body) == form.size
    assert body == b"".join(form.parts())
    assert body.count(b'name="many"') == 2
    assert b'filename="a.bin"\r\nContent-Type: application/octet-stream\r\n\r\naaa' in body


def test_small_files_are_read_once() -> None:
    values, form = split_files("x", {"one": BytesIO(b"one"), "many": [BytesIO(b"two"), b"three"]})
    assert (values, form) == ({"one": b"one", "many": [b"two", b"three"]}, None)
    with pytest.raises(InputNotJSON, match="cannot be read"):
        split_files("x", {"one": Path("/nowhere/at-all")})


def test_a_large_file_is_accepted_as_a_form(ours: Any) -> None:
    task = ours.submit("same_bytes", data=b"x" * (LARGE + 1), tags="large")
    assert task.name == "same_bytes"
    assert task.document["tags"] == ["large"]
