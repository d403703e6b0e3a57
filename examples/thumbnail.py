"""Make a picture smaller; bytes travel as base64: `python examples/thumbnail.py [PICTURE SMALLER]`.

PICTURE is a PNG or JPEG file. SMALLER is the file to write. Without them, the script makes a picture and writes no file.
Set CELERIAC_URL if the API is not at http://127.0.0.1:8000.
"""

import base64
import os
import struct
import sys
import time
import zlib
from pathlib import Path

import httpx

URL = os.environ.get("CELERIAC_URL", "http://127.0.0.1:8000")


def main() -> None:
    """Make a picture 64 pixels wide."""
    match sys.argv[1:]:
        case []:
            smaller = thumbnail(colours(320, 200), width=64)
            print(f"320 x 200 pixels became {' x '.join(map(str, size(smaller)))}")
        case [picture, target]:
            smaller = thumbnail(Path(picture).read_bytes(), width=64)
            Path(target).write_bytes(smaller)
            print(f"{target}: {len(smaller)} bytes")
        case _:
            sys.exit("usage: python examples/thumbnail.py [PICTURE SMALLER]")


def thumbnail(image: bytes, *, width: int) -> bytes:
    """The smaller image. The task is submitted and awaited in one request when it takes less than 10 seconds."""
    waiting = {"Prefer": "wait=10"}
    body = {"image": base64.b64encode(image).decode(), "width": width}
    with httpx.Client(base_url=URL, timeout=30) as client:
        response = checked(client.post("/thumbnail", json=body, headers=waiting))
        while not (task := response.json())["ready"]:
            time.sleep(int(response.headers["Retry-After"]))
            response = checked(client.get(task["links"]["self"], headers=waiting))
    if not task["successful"]:
        sys.exit(f"It {task['state']}: {task['error']['message']}")
    return base64.b64decode(task["result"])


def checked(response: httpx.Response) -> httpx.Response:
    """The response; a refusal ends the script with its reason (docs/reference/errors.md)."""
    if response.headers.get("Content-Type") == "application/problem+json":
        sys.exit(response.json()["detail"])
    return response.raise_for_status()


def colours(width: int, height: int) -> bytes:
    """A PNG file (RFC 2083) that runs through some colours."""
    lines = (bytes(value for x in range(width) for value in (x % 256, y % 256, 128)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + line for line in lines))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    """One part of a PNG file: length, kind, data, checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def size(png: bytes) -> tuple[int, int]:
    """Width and height, from the header of a PNG file."""
    width, height = struct.unpack_from(">II", png, offset=16)
    return width, height


if __name__ == "__main__":
    try:
        main()
    except httpx.TransportError as error:
        sys.exit(f"No answer from {URL} ({error}). Start the API with `make run`, or set CELERIAC_URL.")
