"""Finds out which parameters of a task are files."""

from dataclasses import dataclass
from typing import Any

from celeriac.files.form import KEYWORD
from celeriac.values.json.shape import Shape

# The type of a body with one part for each parameter (RFC 7578).
MULTIPART = "multipart/form-data"


@dataclass(frozen=True)
class FileParameter:
    """A parameter that takes a file (or, as a list, several): its types and patterns of them, and the most bytes of each."""

    name: str
    is_bytes: bool
    is_list: bool
    types: tuple[str, ...]
    most_bytes: int | None


@dataclass(frozen=True)
class UploadParameters:
    """All parameters of a definition, as a body with files has them."""

    files: dict[str, FileParameter]
    others: dict[str, Shape]

    @classmethod
    def of(cls, input_schema: dict[str, Any]) -> "UploadParameters":
        """Those in the schema of an input."""
        whole = Shape.of(input_schema)
        files: dict[str, FileParameter] = {}
        for name, shape in whole.members().items():
            if file := _file(name, shape):
                files[name] = file
        return cls(files, {name: shape for name, shape in whole.members().items() if name not in files})

    @property
    def only_file(self) -> FileParameter | None:
        """The parameter that a bare body is; None if there is not exactly one."""
        if len(self.files) != 1:
            return None
        (only,) = self.files.values()
        return None if only.is_list else only

    @property
    def names(self) -> tuple[str, ...]:
        """Those of all parameters."""
        return (*self.files, *self.others)


def file_result(output_schema: dict[str, Any]) -> FileParameter | None:
    """What a result is that is a file; None if it is something else, or has files inside."""
    file = _file("", Shape.of(output_schema))
    return None if file is None or file.is_list else file


def _file(name: str, shape: Shape) -> FileParameter | None:
    """The file in this schema: itself, an alternative to null, or the items of a list."""
    array = shape.leaf("array")
    schema = _file_schema(shape.schema if array is None else shape.item(array, 0).schema)
    if schema is None:
        return None
    limits = schema.get(KEYWORD, {})
    return FileParameter(
        name,
        is_bytes="contentEncoding" in schema,
        is_list=array is not None,
        types=tuple(limits.get("types", ())),
        most_bytes=limits.get("most_bytes"),
    )


def _file_schema(schema: Any) -> Any:
    if schema.get("contentEncoding") == "base64" or KEYWORD in schema:
        return schema
    return next(filter(None, map(_file_schema, schema.get("anyOf", []))), None)
