"""Which files a parameter takes: their types and their size."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from celeriac.files import media_type
from celeriac.files.file import File
from celeriac.files.form import KEYWORD
from celeriac.values.byte_sizes import bytes_of, shown_size


@dataclass(frozen=True, init=False)
class Accepts:
    """`Annotated[File, Accepts("image/*", most="20 MB")]`, or of `bytes`: types or patterns of them, and the largest size.

    The type is what the client declares; where it declares none, what the name's ending or the first bytes suggest. What a
    file really contains, only the code that opens it finds out. On a result, one type is the one that it has.
    """

    types: tuple[str, ...]
    most_bytes: int | None

    def __init__(self, *types: str, most: int | str | None = None) -> None:
        """`most` is a number of bytes, or a text such as `20 MB`. `ValueError` if there is something else."""
        wrong = next((kind for kind in types if not media_type.is_pattern(kind)), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is not a type such as 'image/png', or a pattern such as 'image/*'")
        size = bytes_of(most) if isinstance(most, str) else most
        if size is not None and size < 1:
            raise ValueError(f"most={most!r} should be 1 byte or more")
        object.__setattr__(self, "types", types)
        object.__setattr__(self, "most_bytes", size)

    @property
    def only_type(self) -> str | None:
        """The type, if there is one alone."""
        return self.types[0] if len(self.types) == 1 and "*" not in self.types[0] else None

    def check(self, value: Any) -> Any:
        """The same value, of a type that pydantic has validated; `PydanticCustomError` if it is not accepted."""
        match value:
            case File():
                declared = value.content_type
                kind = declared if declared not in (None, media_type.UNKNOWN) else _found(value) or declared
                size = value.size
            case bytes():
                kind, size = media_type.of_beginning(value), len(value)
            case _:
                return value
        if sentence := refusal(self.types, self.most_bytes, size=size, content_type=kind):
            raise PydanticCustomError("file_refused", "Input {sentence}", {"sentence": sentence})
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """What the type says, then the check."""
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """What the type says, with the limits."""
        described = handler.resolve_ref_schema(handler(schema))
        self._describe(described)
        return described

    def _describe(self, schema: dict[str, Any]) -> None:
        """A parameter's schema is that of bytes, that of a file, or one of several with such a one among them."""
        if KEYWORD in schema or "contentEncoding" in schema:
            schema[KEYWORD] = self._limits()
        if schema.get("contentEncoding") == "base64":
            self._describe_text(schema)
        for part in schema.get("anyOf", []):
            if KEYWORD not in schema:
                self._describe(part)
            elif part["type"] == "string":
                self._describe_text(part)
            elif "data" in part["properties"]:
                self._describe_text(part["properties"]["data"])

    def _describe_text(self, schema: dict[str, Any]) -> None:
        if self.only_type:
            schema["contentMediaType"] = self.only_type
        if self.most_bytes is not None:
            schema["maxLength"] = -(-self.most_bytes // 3) * 4

    def _limits(self) -> dict[str, Any]:
        limits: dict[str, Any] = {"types": list(self.types)} if self.types else {}
        return limits if self.most_bytes is None else {**limits, "most_bytes": self.most_bytes}


def refusal(
    types: Sequence[str], most_bytes: int | None, *, size: int, content_type: str | None
) -> str | None:
    """Why such a file is not accepted: a sentence that goes on from its parameter; None if it is. A type of None is unknown."""
    if most_bytes is not None and size > most_bytes:
        return f"should have at most {shown_size(most_bytes)}"
    if (
        content_type is not None
        and types
        and not any(media_type.matches(content_type, kind) for kind in types)
    ):
        return f"should be {' or '.join(types)}, not {content_type}"
    return None


def _found(file: File) -> str | None:
    return media_type.of_name(file.name) or media_type.of_beginning(
        b"".join(file.content.chunks(0, media_type.BEGINNING_BYTES))
    )
