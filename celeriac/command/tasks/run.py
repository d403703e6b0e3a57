"""`celeriac run`: submits a task, waits for its end, and prints the bare result."""

from celeriac.command.connect.server import Server
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.tasks.options import (
    After,
    Condition,
    Delay,
    Eta,
    Expires,
    Fair,
    IdempotencyKey,
    Input,
    Name,
    Queue,
    Raw,
    ResultAsJson,
    Tags,
    Timeout,
    To,
    Urgency,
    Words,
)


@with_shared_options
def run(
    name: Name,
    words: Words = None,
    *,
    whole: Input = None,
    delay: Delay = None,
    eta: Eta = None,
    expires: Expires = None,
    after: After = None,
    when: Condition = None,
    queue: Queue = None,
    priority: Urgency = None,
    fair: Fair = None,
    tag: Tags = None,
    idempotency_key: IdempotencyKey = None,
    timeout: Timeout = None,
    raw: Raw = False,
    destination: To = None,
    as_json: ResultAsJson = False,
    server: Server,
) -> None:
    """Submit a task, wait for its end, and print its result as JSON.

    The exit code tells how it ended. Ctrl-C leaves the task running.

    Example: celeriac run add x=4 y=5
    """
    from celeriac.command.tasks.new_task import accepted, result_of
    from celeriac.command.tasks.patient import clients
    from celeriac.command.tasks.result import Destination, returns_bytes
    from celeriac.command.tasks.submission import Options, new_submission, read_input, seconds

    target = Destination(destination, is_raw=raw or destination is not None, is_json=as_json)
    options = Options(
        delay, eta, expires, idempotency_key, when=when, queue=queue, priority=priority, fair=fair, tags=tuple(tag or ()),
    )  # fmt: skip
    target.check()
    limit = seconds("--timeout", timeout)
    with clients(server) as (prompt, patient):
        options = options.after_tasks(prompt, after)
        submission = new_submission(name, read_input(prompt, name, words or [], whole), options)
        is_bytes = target.is_raw and returns_bytes(prompt, name)
        task = accepted(prompt, server, submission)
        result = result_of(patient.handle(task.id, task.document), server, timeout=limit)
        if target.is_raw and isinstance(result, dict) and "content_type" in result:
            result = task.result()  # which reads a file from its JSON, or where it is
        target.write(result, is_bytes=is_bytes, task_id=task.id)
