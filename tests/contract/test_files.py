"""Files as parameters and results: forms in JSON, limits, and what a task reads."""

import base64
import json
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from celeriac import Accepts, File, task
from celeriac.contract.implementation import implementation_of
from celeriac.files.content import Content, InMemory

DIGEST = "ab" * 32
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20
Picture = Annotated[File, Accepts("image/*", most="64 B")]
Letter = Annotated[bytes, Accepts("application/pdf", most=64)]


class OneBlob:
    """A request, or a task, with one blob."""

    def content(self, digest: str, size: int) -> Content:
        """The blob, if it is that one."""
        if (digest, size) != (DIGEST, 2):
            raise LookupError(digest)
        return InMemory(b"hi")

    def keep(self, content: Content) -> str | None:
        """Only what has more than two bytes is in the JSON."""
        return DIGEST if content.size == 2 else None


def read(kind: Any, value: Any, *, blobs: OneBlob | None = None) -> Any:
    """The JSON value as this type, as the API and the workers read it."""

    def work(x: kind) -> None: ...

    implementation = implementation_of(task(work))
    assert implementation is not None
    model = implementation.input_model.model_validate_json(
        json.dumps({"x": value}), strict=True, context=blobs
    )
    return model.__dict__["x"]


def encoded(data: bytes) -> str:
    """Base64."""
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("value", "name", "content_type"),
    [
        ("aGk=", None, None),
        ({"data": "aGk="}, None, None),
        ({"data": "aGk=", "name": "hi.txt"}, "hi.txt", "text/plain"),
        ({"data": "aGk=", "name": r"C:\fakepath\hi.png", "content_type": "text/html"}, "hi.png", "text/html"),
        ({"data": "aGk=", "name": "../\x00..", "content_type": None, "size": 2}, None, None),
    ],
)
def test_a_file_is_read_from_base64_with_or_without_name_and_type(
    value: Any, name: str | None, content_type: str | None
) -> None:
    file = read(File, value)
    assert (file.read(), file.size, file.name, file.content_type) == (b"hi", 2, name, content_type)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (File, 5, "should be base64 text, or an object"),
        (File, "aGk", "Incorrect padding"),
        (File, {"name": "x"}, 'should have "data"'),
        (File, {"data": "aGk=", "more": 1}, 'should have "data"'),
        (File, {"data": "aGk=", "content_type": "no type"}, '"content_type"'),
        (File, {"data": "aGk=", "content_type": "text/html\r\nx: y"}, '"content_type"'),
        (File, {"data": "aGk=", "size": 3}, "which is 2"),
        (File, {"$blob": DIGEST, "size": 2}, "cannot be given by its hash"),
        (File, {"$blob": DIGEST, "size": 2, "data": "aGk="}, "cannot be given by its hash"),
        (bytes, {"$blob": DIGEST, "size": 2}, "valid string"),
        (bytes, {"data": "aGk="}, "valid string"),
        (Picture, {"data": "aGk=", "name": "a.pdf"}, "image/\\*, not application/pdf"),
        (Picture, encoded(b"%PDF-1.7"), "image/\\*, not application/pdf"),
        (Picture, {"data": encoded(PNG), "content_type": "text/html"}, "not text/html"),
        (Picture, encoded(b"0" * 65), "at most 64 bytes"),
        (Letter, encoded(b"0" * 65), "at most 64 bytes"),
        (Letter, encoded(PNG), "not image/png"),
        (list[Picture], [encoded(PNG), encoded(b"%PDF-")], "x.1\n"),
    ],
)
def test_what_is_no_file_of_the_parameter_is_refused(kind: Any, value: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        read(kind, value)


def test_what_fits_is_accepted_also_where_nothing_says_its_type() -> None:
    assert read(Picture, encoded(PNG)).read() == PNG
    assert read(Picture | None, None) is None
    unknown = {"data": encoded(PNG), "content_type": "application/octet-stream"}
    assert read(Picture, unknown).content_type == "application/octet-stream"
    assert read(Letter, encoded(b"hi")) == b"hi"


def test_a_worker_reads_blobs_of_its_task_and_no_others() -> None:
    about = {"name": "hi.txt", "content_type": "text/plain"}
    file = read(File, {"$blob": DIGEST, "size": 2, **about}, blobs=OneBlob())
    assert (file.read(), file.name) == (b"hi", "hi.txt")
    assert read(bytes, {"$blob": DIGEST, "size": 2, **about}, blobs=OneBlob()) == b"hi"
    for other in ({"$blob": "cd" * 32, "size": 2}, {"$blob": DIGEST, "size": 3}, {"$blob": "x", "size": 2}):
        with pytest.raises(ValidationError, match="should be a file of this"):
            read(File, other, blobs=OneBlob())


def test_a_result_is_written_as_it_is_read_and_a_large_one_goes_elsewhere() -> None:
    files: TypeAdapter[Any] = TypeAdapter(list[File])
    small, large = File(b"abc", name="a.bin"), File(b"hi", content_type="text/plain")
    first, second = files.dump_python([small, large], mode="json", context=OneBlob())
    assert first == {"data": "YWJj", "size": 3, "name": "a.bin", "content_type": "application/octet-stream"}
    assert second == {"$blob": DIGEST, "size": 2, "name": None, "content_type": "text/plain"}
    assert read(File, first).read() == b"abc"


def test_a_task_reads_a_file_in_parts_or_as_a_file_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(b"0123456789" * 20_000)
    file = File(tmp_path / "x.txt")
    assert (file.name, file.content_type, file.size) == ("x.txt", "text/plain", 200_000)
    assert max(map(len, file.chunks(1_000))) == 1_000
    assert b"".join(file.chunks(1_000)) == file.read()
    with file.open() as opened:
        opened.seek(-3, 2)
        assert opened.read() == b"789"
        opened.seek(100_001)
        assert opened.read(3) == b"123"
    with file.path() as copy:
        assert (copy.name, copy.read_bytes()) == ("x.txt", file.read())
    assert not copy.exists()


@pytest.fixture
def properties() -> dict[str, Any]:
    """The schemas of parameters with limits."""

    def work(picture: Picture, letter: Letter, maybe: Picture | None = None) -> None: ...

    implementation = implementation_of(task(work))
    assert implementation is not None
    described: dict[str, Any] = implementation.definition.input_schema["properties"]
    return described


def test_the_schema_says_what_is_accepted(properties: dict[str, Any]) -> None:
    limits = {"types": ["image/*"], "most_bytes": 64}
    assert properties["picture"]["x-celeriac-file"] == limits
    assert properties["maybe"]["anyOf"][0]["x-celeriac-file"] == limits
    text, given = properties["picture"]["anyOf"]
    assert (text["contentEncoding"], text["maxLength"]) == ("base64", 88)
    assert given["properties"]["data"]["maxLength"] == 88
    letter = properties["letter"]
    assert (letter["contentMediaType"], letter["maxLength"]) == ("application/pdf", 88)


@pytest.mark.parametrize("limits", [{"types": ["image"]}, {"most": "20 apples"}, {"most": 0}])
def test_limits_that_make_no_sense_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"should be|is not"):
        Accepts(*limits.get("types", ()), most=limits.get("most"))
