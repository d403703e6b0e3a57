"""Reads multipart/form-data (RFC 7578) piece by piece, within limits."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from celeriac_api.response.errors import MalformedForm

MOST_PARTS = 1_000
MOST_HEADERS, LONGEST_HEADER = 8, 4_096
LONGEST_BOUNDARY = 70  # RFC 2046 §5.1.1
LONGEST_NAME = 200
# What may come before the first part and after the last one: nobody needs either.
MOST_AROUND = 4_096


@dataclass(frozen=True)
class PartHead:
    """A part begins. `file_name` is None for one that is no file; `content_type` is None where the part has none."""

    name: str
    file_name: str | None
    content_type: str | None


class PartEnd:
    """A part is complete."""


PART_END = PartEnd()
Event = PartHead | bytes | PartEnd


async def events(content_type: bytes, receive: Receive) -> AsyncIterator[Event]:
    """The head, the pieces and the end of each part, as they arrive; `MalformedForm` describes what is wrong."""
    form = _Form(_boundary(content_type))
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        more = message.get("more_body", False)
        for event in form.events(message.get("body", b"")):
            yield event
    form.finish()


def _boundary(content_type: bytes) -> bytes:
    _, parameters = parse_options_header(content_type)
    boundary = parameters.get(b"boundary", b"")
    if not 1 <= len(boundary) <= LONGEST_BOUNDARY:
        raise MalformedForm(
            f"The header Content-Type has no boundary of 1 to {LONGEST_BOUNDARY} characters: let your HTTP library write it."
        )
    return boundary


class _Form:
    """Turns the callbacks of the parser into events."""

    def __init__(self, boundary: bytes) -> None:
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._name,
                "on_header_value": self._value,
                "on_header_end": self._header,
                "on_headers_finished": self._head,
                "on_part_data": self._data,
                "on_part_end": lambda: self._events.append(PART_END),
                "on_end": self._end,
            },
            max_header_count=MOST_HEADERS,
            max_header_size=LONGEST_HEADER,
        )
        self._events: list[Event] = []
        self._parts = self._around = 0
        self._has_ended = False
        self._clear()

    def events(self, data: bytes) -> list[Event]:
        """Those of the next bytes of the body."""
        self._events = []
        if self._has_ended or not self._parts:
            self._around += len(data)
        try:
            self._parser.write(data)
        except FormParserError as wrong:
            raise MalformedForm(f"The body is not valid multipart/form-data: {str(wrong)[:200]}") from wrong
        if (self._has_ended or not self._parts) and self._around > MOST_AROUND:
            raise MalformedForm(f"The body has more than {MOST_AROUND} bytes outside of its parts.")
        return self._events

    def finish(self) -> None:
        """The body has ended; it must end with its last boundary."""
        if not self._has_ended:
            raise MalformedForm("The body ends before its last boundary: it is cut off.")

    def _begin(self) -> None:
        self._parts += 1
        self._around = 0
        if self._parts > MOST_PARTS:
            raise MalformedForm(f"The body has more than {MOST_PARTS} parts.")
        self._clear()

    def _clear(self) -> None:
        self._field, self._text = b"", b""
        self._headers: dict[bytes, bytes] = {}

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._text += data[start:end]

    def _header(self) -> None:
        name = self._field.strip().lower()
        if name in self._headers:
            raise MalformedForm(f"A part has the header {name.decode('latin-1')[:80]!r} twice.")
        self._headers[name] = self._text.strip()
        self._field, self._text = b"", b""

    def _head(self) -> None:
        self._events.append(_head_of(self._headers, self._parts))

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(data[start:end])

    def _end(self) -> None:
        self._has_ended = True


def _head_of(headers: dict[bytes, bytes], number: int) -> PartHead:
    kind, options = parse_options_header(headers.get(b"content-disposition", b""))
    name = options.get(b"name")
    if kind != b"form-data" or name is None:
        raise MalformedForm(
            f"Part {number} has no name: each part needs the header 'Content-Disposition: form-data; name=\"…\"'."
        )
    if headers.get(b"content-transfer-encoding", b"binary").lower() not in (b"binary", b"7bit", b"8bit"):
        raise MalformedForm(
            f"Part {number} is encoded (Content-Transfer-Encoding): send its bytes (RFC 7578 §4.7)."
        )
    file_name, content_type = options.get(b"filename"), headers.get(b"content-type")
    return PartHead(
        name.decode(errors="replace")[: LONGEST_NAME + 1],
        None if file_name is None else file_name.decode(errors="replace"),
        None if content_type is None else content_type.decode("latin-1"),
    )
