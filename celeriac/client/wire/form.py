"""A form with files as a body, read while it is sent."""

import os
from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote

from celeriac.files import media_type
from celeriac.files.file import File
from celeriac.files.form import clean_name


class FormBody:
    """The parts of a form: an input without its files, and the files."""

    def __init__(self, input_json: bytes, files: list[tuple[str, File]]) -> None:
        """`files` have the names of their parameters."""
        self.boundary = os.urandom(16).hex()
        head = 'form-data; name="input"\r\nContent-Type: application/json'
        self._parts: list[tuple[bytes, bytes | File]] = [(self._head(head), input_json)]
        self._parts += [(self._head(_head_of(name, file)), file) for name, file in files]
        self._end = f"--{self.boundary}--\r\n".encode()
        sizes = (len(head) + _size(content) + 2 for head, content in self._parts)
        self.size = sum(sizes) + len(self._end)

    @property
    def content_type(self) -> str:
        """The header of the request."""
        return f"multipart/form-data; boundary={self.boundary}"

    def parts(self) -> Iterator[bytes]:
        """All of it, from the beginning."""
        for head, content in self._parts:
            yield head
            if isinstance(content, bytes):
                yield content
            else:
                yield from content.chunks()
            yield b"\r\n"
        yield self._end

    async def async_parts(self) -> AsyncIterator[bytes]:
        """The same for asyncio; a part is read from the disk in less time than a thread would need to start."""
        for part in self.parts():
            yield part

    def _head(self, text: str) -> bytes:
        return f"--{self.boundary}\r\nContent-Disposition: {text}\r\n\r\n".encode()


def _size(content: bytes | File) -> int:
    return len(content) if isinstance(content, bytes) else content.size


def _head_of(name: str, file: File) -> str:
    file_name = quote(clean_name(file.name) or "file", safe=" !#$&'()+,-.=@[]^_`{}~")
    kind = file.content_type or media_type.UNKNOWN
    return f'form-data; name="{quote(name, safe="")}"; filename="{file_name}"\r\nContent-Type: {kind}'
