"""Reads and writes the forms of a file in JSON.

    at the door and in Redis   "aGk=" or {"data": "aGk=", "name": "hi.txt", "content_type": "text/plain", "size": 2}
    in Redis, if it is large   {"$blob": "<SHA-256>", "size": 2, "name": "hi.txt", "content_type": "text/plain"}

A client cannot send the last one: by a hash it could read the files of others. Only who validates with `Blobs` reads it.
"""

import base64
import binascii
import re
from typing import Any, NamedTuple, Protocol

from pydantic_core import PydanticCustomError, PydanticKnownError

from celeriac.files import media_type
from celeriac.files.content import Content, InMemory

BLOB = "$blob"
# The keyword by which JSON Schema knows a place for a file: an object with `types` and `most_bytes`.
KEYWORD = "x-celeriac-file"
BASE64_PATTERN = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
LONGEST_NAME = 255
_MEMBERS = frozenset(("data", "name", "content_type", "size"))
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Blobs(Protocol):
    """The blobs that an input may name: the context of its validation."""

    def content(self, digest: str, size: int) -> Content:
        """Those bytes; `LookupError` if the input may not have them."""
        ...


class Sink(Protocol):
    """Where large files of a result go: the context of its serialization."""

    def keep(self, content: Content) -> str | None:
        """The hash under which it is kept now; None if it is to be in the JSON."""
        ...


class Form(NamedTuple):
    """A file as JSON has it."""

    content: Content
    name: str | None = None
    content_type: str | None = None


def read_form(value: Any, blobs: Blobs | None) -> Form:
    """The file in this JSON value."""
    match value:
        case str():
            return Form(InMemory(decoded(value)))
        case {"$blob": digest, "size": size} if blobs is not None:
            return Form(_stored(digest, size, blobs), value.get("name"), value.get("content_type"))
        case {"$blob": _}:
            raise _wrong('should have "data": a file cannot be given by its hash')
        case {"data": str(text)} if value.keys() <= _MEMBERS:
            return _given(InMemory(decoded(text)), value)
        case dict():
            raise _wrong('should have "data" (base64), may have "name" and "content_type", and nothing else')
        case _:
            raise _wrong('should be base64 text, or an object with "data", "name" and "content_type"')


def read_bytes(value: Any, blobs: Blobs | None) -> bytes:
    """The bytes in this JSON value, for a parameter that is no more than bytes."""
    match value:
        case str():
            return decoded(value)
        case {"$blob": digest, "size": size} if blobs is not None:
            return b"".join(_stored(digest, size, blobs).chunks())
        case {"data": str(text)} if blobs is not None:  # the result of another task
            return decoded(text)
        case _:
            raise PydanticKnownError("string_type")


def written_form(form: Form, sink: Sink | None) -> dict[str, Any]:
    """The JSON value of this file."""
    size, about = form.content.size, {"name": form.name, "content_type": form.content_type}
    if sink is not None and (digest := sink.keep(form.content)):
        return {BLOB: digest, "size": size, **about}
    return {"data": encoded(b"".join(form.content.chunks())), "size": size, **about}


def written_bytes(data: bytes, sink: Sink | None) -> str | dict[str, Any]:
    """The JSON value of bytes without a name."""
    if sink is not None and (digest := sink.keep(InMemory(data))):
        return {BLOB: digest, "size": len(data), "name": None, "content_type": None}
    return encoded(data)


def encoded(data: bytes) -> str:
    """Base64 (RFC 4648 §4, padded)."""
    return base64.b64encode(data).decode("ascii")


def decoded(text: str) -> bytes:
    """The bytes in base64."""
    if len(text) % 4:  # Python lets too much padding pass
        raise _no_base64("Incorrect padding")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise _no_base64(str(wrong)) from wrong


def clean_name(name: str | None) -> str | None:
    """The last part of a file's path on its sender's machine, without what could deceive a reader; None if nothing is left."""
    if name is None:
        return None
    last = _CONTROLS.sub("", re.split(r"[/\\]", name)[-1]).strip()[-LONGEST_NAME:]
    return None if last in ("", ".", "..") else last


def is_blob(value: Any) -> bool:
    """Whether this JSON value has the form of a large file."""
    match value:
        case {"$blob": str(digest), "size": int(), "name": _, "content_type": _, **rest}:
            return not rest and _DIGEST.fullmatch(digest) is not None
    return False


def is_file(value: Any) -> bool:
    """Whether this JSON value has the form in which a result has a file."""
    return is_blob(value) or (isinstance(value, dict) and value.keys() == _MEMBERS)


def _given(content: Content, members: dict[str, Any]) -> Form:
    name, content_type, size = members.get("name"), members.get("content_type"), members.get("size")
    if name is not None and not isinstance(name, str):
        raise _wrong('should have a text as "name", or null')
    if content_type is not None and not (isinstance(content_type, str) and media_type.is_valid(content_type)):
        raise _wrong('should have a type such as "image/png" as "content_type", or null')
    if size is not None and (type(size) is not int or size != content.size):
        raise _wrong(
            f'should have the number of bytes in "data", which is {content.size}, as "size", or none'
        )
    return Form(content, clean_name(name), content_type)


def _stored(digest: object, size: object, blobs: Blobs) -> Content:
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest) or type(size) is not int:
        raise _wrong("should be a file of this request")
    try:
        return blobs.content(digest, size)
    except LookupError:
        raise _wrong("should be a file of this task") from None


def _wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("file", "Input {sentence}", {"sentence": sentence})


def _no_base64(reason: str) -> PydanticCustomError:
    return PydanticCustomError("base64", "Input should be base64 (RFC 4648 §4): {why}", {"why": reason})
