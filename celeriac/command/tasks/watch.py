"""`celeriac watch`: shows progress, log lines and output of tasks as they come."""

from celeriac.command.connect.server import Server
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.output.output import Output
from celeriac.command.tasks.options import Ids


@with_shared_options
def watch(ids: Ids, *, output: Output, server: Server) -> None:
    """Watch tasks until they end: a progress bar, log lines, and output as it comes.

    In a pipe: log lines and output only. With --json: each event as a JSON document. The exit code tells how the task
    ended. Ctrl-C leaves the tasks running.

    Example: celeriac watch 0d9cbd4e
    """
    from celeriac.command.look.task_ids import TaskIds
    from celeriac.command.tasks.follow.show import follow_all
    from celeriac.command.tasks.leaving import advice_for, leaving
    from celeriac.command.tasks.many.ids import texts_of_ids
    from celeriac.command.tasks.patient import clients

    with clients(server) as (prompt, patient):
        task_ids = TaskIds(prompt)
        whole = dict.fromkeys(task_ids.whole(text) for text in texts_of_ids(ids))
        tasks = [patient.handle(task_id, prompt.get(task_id).document) for task_id in whole]
        with leaving(server, [task.id for task in tasks]):
            follow_all(tasks, output, advice_for(server))
