"""Makes `bytes` a string of standard base64 in JSON."""

from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SerializationInfo, ValidationInfo
from pydantic_core import CoreSchema, core_schema

from celeriac.files.form import BASE64_PATTERN, read_bytes, written_bytes


class _Base64:
    """RFC 4648 §4, padded; a large one of a task is in a store."""

    def __get_pydantic_core_schema__(self, source: type, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.json_or_python_schema(
            json_schema=core_schema.with_info_plain_validator_function(_read),
            python_schema=core_schema.is_instance_schema(bytes),
            serialization=core_schema.plain_serializer_function_ser_schema(
                _write, info_arg=True, when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "contentEncoding": "base64", "pattern": BASE64_PATTERN}


Base64Bytes = Annotated[bytes, _Base64()]
"""`bytes` as base64 inside a model of your own; a task's own parameters and result need only say `bytes`."""


def _read(value: object, info: ValidationInfo) -> bytes:
    return read_bytes(value, info.context)


def _write(data: bytes, info: SerializationInfo) -> Any:
    return written_bytes(data, info.context)
