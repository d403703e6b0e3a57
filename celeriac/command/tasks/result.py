"""Writes the result of a task: as JSON, as text, or as bytes."""

import base64
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from celeriac.command.output.json_text import json_document
from celeriac.command.output.refusal import Failure, Refusal
from celeriac.command.output.streams import flush, say, write
from celeriac.command.output.visible import visible

if TYPE_CHECKING:
    from celeriac.client.client import Client


@dataclass(frozen=True)
class Destination:
    """Where the result goes, and in which form."""

    file: Path | None
    is_raw: bool
    is_json: bool

    def check(self) -> None:
        """Before anything is submitted: `Refusal` if the result could not be written."""
        if self.is_raw and self.is_json:
            raise Refusal(
                "--json and --raw exclude each other, and so do --json and --to.", advice="Use one of them."
            )
        if self.file is not None:
            folder = self.file.parent
            if self.file.is_dir():
                raise Refusal(f"{self.file} is a directory.", advice="Name a file in it.")
            if not (os.access(self.file, os.W_OK) if self.file.exists() else os.access(folder, os.W_OK)):
                raise Refusal(
                    f"{self.file} cannot be written.",
                    advice="Check that its directory exists, and its rights.",
                )

    def write(self, result: Any, *, is_bytes: bool, task_id: str) -> None:
        """Write it. `is_bytes`: the definition returns bytes, and this is their base64."""
        content = _content(result, is_bytes=is_bytes) if self.is_raw else json_document(result)
        if self.file is not None:
            self._write_file(content, task_id)
        elif isinstance(content, str):
            write(visible(content) if self.is_raw and sys.stdout.isatty() else content)
            flush()
        else:
            _write_bytes(content)

    def _write_file(self, content: str | bytes, task_id: str) -> None:
        assert self.file is not None  # noqa: S101 - for the type checker
        data = content.encode() if isinstance(content, str) else content
        try:
            self.file.write_bytes(data)
        except OSError as error:
            raise Failure(
                f"{self.file} cannot be written: {error.strerror}.",
                why="The task has succeeded, and its result is kept.",
                advice=f"celeriac get {task_id}",
            ) from error
        say(f"Wrote {len(data):,} bytes to {self.file}.")


def returns_bytes(client: "Client", name: str) -> bool:
    """Whether the results of this definition are the base64 of bytes."""
    from celeriac.command.tasks.definition.find import find_definition

    return find_definition(client, name).output.is_base64


def _content(result: Any, *, is_bytes: bool) -> str | bytes:
    if callable(read := getattr(result, "read", None)):  # a `File`
        content: bytes = read()
        return content
    if isinstance(result, str):
        return base64.b64decode(result) if is_bytes else result
    return json.dumps(result, ensure_ascii=False, indent=2)


def _write_bytes(content: bytes) -> None:
    if sys.stdout.isatty():
        raise Failure(
            "The result is bytes, which a terminal cannot show.", advice="Write it to a file: -o FILE"
        )
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
