"""The commands of `celeriac batch`."""

from typing import Annotated, Literal

import typer

from celeriac.command.batches.options import File, Id, IdempotencyKey, Label, Timeout, Wait
from celeriac.command.connect.server import Server
from celeriac.command.frame.help import Command, typer_app
from celeriac.command.frame.list_options import at_most, of_owner
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.output.output import Output
from celeriac.command.tasks.definition.command import WaitCommand

app = typer_app("batch", "Submit many tasks at once: submit, list, wait for, cancel and retry batches.")


@app.command(cls=WaitCommand)
@with_shared_options
def submit(
    file: File,
    *,
    label: Label = None,
    idempotency_key: IdempotencyKey = None,
    wait: Wait = None,
    server: Server,
    output: Output,
) -> None:
    """Submit the items of a file or of standard input as a batch, and print its id.

    All items are read before the first is sent. If the server refuses one, those before it are accepted.

    Example: celeriac batch submit items.ndjson --label nightly --wait
    """
    from celeriac.command.batches.items import items_of
    from celeriac.command.batches.submitting import submitted
    from celeriac.command.batches.waiting import after_submission, wait_time
    from celeriac.command.tasks.patient import clients
    from celeriac.command.tasks.submission import check_key

    timeout = wait_time(wait)
    if idempotency_key is not None:
        check_key(idempotency_key)
    with clients(server) as (prompt, patient):
        prompt.livez()
        batch = submitted(patient, items_of(file), label=label, idempotency_key=idempotency_key)
        after_submission(batch, server, output, waits=wait is not None, timeout=timeout)


@app.command(name="list", cls=Command)
@with_shared_options
def list_all(
    *,
    owner: Annotated[str | None, of_owner("batches")] = None,
    limit: Annotated[int, at_most("batches")] = 50,
    server: Server,
    output: Output,
) -> None:
    """List batches, the newest first, with how many of their tasks have ended.

    Example: celeriac batch list --json | jq .counts
    """
    from celeriac.command.batches.texts import columns

    with server.client() as client:
        batches = (batch.document for batch in client.batches(owner=owner))
        output.show_all(
            batches,
            columns(),
            identity=lambda batch: batch["batch_id"],
            empty="There is no batch.",
            most=limit,
        )


@app.command(cls=Command)
@with_shared_options
def get(batch: Id, *, server: Server, output: Output) -> None:
    """Show a batch: how many of its tasks are in which state.

    Example: celeriac batch get 0d9cbd4e
    """
    from celeriac.command.batches.batch_ids import found
    from celeriac.command.batches.texts import show_batch

    with server.client() as client:
        show_batch(output, found(client, batch).document)


@app.command(cls=Command)
@with_shared_options
def wait(batch: Id, *, timeout: Timeout = None, server: Server, output: Output) -> None:
    """Wait until all tasks of a batch have ended. In a terminal, a bar shows how many have.

    The exit code tells whether all have succeeded. Ctrl-C leaves the batch running.

    Example: celeriac batch wait 0d9cbd4e --timeout 10m
    """
    from celeriac.command.batches.batch_ids import whole_id
    from celeriac.command.batches.waiting import wait_for
    from celeriac.command.tasks.patient import clients
    from celeriac.command.tasks.submission import seconds

    limit = seconds("--timeout", timeout)
    with clients(server) as (prompt, patient):
        prompt.livez()
        wait_for(patient.get_batch(whole_id(prompt, batch)), server, output, timeout=limit)


@app.command(cls=Command)
@with_shared_options
def results(
    batch: Id,
    *,
    order: Annotated[
        Literal["items", "ends"],
        typer.Option(
            help="items: as it is now, in the order of the items; ends: as tasks end, until all have."
        ),
    ] = "items",
    server: Server,
) -> None:
    """Print a JSON document a line for each item: its number, task, state, result and error.

    Example: celeriac batch results 0d9cbd4e | jq .result
    """
    from dataclasses import asdict

    from celeriac.command.batches.batch_ids import whole_id
    from celeriac.command.output.json_text import json_line
    from celeriac.command.output.streams import flush, write
    from celeriac.command.tasks.patient import clients

    with clients(server) as (prompt, patient):
        for result in patient.get_batch(whole_id(prompt, batch)).results(order=order):
            write(json_line(asdict(result)))
            if order == "ends":
                flush()
    flush()


@app.command(cls=Command)
@with_shared_options
def cancel(
    batch: Id,
    *,
    terminate: Annotated[
        bool,
        typer.Option(
            "--terminate", help="End those that run: their processes, or the coroutines of async ones."
        ),
    ] = False,
    server: Server,
    output: Output,
) -> None:
    """Cancel the tasks of a batch that have not ended.

    Example: celeriac batch cancel 0d9cbd4e
    """
    from celeriac.command.batches.batch_ids import found
    from celeriac.command.batches.texts import show_batch

    with server.client() as client:
        show_batch(output, found(client, batch).cancel(terminate=terminate).document)


@app.command(cls=WaitCommand)
@with_shared_options
def retry(
    batch: Id,
    *,
    idempotency_key: IdempotencyKey = None,
    wait: Wait = None,
    server: Server,
    output: Output,
) -> None:
    """Run again what failed in a batch, and print the id of the new batch.

    What was cancelled because of a failure runs again, too. All tasks of the batch must have ended.

    Example: celeriac batch retry 0d9cbd4e --wait
    """
    from celeriac.command.batches.batch_ids import whole_id
    from celeriac.command.batches.waiting import after_submission, wait_time
    from celeriac.command.tasks.patient import clients
    from celeriac.command.tasks.submission import check_key

    timeout = wait_time(wait)
    if idempotency_key is not None:
        check_key(idempotency_key)
    with clients(server) as (prompt, patient):
        new = patient.get_batch(whole_id(prompt, batch)).retry(idempotency_key=idempotency_key)
        after_submission(new, server, output, waits=wait is not None, timeout=timeout)


@app.command(cls=Command)
@with_shared_options
def forget(batch: Id, *, server: Server) -> None:
    """Delete a batch whose tasks have all ended. The tasks stay."""
    from celeriac.command.batches.batch_ids import found
    from celeriac.command.output.streams import say

    with server.client() as client:
        handle = found(client, batch)
        handle.forget()
    say(f"Batch {handle.id} is forgotten.")
