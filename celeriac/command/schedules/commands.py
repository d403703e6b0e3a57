"""The commands of `celeriac schedule`."""

from typing import Annotated

import typer

from celeriac.command.connect.server import Server
from celeriac.command.frame.help import Command, typer_app
from celeriac.command.frame.list_options import at_most
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.output.column import Column
from celeriac.command.output.output import Form, Output
from celeriac.command.schedules.options import (
    At,
    CatchUp,
    Cron,
    Every,
    Jitter,
    Name,
    Overlap,
    Owner,
    OwnerOfAll,
    Paused,
    Until,
    Zone,
)
from celeriac.command.tasks.options import Delay, Expires, Input, Queue, Tags, Words
from celeriac.command.tasks.options import Name as Definition

app = typer_app("schedule", "Submit tasks again and again: list, put, pause, run and delete schedules.")


@app.command(name="list", cls=Command)
@with_shared_options
def list_all(
    *,
    owner: OwnerOfAll = None,
    limit: Annotated[int, at_most("schedules")] = 50,
    server: Server,
    output: Output,
) -> None:
    """List schedules by name, with their next due times.

    Example: celeriac schedule list --json | jq .next
    """
    from celeriac.command.schedules.texts import columns

    with server.client() as client:
        output.show_all(
            client.schedules(owner=owner),
            columns(),
            identity=lambda schedule: schedule["name"],
            empty="There is no schedule.",
            most=limit,
        )


@app.command(cls=Command)
@with_shared_options
def get(name: Name, *, owner: Owner = None, server: Server, output: Output) -> None:
    """Show a schedule: when it is due, what it submits, and how far it has come.

    Example: celeriac schedule get nightly
    """
    from celeriac.command.schedules.texts import show_schedule

    with server.client() as client:
        show_schedule(output, client.schedule(name, owner=owner))


@app.command(name="next", cls=Command)
@with_shared_options
def due_times(
    name: Name,
    *,
    count: Annotated[int, typer.Option(metavar="NUMBER", min=1, max=100, help="How many due times.")] = 10,
    owner: Owner = None,
    server: Server,
    output: Output,
) -> None:
    """List the next due times of a schedule; none while it is paused.

    Example: celeriac schedule next nightly --count 3
    """
    from celeriac.command.output.moments import moment

    with server.client() as client:
        times: list[str] = [time.isoformat() for time in client.due_times(name, count=count, owner=owner)]
    columns: list[Column[str]] = [Column("DUE", moment)]
    output.show_all(times, columns, identity=str, empty=f"{name} is not due any more.")


@app.command(cls=Command)
@with_shared_options
def put(
    name: Name,
    task: Definition,
    words: Words = None,
    *,
    whole: Input = None,
    cron: Cron = None,
    zone: Zone = None,
    every: Every = None,
    at: At = None,
    until: Until = None,
    paused: Paused = None,
    overlap: Overlap = None,
    catch_up: CatchUp = None,
    jitter: Jitter = None,
    delay: Delay = None,
    expires: Expires = None,
    queue: Queue = None,
    tag: Tags = None,
    owner: Owner = None,
    server: Server,
    output: Output,
) -> None:
    """Create a schedule, or give it other rules: a task with an input, and when it is due.

    What is not given is the default, also where the schedule had something else before.

    Example: celeriac schedule put nightly add x=4 y=5 --cron "0 3 * * *" --zone Europe/Berlin
    """
    from celeriac.command.output.streams import say
    from celeriac.command.schedules.put import put_schedule, rules_of, submission_of
    from celeriac.command.schedules.texts import show_schedule

    rules = rules_of(
        cron=cron, zone=zone, every=every, at=at, until=until, paused=paused, overlap=overlap,
        catch_up=catch_up, jitter=jitter,
    )  # fmt: skip
    with server.client() as client:
        submit = submission_of(
            client, task, words or [], whole, delay=delay, expires=expires, queue=queue, tags=tag
        )
        document = put_schedule(client, name, submit, rules, owner=owner)
    if output.form is Form.TABLE:
        say(f"celeriac list --schedule {name} lists its tasks.")
    show_schedule(output, document)


@app.command(cls=Command)
@with_shared_options
def pause(name: Name, *, owner: Owner = None, server: Server, output: Output) -> None:
    """Pause a schedule: it is not due until it is resumed."""
    from celeriac.command.schedules.texts import show_schedule

    with server.client() as client:
        show_schedule(output, client.pause_schedule(name, owner=owner))


@app.command(cls=Command)
@with_shared_options
def resume(name: Name, *, owner: Owner = None, server: Server, output: Output) -> None:
    """Resume a schedule from now on: due times that passed meanwhile are not caught up."""
    from celeriac.command.schedules.texts import show_schedule

    with server.client() as client:
        show_schedule(output, client.resume_schedule(name, owner=owner))


@app.command(cls=Command)
@with_shared_options
def run(name: Name, *, owner: Owner = None, server: Server, output: Output) -> None:
    """Submit the task of a schedule now, and print its id. The due times stay as they are.

    Example: celeriac watch $(celeriac schedule run nightly)
    """
    from celeriac.command.output.json_text import json_document
    from celeriac.command.output.streams import flush, write

    with server.client() as client:
        document = client.run_schedule(name, owner=owner)
    write(json_document(document) if output.form is Form.JSON else document["task_id"])
    flush()


@app.command(cls=Command)
@with_shared_options
def delete(
    name: Name,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    owner: Owner = None,
    server: Server,
) -> None:
    """Delete a schedule. It asks first. Its tasks stay."""
    from celeriac.command.output.question import require_yes
    from celeriac.command.output.streams import say

    with server.client() as client:
        schedule = client.schedule(name, owner=owner)
        require_yes(
            f"Delete the schedule {name!r} of {client.base_url}, which submits {schedule['submits']}?",
            is_confirmed=yes,
        )
        client.delete_schedule(name, owner=owner)
    say(f"The schedule {name!r} is deleted.")


@app.command(name="import", cls=Command)
@with_shared_options
def import_beat(
    celery_app: Annotated[
        str,
        typer.Argument(metavar="APP", show_default=False, help="Where the Celery app is: proj.celery:app."),
    ],
    *,
    rename: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TASK=NAME",
            show_default=False,
            help="The definition for a task of Celery: proj.tasks.add=add. Default: the same name, or its last part.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done.")] = False,
    server: Server,
    output: Output,
) -> None:
    """Put a schedule for each entry of a Celery app's beat_schedule. A second time changes nothing.

    It loads the app, so it runs where the app does, with celery installed.

    Example: celeriac schedule import proj.celery:app --dry-run
    """
    from celeriac.command.output.refusal import require_packages
    from celeriac.command.schedules.take_over import take_over

    require_packages("schedule import", "worker", "celery")
    with server.client() as client:
        take_over(client, celery_app, output, renames=rename or [], is_dry=dry_run)
