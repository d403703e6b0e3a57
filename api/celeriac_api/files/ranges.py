"""Reads the header `Range` (RFC 9110 §14.2)."""

import re

from celeriac_api.request.fields import Fields
from celeriac_api.response.errors import RangeNotSatisfiable

_ONE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII)


def range_of(fields: Fields, *, size: int, etag: str) -> tuple[int, int] | None:
    """The first byte and the one after the last; None: all of it. Several ranges, and those of another version, count as none.

    416 if the file has no byte in the range.
    """
    match = _ONE.fullmatch(fields.get(b"range", b"").decode("latin-1"))
    if match is None or match[0] == "bytes=-" or fields.get(b"if-range", etag.encode()) != etag.encode():
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:  # not valid, so it is ignored
            return None
    if start >= size or start >= end:
        raise RangeNotSatisfiable(
            f"The file has {size} bytes: ask for some of them.", headers={"Content-Range": f"bytes */{size}"}
        )
    return start, end
