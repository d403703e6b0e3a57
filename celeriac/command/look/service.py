"""`celeriac workers`, `catalog`, `audit` and `openapi`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from celeriac.command.connect.existing_app import AppName, ShortNames
from celeriac.command.connect.server import Server
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.output.column import Column
from celeriac.command.output.json_text import json_document
from celeriac.command.output.moments import age, moment
from celeriac.command.output.output import Output
from celeriac.command.output.refusal import Refusal
from celeriac.command.output.streams import write


@with_shared_options
def workers(*, server: Server, output: Output) -> None:
    """List the live workers, with their queues."""
    now = datetime.now(UTC)
    columns: list[Column[Any]] = [
        Column("WORKER", lambda worker: worker["name"]),
        Column("QUEUES", lambda worker: ",".join(worker["queues"])),
        Column("ACTIVE", _active),
        Column("UP", lambda worker: age(worker["started_at"], now) or "-", leave_out=1),
        Column("SEEN", lambda worker: age(worker["seen_at"], now), leave_out=2),
        Column("KIND", lambda worker: worker["kind"], leave_out=3),
        Column("APP", lambda worker: worker["app"] or "-", leave_out=5),
        Column("CANNOT", lambda worker: " ".join(worker["warnings"]), leave_out=4, is_cut=True),
    ]
    with server.client() as client:
        output.show_all(
            client.workers(),
            columns,
            identity=lambda worker: worker["name"],
            empty="There is no worker. Start one: celeriac worker",
        )


@with_shared_options
def catalog(
    *,
    app: AppName = None,
    check: Annotated[
        Path | None,
        typer.Option(
            "--check",
            metavar="FILE",
            show_default=False,
            help="Of an app: compare with this file, print no catalog, and exit with 1 if it differs.",
        ),
    ] = None,
    names: ShortNames = None,
    server: Server,
    output: Output,
) -> None:
    """List the task definitions that can be submitted, or print those of a Celery app.

    Parameters in brackets are optional. celeriac submit NAME --help describes them.
    With an APP, it needs no server and no Redis: celeriac catalog proj.celery:app > catalog.json makes the file that an API with
    CELERIAC_CATALOG=catalog.json serves. Standard error has a sentence for each task that cannot be offered; the exit code is 1 then.
    """
    if app is not None:
        from celeriac.command.look.app_catalog import print_catalog

        print_catalog(app, names=names, compared=check, output=output)
        return
    if check is not None or names is not None:
        raise Refusal("--check and --names belong to an app: celeriac catalog proj.celery:app --names short")
    columns: list[Column[Any]] = [
        Column("NAME", lambda definition: definition["name"]),
        Column("PARAMETERS", _parameters, is_cut=True),
        Column("QUEUE", lambda definition: definition["queue"], leave_out=2),
        Column("SUMMARY", lambda definition: definition["summary"], leave_out=1, is_cut=True),
    ]
    with server.client() as client:
        output.show_all(
            client.catalog(),
            columns,
            identity=lambda definition: definition["name"],
            empty="The server has no task definition.",
        )


@with_shared_options
def audit(
    *,
    limit: Annotated[int, typer.Option(metavar="NUMBER", min=0, help="At most this number; 0 for all.")] = 50,
    server: Server,
    output: Output,
) -> None:
    """List who changed what, the newest first. The key needs the scope admin."""
    columns: list[Column[Any]] = [
        Column("AT", lambda entry: moment(entry["at"]), leave_out=3),
        Column("ACTION", lambda entry: entry["action"]),
        Column("TARGET", lambda entry: entry["target"], is_cut=True),
        Column("BY", lambda entry: entry["name"] or entry["caller"], leave_out=1),
        Column(
            "STATUS",
            lambda entry: f"{entry['status']}",
            style=lambda entry: "red" if entry["status"] >= 400 else "",
            leave_out=2,
        ),
        Column("CLIENT", lambda entry: entry["client"], leave_out=4),
    ]
    with server.client() as client:
        output.show_all(
            client.audit(),
            columns,
            identity=lambda entry: entry["request_id"] or "-",
            empty="Nobody has changed anything.",
            most=limit,
        )


@with_shared_options
def openapi(*, server: Server) -> None:
    """Print the OpenAPI document of the server, for generators of clients."""
    with server.client() as client:
        document = client.openapi()
    write(json_document(document))


def _active(worker: Any) -> str:
    if worker["concurrency"] is None:
        return f"{len(worker['active'])}"
    return f"{len(worker['active'])} of {worker['concurrency'] + worker['async_concurrency']}"


def _parameters(definition: Any) -> str:
    schema = definition["input_schema"]
    required = schema.get("required", ())
    return " ".join(name if name in required else f"[{name}]" for name in schema.get("properties", {}))
