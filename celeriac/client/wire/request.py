"""A request as a value, before any HTTP library sees it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, urlencode

from celeriac.client.wire.body import SpooledBody

if TYPE_CHECKING:
    from celeriac.client.wire.form import FormBody

EVENTS = "text/event-stream"
LINES = "application/x-ndjson"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent to the API; the path is relative to its address, and quoted."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)
    body: "bytes | SpooledBody | FormBody | None" = None
    # For how many seconds the API may hold the request until the task has ended; 0: not at all.
    wait: int = 0
    # Whether the request can be sent again if its answer is lost. It can if that changes nothing more.
    repeatable: bool = True

    def without_wait(self) -> Self:
        """The same request, to be answered at once."""
        return type(self)(self.method, self.path, self.headers, self.body, 0, self.repeatable)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the names of the headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """The media type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def path_of(*parts: str, query: Iterable[tuple[str, str]] = ()) -> str:
    """The path of a resource; each part is quoted, so none can lead elsewhere."""
    path = "/" + "/".join(quote(_checked(part), safe="") for part in parts)
    text = urlencode(list(query))
    return f"{path}?{text}" if text else path


def _checked(part: str) -> str:
    """A part of a path that HTTP software leaves as it is."""
    if part in {"", ".", ".."}:
        raise ValueError(f"{part!r} cannot be a name or an id.")
    return part
