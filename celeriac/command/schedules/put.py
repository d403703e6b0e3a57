"""Makes a schedule from the options of a command line, and puts it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from celeriac.client.errors import InvalidInput
from celeriac.command.output.refusal import Refusal
from celeriac.command.tasks.submission import read_input, seconds

if TYPE_CHECKING:
    from celeriac.client.client import Client
    from celeriac.client.documents import Schedule


def rules_of(
    *,
    cron: str | None,
    zone: str | None,
    every: str | None,
    at: Sequence[str] | None,
    until: str | None,
    paused: bool | None,
    overlap: str | None,
    catch_up: str | None,
    jitter: str | None,
) -> dict[str, Any]:
    """The rules that were given, as the client takes them."""
    options = [option for option, value in (("--cron", cron), ("--every", every), ("--at", at)) if value]
    if len(options) != 1:
        raise Refusal(
            f"{' and '.join(options)} exclude each other." if options else "The schedule is never due.",
            advice='Give one of --cron "0 3 * * *", --every 5m and --at 2026-05-01T12:00:00Z.',
        )
    spread = seconds("--jitter", jitter)
    return {
        "cron": cron,
        "zone": zone,
        "every": seconds("--every", every),
        "at": at or None,
        "until": until,
        "paused": paused,
        "overlap": overlap,
        "catch_up": catch_up,
        "jitter": None if spread is None else spread.total_seconds(),
    }


def submission_of(
    client: "Client",
    task: str,
    words: Sequence[str],
    whole: str | None,
    *,
    delay: str | None,
    expires: str | None,
    queue: str | None,
    tags: Sequence[str] | None,
) -> dict[str, Any]:
    """What each due time submits: the definition, its input, and the options that were given."""
    options = {
        "delay": _number(seconds("--delay", delay)),
        "expires": _number(seconds("--expires", expires)),
        "queue": queue,
        "tags": list(tags) if tags else None,
    }
    task_input = read_input(client, task, words, whole)
    return {
        "name": task,
        "input": task_input,
        **{name: value for name, value in options.items() if value is not None},
    }


def put_schedule(
    client: "Client", name: str, submit: Mapping[str, Any], rules: Mapping[str, Any], *, owner: str | None
) -> "Schedule":
    """The schedule as the server has it now; a refusal names the options."""
    try:
        return client.put_schedule(name, submit, **rules, owner=owner)
    except InvalidInput as problem:
        reasons = [f"{_option_of(wrong.pointer)}: {wrong.detail}" for wrong in problem.errors]
        raise Refusal(
            f"The server refuses the schedule {name!r}.",
            why="; ".join(reasons) or problem.detail,
            advice="celeriac schedule put --help",
        ) from problem


def _option_of(pointer: str) -> str:
    """A JSON pointer as one writes it here: `/cron` is --cron, `/submit/input/tags/0` is tags.0."""
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    if steps[:2] == ["submit", "input"]:
        return ".".join(steps[2:]) or "the input"
    if steps[:1] == ["submit"]:
        steps = steps[1:]
    if steps[:1] == ["tags"]:
        steps = ["tag"]
    return f"--{'.'.join(steps).replace('_', '-')}" if steps else "the schedule"


def _number(duration: Any) -> float | None:
    return None if duration is None else duration.total_seconds()
