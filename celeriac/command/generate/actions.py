"""Reads the document of an API, and writes or checks the module."""

import ast
import json
import sys
from pathlib import Path
from typing import Any

from celeriac.command.connect.server import Server
from celeriac.command.generate.document import described_tasks
from celeriac.command.output import streams
from celeriac.command.output.refusal import Failure, Refusal, require_packages

STANDARD = "-"


def generated(source: str | None, server: Server) -> str:
    """The module for the API that `source` names: a file or an address; None for the server of the options."""
    require_packages("generate", "generate", "datamodel_code_generator", "black")
    from celeriac.command.generate.module import module_text

    try:
        document, name = _document(source, server)
        return module_text(*described_tasks(document, source=name))
    except RecursionError as error:
        raise Refusal(f"{source or 'The document'} is nested too deeply.") from error


def write(output: Path, text: str) -> None:
    """Write the module to this file; `-` is standard output."""
    if str(output) == STANDARD:
        streams.write(text.removesuffix("\n"))
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{output} cannot be written: {error.strerror}.") from error
    streams.say(f"Wrote {output}.")


def check(output: Path, text: str) -> None:
    """`Failure` if this file is not the module. Its layout does not matter: formatters may have changed it."""
    if str(output) == STANDARD:
        raise Refusal("--check compares a file.", advice="Name it with --output FILE.")
    try:
        existing = output.read_text(encoding="utf-8")
        is_up_to_date = _code(existing) == _code(text)
    except FileNotFoundError as error:
        raise Failure(f"{output} does not exist.", advice=_advice(output)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{output} cannot be read: {error}.") from error
    except (SyntaxError, ValueError):  # a null byte is a ValueError
        is_up_to_date = False
    if not is_up_to_date:
        raise Failure(f"{output} is not up to date.", advice=_advice(output))
    streams.say(f"{output} is up to date.")


def _document(source: str | None, server: Server) -> tuple[Any, str]:
    """The document, and where it is from."""
    if source is None or source.startswith(("http://", "https://")):
        return _from_server(server.overridden(url=source, key=None, profile=None))
    if source == STANDARD:
        return _parsed(sys.stdin.read(), "Standard input"), "Standard input"
    try:
        return _parsed(Path(source).read_text(encoding="utf-8"), source), source
    except FileNotFoundError as error:
        raise Refusal(
            f"The file {source} does not exist.",
            advice="Write the address of a server with its scheme, such as http://127.0.0.1:8000.",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"{source} cannot be read: {error}.") from error


def _from_server(server: Server) -> tuple[Any, str]:
    with server.client() as client:
        return client.openapi(), f"The answer of {client.base_url}"


def _parsed(text: str, source: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Refusal(f"{source} is not valid JSON: {error}.") from error


def _code(text: str) -> str:
    return ast.dump(ast.parse(text))


def _advice(output: Path) -> str:
    return f"Write it again, with the same command without --check: celeriac generate … -o {output}"
