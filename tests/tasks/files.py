"""Tasks that take files and give files back."""

from typing import Annotated, Literal

from pydantic import BaseModel

from celeriac import Accepts, File, task


class Described(BaseModel):
    """A file, and what is known of it."""

    file: File
    size: int


@task
def describe(  # noqa: PLR0913 - one of each kind
    one: File,
    *,
    raw: Annotated[bytes, Accepts("text/*", most=100)] = b"",
    several: list[File] | None = None,
    number: int = 0,
    ratio: float | None = None,
    flag: bool = False,
    words: tuple[str, ...] = (),
    settings: dict[str, int] | None = None,
    title: str = "",
    size: Literal["small", 2] = "small",
) -> dict[str, object]:
    """What came."""
    files = [
        [file.name, file.content_type, file.read().decode("latin-1")] for file in (one, *(several or ()))
    ]
    return {
        "files": files,
        "raw": raw.decode("latin-1"),
        "values": [number, ratio, flag, words, settings, title, size],
    }


@task
def same_file(file: Annotated[File, Accepts(most="200 KB")], name: str | None = None) -> File:
    """The file that came, under this name."""
    return File(file.read(), name=name or file.name, content_type=file.content_type)


@task
def same_bytes(data: bytes, times: int = 1) -> bytes:
    """The bytes that came."""
    return data * times


@task
def described_file(file: File) -> Described:
    """The file in a model."""
    return Described(file=file, size=file.size)


@task
def no_file(*, fails: bool = False) -> File | None:
    """Nothing."""
    if fails:
        raise ValueError("there is none")
    return None
