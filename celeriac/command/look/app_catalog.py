"""`celeriac catalog APP`: the catalog of an existing app, as a file for an API."""

import json
from pathlib import Path
from typing import Any

import typer

from celeriac.command.connect.existing_app import AppReport, read_app
from celeriac.command.output.exit_codes import ExitCode
from celeriac.command.output.json_text import json_document
from celeriac.command.output.output import Form, Output
from celeriac.command.output.refusal import Failure, Refusal
from celeriac.command.output.streams import flush, say, write
from celeriac.command.output.visible import one_line


def print_catalog(app: str, *, names: str | None, compared: Path | None, output: Output) -> None:
    """Print the catalog of this app, or compare it with a file. A task that is not offered has a sentence, and the exit code is 1."""
    report = read_app("catalog", app, names)
    if compared is not None:
        _compare(report.catalog, compared, app)
    elif output.form is Form.IDS:
        for definition in report.offered:
            write(one_line(definition["name"]))
    else:
        write(json_document(report.catalog))
    flush()
    _say_refusals(report)


def _say_refusals(report: AppReport) -> None:
    for _, sentence in report.refused_aliases:
        say(f"Warning: {sentence}")
    for name, sentence in report.refusals:
        say(f"{name} is not offered: {sentence}")
    if report.refusals:
        raise typer.Exit(ExitCode.FAILED)


def _compare(catalog: dict[str, Any], file: Path, app: str) -> None:
    """`Failure` names what differs from the file. The version of Celery is not compared."""
    before, after = _by_name(_read(file)), _by_name(catalog)
    changes = [
        f"{label} {', '.join(names)}"
        for label, names in (
            ("new:", sorted(after.keys() - before.keys())),
            ("gone:", sorted(before.keys() - after.keys())),
            (
                "changed:",
                sorted(name for name in before.keys() & after.keys() if before[name] != after[name]),
            ),
        )
        if names
    ]
    if changes:
        raise Failure(
            f"{file} is not the catalog of {app} any more: {'; '.join(changes)}.",
            advice=f"celeriac catalog {app} > {file}",
        )


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except OSError as error:
        raise Refusal(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise Refusal(f"{file} is not JSON: {error}.") from error


def _by_name(catalog: Any) -> dict[str, Any]:
    try:
        return {definition["name"]: definition for definition in catalog["definitions"]}
    except (TypeError, KeyError, IndexError):
        raise Refusal("The file is not a catalog: it has no definitions with names.") from None
