"""Describes bodies with files for OpenAPI: a form, and the bare content of one file."""

from typing import Any

from celeriac.files.parameters import MULTIPART, FileParameter, UploadParameters

ANY_TYPE = "application/octet-stream"


def media_of(parameters: UploadParameters) -> dict[str, Any]:
    """The media types of such bodies; the properties of a form that are no files are added when all schemas are known."""
    media: dict[str, Any] = {MULTIPART: {"schema": {"type": "object"}}}
    if only := parameters.only_file:
        media |= {kind: {"schema": _binary(only)} for kind in only.types or (ANY_TYPE,)}
    return media


def describe_form(schema: dict[str, Any], parameters: UploadParameters, of_input: dict[str, Any]) -> None:
    """Complete the schema of a form by the schema of the same input in JSON."""
    properties = of_input["properties"]
    schema["properties"] = {
        name: _property(parameters.files[name], properties[name])
        if name in parameters.files
        else properties[name]
        for name in properties
    }
    if required := of_input.get("required"):
        schema["required"] = required
    schema["additionalProperties"] = False


def _property(file: FileParameter, of_json: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "array", "items": _binary(file)} if file.is_list else _binary(file)
    return schema | {name: of_json[name] for name in ("title", "description") if name in of_json}


def _binary(file: FileParameter) -> dict[str, Any]:
    """OpenAPI 3.1 needs no format for bytes; with the one of 3.0, pages show a file chooser."""
    schema: dict[str, Any] = {"type": "string", "format": "binary"}
    return schema if file.most_bytes is None else {**schema, "maxLength": file.most_bytes}
