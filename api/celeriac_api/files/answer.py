"""Sends the bytes of a file, as a whole or in part."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from celeriac.files import media_type
from celeriac.files.content import InStore
from celeriac.files.form import Form
from celeriac.files.store.in_threads import AsyncStore
from celeriac.files.store.store import BlobGone, StoreError
from celeriac_api.files.ranges import range_of
from celeriac_api.request.accept_header import etag_matches
from celeriac_api.request.fields import Fields
from celeriac_api.response.errors import FilesUnavailable, ResultGone

# What a browser may show in a page's place. HTML, SVG and XML could run scripts there, with the origin of this API.
SHOWN = (
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/bmp",
    "text/plain",
    "application/pdf",
)
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
SHOWN_KINDS = ("audio/*", "video/*")


async def file_answer(
    file: Form, fields: Fields, store: AsyncStore, more_headers: Mapping[str, str] = NO_HEADERS
) -> Response:
    """200 with the bytes; 206 with those of a range, or 304 if the client has them. Headers are named as in `Answer`."""
    etag = f'"{_digest(file)}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept"}
    headers |= {name.replace("_", "-"): value for name, value in more_headers.items()}
    if etag_matches(fields.get(b"if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    size = file.content.size
    part = range_of(fields, size=size, etag=etag)
    start, end = part or (0, size)
    headers |= {
        "Content-Length": str(end - start),
        "Content-Disposition": disposition(file.name, type_of(file)),
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    status = 206 if part else 200
    if not isinstance(file.content, InStore):
        content = b"".join(file.content.chunks(start, end))
        return Response(content, status, {**headers, "Content-Type": type_of(file)})
    chunks = await _opened(store, file.content.digest, start, end)
    return StreamingResponse(chunks, status, {**headers, "Content-Type": type_of(file)})


def type_of(file: Form) -> str:
    """The type of a file: what it says, or what its name or first bytes suggest."""
    if file.content_type is not None and media_type.is_valid(file.content_type):
        return file.content_type
    if guessed := media_type.of_name(file.name):
        return guessed
    if isinstance(file.content, InStore):
        return media_type.UNKNOWN
    beginning = b"".join(file.content.chunks(0, media_type.BEGINNING_BYTES))
    return media_type.of_beginning(beginning) or media_type.UNKNOWN


def disposition(name: str | None, content_type: str) -> str:
    """The header Content-Disposition (RFC 6266), as Starlette's `FileResponse` writes it."""
    is_shown = media_type.essence(content_type) in SHOWN or any(
        media_type.matches(content_type, kind) for kind in SHOWN_KINDS
    )
    kind = "inline" if is_shown else "attachment"
    if name is None:
        return kind
    quoted = quote(name, safe="")
    return f'{kind}; filename="{name}"' if quoted == name else f"{kind}; filename*=utf-8''{quoted}"


def _digest(file: Form) -> str:
    if isinstance(file.content, InStore):
        return file.content.digest
    return hashlib.sha256(b"".join(file.content.chunks())).hexdigest()


async def _opened(store: AsyncStore, digest: str, start: int, end: int) -> AsyncIterator[bytes]:
    try:
        return await store.open(digest, start, end)
    except BlobGone:
        raise ResultGone("The content of this file was removed from the store of files.") from None
    except StoreError as error:
        raise FilesUnavailable(
            f"The file cannot be read now ({error}). Try again in a few seconds."
        ) from error
