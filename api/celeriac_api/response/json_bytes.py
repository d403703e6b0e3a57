"""A response whose content is already JSON, with few headers."""

from pydantic import BaseModel
from starlette.responses import Response

Header = tuple[bytes, bytes]


class Answer(Response):
    """JSON bytes with a status; headers by their names in Python's spelling (`retry_after="1"`)."""

    def __init__(self, content: bytes, status: int, **headers: str) -> None:
        """`content` is sent as it is."""
        self.body = content
        self.status_code = status
        self.background = None
        self.raw_headers = [_JSON, (b"content-length", str(len(content)).encode())]
        self.raw_headers += [_header(name, value) for name, value in headers.items()]


def model_answer(document: BaseModel) -> Answer:
    """200 with this document."""
    return Answer(document.model_dump_json().encode(), 200)


_JSON: Header = (b"content-type", b"application/json")


def _header(name: str, value: str) -> Header:
    return name.replace("_", "-").encode(), value.encode()
