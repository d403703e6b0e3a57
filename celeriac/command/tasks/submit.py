"""`celeriac submit`: submits a task, or one for each line of standard input."""

from celeriac.command.connect.server import Server
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.output.output import Output
from celeriac.command.tasks.definition.command import NO_LIMIT
from celeriac.command.tasks.options import (
    After,
    Condition,
    Delay,
    Eta,
    Expires,
    Fair,
    Follow,
    IdempotencyKey,
    Input,
    Name,
    Queue,
    Tags,
    Urgency,
    Wait,
    Words,
)

STDIN = "-"


@with_shared_options
def submit(
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
    wait: Wait = None,
    follow: Follow = False,
    output: Output,
    server: Server,
) -> None:
    """Submit a task, and print its id.

    celeriac submit NAME --help lists the parameters of that task.

    celeriac submit NAME - reads inputs from standard input, a JSON object a line, and submits a task for each. With
    --idempotency-key, the same lines again submit nothing twice.

    Example: celeriac submit add x=4 y=5
    """
    from celeriac.command.tasks.new_task import accepted, after_submission, submit_lines
    from celeriac.command.tasks.patient import clients
    from celeriac.command.tasks.submission import Options, new_submission, read_input, seconds

    options = Options(
        delay, eta, expires, idempotency_key, when=when, queue=queue, priority=priority, fair=fair, tags=tuple(tag or ()),
    )  # fmt: skip
    timeout = seconds("--wait", None if wait == NO_LIMIT else wait)
    with clients(server) as (prompt, patient):
        options = options.after_tasks(prompt, after)
        if words == [STDIN] and whole is None:
            prompt.livez()
            submit_lines(patient, name, options, output)
            return
        submission = new_submission(name, read_input(prompt, name, words or [], whole), options)
        task = accepted(prompt, server, submission)
        task = patient.handle(task.id, task.document)
        after_submission(task, server, output, waits=wait is not None, timeout=timeout, follows=follow)
