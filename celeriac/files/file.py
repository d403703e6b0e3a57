"""A file, as a parameter or a result of a task."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Self, cast

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SerializationInfo, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from celeriac.files import media_type
from celeriac.files.content import CHUNK_BYTES, Content, InMemory, OnDisk, Reader
from celeriac.files.form import (
    BASE64_PATTERN,
    BLOB,
    KEYWORD,
    LONGEST_NAME,
    Form,
    clean_name,
    read_form,
    written_form,
)


class File:
    """Bytes with a name and a content type, both of which may be None.

    A task that returns `File(data, name="small.png")` gives a file; one with a parameter of the type `File` takes one. The
    content of a large file is not in memory: it is read when the task asks for it. Name and type are what the client says.
    """

    __slots__ = ("_content", "content_type", "name")

    def __init__(
        self,
        data: bytes | bytearray | memoryview | PathLike[str],
        *,
        name: str | None = None,
        content_type: str | None = None,
    ) -> None:
        """`data` is the content, or the path of a file that has it. Without a type, the name's ending decides."""
        if isinstance(data, PathLike):
            path = Path(data)
            self._set(OnDisk(path), name or path.name, content_type)
        else:
            self._set(InMemory(bytes(data)), name, content_type)

    def _set(self, content: Content, name: str | None, content_type: str | None) -> None:
        self.name = clean_name(name)
        if content_type is not None and not media_type.is_valid(content_type):
            raise ValueError(f"{content_type!r} is not a content type, such as 'image/png'")
        self.content_type = content_type or media_type.of_name(self.name)
        self._content = content

    @classmethod
    def of(cls, content: Content, *, name: str | None = None, content_type: str | None = None) -> Self:
        """A file whose content is somewhere else."""
        file = cls.__new__(cls)
        file._set(content, name, content_type)  # noqa: SLF001 - its own
        return file

    def __repr__(self) -> str:
        """What it is, without its content."""
        return f"File(name={self.name!r}, content_type={self.content_type!r}, size={self.size})"

    @property
    def content(self) -> Content:
        """Where the bytes are."""
        return self._content

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self._content.size

    def read(self) -> bytes:
        """All bytes."""
        return b"".join(self._content.chunks())

    def chunks(self, size: int = CHUNK_BYTES) -> Iterator[bytes]:
        """The bytes, at most `size` at a time: only those are in memory."""
        for chunk in self._content.chunks():
            for start in range(0, len(chunk), size):
                yield chunk[start : start + size]

    def open(self) -> BinaryIO:
        """A binary file to read and seek in, for libraries; what they do not read is not fetched."""
        return cast("BinaryIO", io.BufferedReader(Reader(self._content), CHUNK_BYTES))

    @contextmanager
    def path(self) -> Iterator[Path]:
        """The path of a temporary copy with the file's name, for programs; it is deleted at the end of the `with`."""
        with TemporaryDirectory(prefix="celeriac-") as directory:
            copy = Path(directory) / (self.name or "file")
            self.save(copy)
            yield copy

    def save(self, path: str | PathLike[str]) -> None:
        """Write the bytes to this path."""
        with Path(path).open("wb") as target:
            target.writelines(self._content.chunks())

    def json_form(self) -> dict[str, Any]:
        """What stands for it in JSON."""
        return written_form(Form(self._content, self.name, self.content_type), None)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        """JSON as in form.py; in Python, a `File`."""
        return core_schema.json_or_python_schema(
            json_schema=core_schema.with_info_plain_validator_function(cls._read),
            python_schema=core_schema.is_instance_schema(cls),
            serialization=core_schema.plain_serializer_function_ser_schema(
                _write, info_arg=True, when_used="json"
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Base64 text, or an object with it; of a result, an object with it or with a link."""
        forms = [dict(TEXT), _object()] if handler.mode == "validation" else [_written(), link_schema()]
        return {"anyOf": forms, KEYWORD: {}}

    @classmethod
    def _read(cls, value: object, info: ValidationInfo) -> Self:
        form = read_form(value, info.context)
        return cls.of(form.content, name=form.name, content_type=form.content_type)


TEXT = {"type": "string", "contentEncoding": "base64", "pattern": BASE64_PATTERN}


# Null where nobody says them.
ABOUT: dict[str, Any] = {
    "name": {"anyOf": [{"type": "string", "maxLength": LONGEST_NAME}, {"type": "null"}]},
    "content_type": {"anyOf": [{"type": "string", "pattern": media_type.SCHEMA_PATTERN}, {"type": "null"}]},
}
SIZE: dict[str, Any] = {"type": "integer", "minimum": 0, "description": "How many bytes the file has."}


def link_schema() -> dict[str, Any]:
    """What a JSON document has in place of a file that is too large for it."""
    href = {"type": "string", "description": "Where the bytes are."}
    return _of(
        "A large file, and where its bytes are.",
        {"href": href, "size": dict(SIZE), **deepcopy(ABOUT)},
        required=["href", "size", *ABOUT],
    )


def blob_schema() -> dict[str, Any]:
    """What a result in Redis has in its place."""
    digest = {"type": "string", "description": "The SHA-256 of the bytes."}
    made = _of(
        "A large file.",
        {BLOB: digest, "size": dict(SIZE), **deepcopy(ABOUT)},
        required=[BLOB, "size", *ABOUT],
    )
    return {"title": "large file", **made}


def _written() -> dict[str, Any]:
    return _of(
        "A file.",
        {"data": dict(TEXT), "size": dict(SIZE), **deepcopy(ABOUT)},
        required=["data", "size", *ABOUT],
    )


def _object() -> dict[str, Any]:
    size = {"anyOf": [dict(SIZE), {"type": "null"}]}
    optional = {name: {**part, "default": None} for name, part in {**deepcopy(ABOUT), "size": size}.items()}
    return _of("A file.", {"data": dict(TEXT), **optional}, required=["data"])


def _of(description: str, properties: dict[str, Any], *, required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _write(file: File, info: SerializationInfo) -> dict[str, Any]:
    return written_form(Form(file.content, file.name, file.content_type), info.context)
