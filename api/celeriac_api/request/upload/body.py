"""Makes an input of a form with files, or of one bare file."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from celeriac.files.parameters import MULTIPART, FileParameter, UploadParameters
from celeriac.files.store.store import StoreError
from celeriac.values.json.pointer import pointer_to
from celeriac.values.json.shape import Shape
from celeriac_api.access.caller import Caller
from celeriac_api.request.body import JSON, invalid_input
from celeriac_api.request.fields import FIELDS, Fields
from celeriac_api.request.judgement import Judge
from celeriac_api.request.parameters import MOST_PARAMETERS
from celeriac_api.request.schema.strict_json import strict_value
from celeriac_api.request.upload.multipart import Event, PartEnd, PartHead, events
from celeriac_api.request.upload.received import Received, ReceivedFile
from celeriac_api.request.upload.texts import values_of
from celeriac_api.response.errors import BodyTooLarge, FilesUnavailable, MalformedJSON
from celeriac_api.response.near_names import listed, shown

# The part that has several parameters as one JSON object.
INPUT = "input"
# What a client sends that names no type of its own: it is not taken for a file.
FORM = "application/x-www-form-urlencoded"

B = TypeVar("B")


class Upload(Generic[B]):
    """The way of such a body to a checked input, prepared once for a definition."""

    def __init__(
        self,
        parameters: UploadParameters,
        receive_into: Callable[[Caller, Fields], Received],
        read: Callable[[bytes, Received], B],
    ) -> None:
        """`receive_into` makes the place for the files of a request, `read` the value of an input that names those."""
        self._parameters, self._receive_into, self._read = parameters, receive_into, read

    def takes(self, fields: Fields) -> bool:
        """Whether a body with these headers contains files of these parameters."""
        kind = _essence(fields)
        if kind in ("", JSON) or b"content-encoding" in fields:
            return False
        return kind == MULTIPART or (self._parameters.only_file is not None and kind != FORM)

    def split(self, scope: Scope) -> tuple[Scope, dict[str, Any]]:
        """The request without what its query has of the input, and that: it has some if the body is no form."""
        if _essence(scope[FIELDS]) == MULTIPART or not scope["query_string"]:
            return scope, {}
        return _split(self._parameters.others, scope)

    async def read(
        self, values: dict[str, Any], fields: Fields, receive: Receive, judge: Judge, caller: Caller
    ) -> B:
        """The value of this body, and of what the query has of the input."""
        received = self._receive_into(caller, fields)
        try:
            if _essence(fields) == MULTIPART:
                form = _Form(self._parameters, received, caller.most_bytes(judge.largest))
                values = await form.read(events(fields[b"content-type"], receive))
            elif only := self._parameters.only_file:
                values = {**values, only.name: await _bare(only, fields, receive, received)}
        except StoreError as error:
            raise FilesUnavailable(
                f"The file cannot be stored now ({error}). Try again in a few seconds."
            ) from error
        finally:
            await received.abandon()
        return await judge.judge(json.dumps(values).encode(), lambda raw: self._read(raw, received))


def _essence(fields: Fields) -> str:
    return fields.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")


async def _bare(only: FileParameter, fields: Fields, receive: Receive, received: Received) -> object:
    content_type = fields[b"content-type"].decode("latin-1").strip()
    file = received.begin(only, name=None, content_type=content_type, at=pointer_to([only.name]))
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        if body := message.get("body", b""):
            await file.write(body)
        more = message.get("more_body", False)
    return await file.finish()


def _split(others: Mapping[str, Shape], scope: Scope) -> tuple[Scope, dict[str, Any]]:
    query = scope["query_string"]
    if query.count(b"&") >= MOST_PARAMETERS:  # who reads the rest of the query refuses it
        return scope, {}
    texts: dict[str, list[str]] = {}
    rest: list[tuple[str, str]] = []
    for name, text in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name in others:
            texts.setdefault(name, []).append(text)
        else:
            rest.append((name, text))
    values: dict[str, Any] = {}
    for name, several in texts.items():
        if len(several) > 1 and others[name].leaf("array", "any") is None:
            raise invalid_input([(f"?{name}", "should be given once", f"{len(several)} times")])
        values[name] = values_of(several, others[name])
    return {**scope, "query_string": urlencode(rest).encode()} if texts else scope, values


class _Form:
    """The parts of one form, as they come."""

    def __init__(self, parameters: UploadParameters, received: Received, largest: int) -> None:
        self._parameters, self._received, self._largest = parameters, received, largest
        self._texts_bytes = 0
        self._values: dict[str, Any] = {}
        self._texts: dict[str, list[str]] = {}

    async def read(self, parts: AsyncIterator[Event]) -> dict[str, Any]:
        """The input."""
        part: ReceivedFile | _Field | None = None
        async for event in parts:
            if isinstance(event, PartHead):
                part = self._begun(event)
            elif isinstance(part, _Field):
                self._add(part, event)
            elif part is not None:
                await self._add_to_file(part, event)
        for name, texts in self._texts.items():
            self._require_new(name)
            self._values[name] = values_of(texts, self._parameters.others[name])
        return self._values

    def _begun(self, head: PartHead) -> "ReceivedFile | _Field":
        name = head.name
        self._count(len(name))
        if file := self._parameters.files.get(name):
            items = self._values.get(name, []) if file.is_list else ()
            if not file.is_list:
                self._require_new(name)
            at = pointer_to([name, len(items)] if file.is_list else [name])
            self._file, self._is_chosen = file, head.file_name != ""
            return self._received.begin(file, name=head.file_name, content_type=head.content_type, at=at)
        is_json = (head.content_type or "").partition(";")[0].strip().lower() == JSON
        if name not in self._parameters.others and not (name == INPUT and is_json):
            raise invalid_input(
                [
                    (
                        pointer_to([name]),
                        f"unknown parameter; known: {listed(self._parameters.names)}",
                        "a part",
                    )
                ]
            )
        return _Field(name, is_json=is_json)

    def _add(self, field: "_Field", event: bytes | PartEnd) -> None:
        if isinstance(event, PartEnd):
            self._enter_field(field)
        else:
            self._count(len(event))
            field.text += event

    async def _add_to_file(self, file: ReceivedFile, event: bytes | PartEnd) -> None:
        if isinstance(event, PartEnd):
            await self._enter_file(file)
        else:
            await file.write(event)

    async def _enter_file(self, file: ReceivedFile) -> None:
        parameter = self._file
        if not file.size and not self._is_chosen:  # a browser's form in which no file was chosen
            return
        value = await file.finish()
        if parameter.is_list:
            self._values.setdefault(parameter.name, []).append(value)
        else:
            self._values[parameter.name] = value

    def _enter_field(self, field: "_Field") -> None:
        text = field.decoded()
        if not field.is_json:
            texts = self._texts.setdefault(field.name, [])
            texts.append(text)
            if len(texts) > 1 and self._parameters.others[field.name].leaf("array", "any") is None:
                raise _twice(field.name)
            return
        value = _json(text, field.name)
        if field.name in self._parameters.others:
            self._require_new(field.name)
            self._values[field.name] = value
        else:
            self._enter_input(value)

    def _enter_input(self, value: Any) -> None:
        if not isinstance(value, dict):
            raise invalid_input([("", "the part 'input' should be a JSON object", value)])
        for name, member in value.items():
            self._require_new(name)
            self._values[name] = member

    def _require_new(self, name: str) -> None:
        if name in self._values:
            raise _twice(name)

    def _count(self, size: int) -> None:
        self._texts_bytes += size
        if self._texts_bytes > self._largest:
            raise BodyTooLarge(
                f"The parts that are not files are larger than {self._largest} bytes, the limit of this key or of CELERIAC_MAX_BODY_BYTES."
            )


class _Field:
    """A part that is no file."""

    def __init__(self, name: str, *, is_json: bool) -> None:
        self.name, self.is_json = name, is_json
        self.text = bytearray()

    def decoded(self) -> str:
        """Its text; `InvalidInput` if it is not UTF-8."""
        try:
            return self.text.decode()
        except UnicodeDecodeError:
            raise invalid_input(
                [(pointer_to([self.name]), "should be text in UTF-8", "other bytes")]
            ) from None


def _json(text: str, name: str) -> Any:
    try:
        return strict_value(text)
    except (ValueError, RecursionError) as wrong:
        raise MalformedJSON(f"The part {shown(name)} is not valid JSON: {str(wrong)[:200]}.") from wrong


def _twice(name: str) -> Exception:
    return invalid_input([(pointer_to([name]), "should be given once", "twice")])
