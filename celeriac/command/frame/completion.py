"""Completes names from the server, within a second; silently none if it does not answer."""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

import typer

from celeriac.command.frame.shared_options import server_of
from celeriac.command.output.visible import one_line

if TYPE_CHECKING:
    from celeriac.client.client import Client

SECONDS = 1.0
MOST_BATCHES = 100
# A shell may run what is in other names, whatever they are quoted with.
PLAIN = re.compile(r"[A-Za-z0-9_.:@/+-]+")


def complete_names(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The names of task definitions, with their summaries."""
    return _completions(
        context,
        incomplete,
        lambda client: ((definition["name"], definition["summary"]) for definition in client.catalog()),
    )


def complete_queues(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The names of queues, with the number of tasks that wait."""
    return _completions(
        context,
        incomplete,
        lambda client: ((queue["name"], f"{queue['depth']} waiting") for queue in client.queues()),
    )


def complete_schedules(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The names of schedules, with what they submit."""
    return _completions(
        context,
        incomplete,
        lambda client: ((schedule["name"], schedule["submits"]) for schedule in client.schedules()),
    )


def complete_batches(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The ids of the newest batches, with their labels."""
    return _completions(
        context,
        incomplete,
        lambda client: (
            (batch.id, batch.document["label"] or f"{batch.document['total']:,} tasks")
            for batch in islice(client.batches(), MOST_BATCHES)
        ),
    )


def _completions(
    context: typer.Context, incomplete: str, ask: "Callable[[Client], Iterable[tuple[str, str]]]"
) -> list[tuple[str, str]]:
    shared = {name: context.params.get(f"shared_{name}") for name in ("url", "key", "profile")}
    server = server_of(context).overridden(**shared)
    if server.key == "-":
        return []
    with suppress(Exception), server.client(timeout=SECONDS) as client:
        return [
            (name, one_line(text))
            for name, text in ask(client)
            if name.startswith(incomplete) and PLAIN.fullmatch(name)
        ]
    return []
