"""Finds files among the values of an input; large ones make a form."""

import io
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celeriac.client.errors import InputNotJSON
from celeriac.client.wire.json_text import input_json

if TYPE_CHECKING:
    from celeriac.client.wire.form import FormBody
    from celeriac.files.file import File

# All files of an input together: smaller ones go as base64 in JSON.
LARGE = 65_536
_BYTES = (bytes, bytearray, memoryview)


def may_have_files(task_input: Mapping[str, Any]) -> bool:
    """Whether a value of this input is a file: bytes, a path, an open file or a `File`; or a list with one."""
    return any(_is_file(item) for value in task_input.values() for item in _several(value))


def split_files(name: str, task_input: Mapping[str, Any]) -> "tuple[Mapping[str, Any], FormBody | None]":
    """The input, and the body of its submission if its files are large together. Open files are read here, once.

    `InputNotJSON` if one cannot be read.
    """
    from celeriac.client.wire.form import FormBody  # noqa: PLC0415 - pydantic is slow to load

    wholes = {parameter: value for parameter, value in task_input.items() if _is_whole(value)}
    try:
        files = [(parameter, _file(item)) for parameter, value in wholes.items() for item in _several(value)]
        is_large = sum(file.size for _, file in files) > LARGE
    except OSError as error:
        raise InputNotJSON(f"The input of {name!r} contains a file that cannot be read: {error}.") from error
    if is_large:
        rest = {parameter: value for parameter, value in task_input.items() if parameter not in wholes}
        return rest, FormBody(input_json(rest, f"The input of {name!r}"), files)
    contents = {
        id(item): file.read() for (_, file), item in zip(files, _items(wholes), strict=True) if _is_open(item)
    }
    plain = {parameter: _with_contents(value, contents) for parameter, value in wholes.items()}
    return {**task_input, **plain}, None


def _items(wholes: Mapping[str, Any]) -> list[Any]:
    return [item for value in wholes.values() for item in _several(value)]


def _with_contents(value: Any, contents: Mapping[int, bytes]) -> Any:
    if isinstance(value, list):
        return [contents.get(id(item), item) for item in value]
    return contents.get(id(value), value)


def _is_open(value: Any) -> bool:
    return isinstance(value, io.BufferedIOBase | io.RawIOBase)


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_whole(value: Any) -> bool:
    """Whether the parameter is a file, or a list of files and nothing else."""
    several = _several(value)
    return bool(several) and all(map(_is_file, several))


def _is_file(value: Any) -> bool:
    return isinstance(value, (*_BYTES, PathLike, io.BufferedIOBase, io.RawIOBase)) or hasattr(
        value, "json_form"
    )


def _file(value: Any) -> "File":
    from celeriac.files.file import File  # noqa: PLC0415 - likewise

    if isinstance(value, File):
        return value
    if isinstance(value, (*_BYTES, PathLike)):
        return File(value)
    name = getattr(value, "name", None)
    is_path = isinstance(name, str) and Path(name).is_file()
    if is_path and value.seekable() and value.tell() == 0:
        return File(Path(str(name)))
    return File(value.read(), name=name if isinstance(name, str) else None)
