"""Tasks that take and return files."""

from pathlib import Path

from celeriac import File, task


@task
def file_again(file: File) -> File:
    """Return the same file."""
    return file


@task
def file_size(file: File) -> int:
    """Read all of a file, some at a time."""
    return sum(len(chunk) for chunk in file.chunks())


@task
async def file_size_in_loop(file: File) -> int:
    """Read a file, in an event loop."""
    return len(file.read())


@task
def zeros(size: int, directory: str) -> File:
    """A file of this size, which is on a disk."""
    path = Path(directory) / f"zeros-{size}.bin"
    with path.open("wb") as file:
        file.truncate(size)
    return File(path)


@task
async def zeros_in_loop(size: int) -> bytes:
    """Bytes, from an event loop."""
    return bytes(size)


@task
def as_it_is(value: dict[str, object]) -> dict[str, object]:
    """Return what looks like a file, maybe."""
    return value
