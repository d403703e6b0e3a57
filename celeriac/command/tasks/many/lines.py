"""Reads lines from standard input as they arrive, each of a bounded length."""

import os
import sys
from collections.abc import Iterator

from celeriac.command.tasks.input.errors import InputError
from celeriac.command.tasks.input.files import LARGEST

CHUNK_BYTES = 65_536


def stdin_lines() -> Iterator[tuple[int, bytes]]:
    """Each line that is not blank, with its number; without waiting for the next one."""
    return numbered(_chunks(sys.stdin.fileno()))


def numbered(chunks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines of these chunks, with their numbers."""
    number, head = 0, bytearray()
    for chunk in chunks:
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            number += 1
            line = bytes(head + end)
            head.clear()
            if line.strip():
                yield number, line
        head += rest
        if len(head) > LARGEST:
            raise InputError(
                f"Line {number + 1} is longer than {LARGEST // 1024**2} MiB.", "Write one input in each line."
            )
    if head.strip():
        yield number + 1, bytes(head)


def _chunks(descriptor: int) -> Iterator[bytes]:
    """Not by `sys.stdin`: a thread that still reads from it when the program ends would break that end."""
    while chunk := os.read(descriptor, CHUNK_BYTES):
        yield chunk
