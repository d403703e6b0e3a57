"""The commands of `celeriac limits`: the rules of keys of flow control."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from celeriac.command.connect.server import Server
from celeriac.command.frame.help import Command, typer_app
from celeriac.command.frame.list_options import at_most, of_owner, whose
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.output.column import Column
from celeriac.command.output.moments import moment
from celeriac.command.output.output import Output

Key = Annotated[
    str,
    typer.Argument(metavar="KEY", show_default=False, help="The text of the key: mails, or /tenant=acme."),
]
Owner = Annotated[str | None, whose("key")]
Most = Annotated[
    int | None,
    typer.Option(
        metavar="NUMBER",
        show_default=False,
        min=0,
        help="How many tasks are queued or run at once; 0 holds all that come.",
    ),
]
Rate = Annotated[
    str | None,
    typer.Option(
        metavar="RATE",
        show_default=False,
        help="How many start in a second, minute, hour or day: 10/s, 100/m.",
    ),
]
Burst = Annotated[
    int | None,
    typer.Option(
        metavar="NUMBER",
        show_default=False,
        min=1,
        help="How many start at once after a time without any.",
    ),
]

app = typer_app("limits", "Show and set how many tasks of a key run, and at which rate.")


@app.command(name="list", cls=Command)
@with_shared_options
def list_all(
    *,
    owner: Annotated[str | None, of_owner("keys")] = None,
    limit: Annotated[int, at_most("keys")] = 50,
    server: Server,
    output: Output,
) -> None:
    """List the keys in use, with their rules and the tasks they hold.

    Example: celeriac limits list --json | jq .waiting
    """
    with server.client() as client:
        output.show_all(
            client.limits(owner=owner),
            _columns(),
            identity=lambda key: key["key"],
            empty="No key is in use.",
            most=limit,
        )


@app.command(cls=Command)
@with_shared_options
def get(key: Key, *, owner: Owner = None, server: Server, output: Output) -> None:
    """Show the rules of a key, and the tasks that it holds.

    Example: celeriac limits get /tenant=acme
    """
    with server.client() as client:
        _show(output, client.limit(key, owner=owner))


@app.command(name="set", cls=Command)
@with_shared_options
def put(
    key: Key,
    *,
    limit: Most = None,
    rate: Rate = None,
    burst: Burst = None,
    owner: Owner = None,
    server: Server,
    output: Output,
) -> None:
    """Set rules of a key, also for tasks that wait, until they are reset.

    They take the place of what was set before, and go before the rules of submissions.

    Example: celeriac limits set /tenant=acme --limit 2
    """
    from celeriac.client.errors import InvalidInput
    from celeriac.command.output.refusal import Refusal

    if limit is None and rate is None and burst is None:
        raise Refusal("No rule is given.", advice="Give --limit, --rate or --burst.")
    with server.client() as client:
        try:
            document = client.put_limit(key, limit=limit, rate=rate, burst=burst, owner=owner)
        except InvalidInput as problem:
            reasons = [f"--{wrong.pointer.removeprefix('/')}: {wrong.detail}" for wrong in problem.errors]
            raise Refusal(
                f"The server refuses the rules of {key!r}.", why="; ".join(reasons) or problem.detail
            ) from problem
        _show(output, document)


@app.command(cls=Command)
@with_shared_options
def reset(key: Key, *, owner: Owner = None, server: Server) -> None:
    """Delete the rules that were set for a key: those of submissions hold again."""
    from celeriac.command.output.streams import say

    with server.client() as client:
        client.delete_limit(key, owner=owner)
    say(f"The key {key!r} has the rules of its submissions again.")


def _columns() -> list[Column[Any]]:
    return [
        Column("KEY", lambda key: key["key"], is_cut=True),
        Column("LIMIT", lambda key: _number(key["rules"]["limit"])),
        Column("RATE", lambda key: key["rules"]["rate"] or "-"),
        Column("BURST", lambda key: _number(key["rules"]["burst"]), leave_out=2),
        Column("RUNNING", lambda key: str(key["running"])),
        Column("WAITING", lambda key: str(key["waiting"] + key["throttled"])),
        Column("SET", lambda key: moment(key["set_at"]) or "-", leave_out=1),
    ]


def _show(output: Output, document: Mapping[str, Any]) -> None:
    output.show(document, identity=document["key"], facts=lambda: _facts(document))


def _facts(key: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Key": key["key"],
        "Owner": key["owner"],
        "Rules": _rules(key["rules"]),
        "Submitted": _rules(key["submitted"]),
        "Set": _rules(key["override"]) if key["override"] else None,
        "Set at": moment(key["set_at"]),
        "Running": str(key["running"]),
        "Waiting": str(key["waiting"]),
        "Throttled": str(key["throttled"]),
        "Next start": moment(key["next_start_at"]),
        "Have a slot": " ".join(key["running_tasks"]),
        "Wait for one": " ".join(key["waiting_tasks"]),
    }


def _rules(rules: Mapping[str, Any]) -> str:
    """In a few words: `limit 2, rate 10/s`."""
    return ", ".join(f"{name} {value}" for name, value in rules.items() if value is not None) or "none"


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)
