"""Submits a batch; where that breaks off, tells how to go on."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import typer

from celeriac.command.output.client_errors import refusal_of
from celeriac.command.output.exit_codes import ExitCode
from celeriac.command.output.refusal import Refusal
from celeriac.command.output.streams import say

if TYPE_CHECKING:
    from celeriac.client.client import Batch, Client


def submitted(
    client: "Client", items: Iterator[dict[str, Any]], *, label: str | None, idempotency_key: str | None
) -> "Batch":
    """The batch, when the server has all of it."""
    from celeriac.client.errors import Problem, Unreachable

    key = idempotency_key or uuid4().hex
    again = f"The same with --idempotency-key {key} goes on, and accepts nothing twice."
    try:
        return client.batch(items, label=label, idempotency_key=key)
    except KeyboardInterrupt:
        say("", f"Interrupted. {again}")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except Problem as problem:
        if isinstance(problem.problem.get("line"), int):
            raise _refused_item(problem, again) from problem
        raise
    except Unreachable as lost:
        refusal = refusal_of(lost)
        raise Refusal(
            str(refusal), why=refusal.why, advice=again, exit_code=ExitCode(refusal.exit_code)
        ) from lost


def _refused_item(problem: Any, again: str) -> Refusal:
    refusal = refusal_of(problem)
    members = problem.problem
    reasons = "; ".join(
        f"{wrong.pointer or 'item'}: {wrong.detail}" for wrong in getattr(problem, "errors", ())
    )
    accepted = members.get("accepted") or 0
    before = (
        f" The {accepted:,} before it are accepted, as batch {members.get('batch_id')}." if accepted else ""
    )
    return Refusal(
        f"The server refuses item {members['line']:,} (the first is 1).{before}",
        why=reasons or refusal.why,
        advice=f"Mend it. {again}" if accepted else refusal.advice or "Mend it, and submit all again.",
        exit_code=ExitCode(refusal.exit_code),
    )
