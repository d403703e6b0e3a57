"""`celeriac`: the options of the command itself, and its list of subcommands."""

import sys
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import typer

from celeriac.command import one_service, up
from celeriac.command.batches import commands as batches
from celeriac.command.connect import config, page
from celeriac.command.connect.doctor import doctor
from celeriac.command.connect.server import Server
from celeriac.command.frame.help import OPERATING, SERVERS, SERVICES, TASKS, Command, Group, typer_app
from celeriac.command.frame.lazy_commands import Entry, entry_of, group_entry_of
from celeriac.command.frame.shared_options import Key, ProfileName, Url
from celeriac.command.generate.options import generate
from celeriac.command.keys import options as keys
from celeriac.command.look import limits, queues, service, tasks
from celeriac.command.output.ending import run
from celeriac.command.output.streams import write
from celeriac.command.project.new import new
from celeriac.command.schedules import commands as schedules
from celeriac.command.tasks.changes import cancel, forget, retry
from celeriac.command.tasks.definition.command import DefinitionCommand
from celeriac.command.tasks.run import run as run_task
from celeriac.command.tasks.submit import submit
from celeriac.command.tasks.watch import watch
from celeriac.version import VERSION


class Celeriac(Group):
    """The command itself."""

    entries: ClassVar[dict[str, Entry]] = {}


app = typer_app("celeriac", "The HTTP front door to a Celery worker pool.", cls=Celeriac)


def main() -> None:
    """What the installed script calls."""
    sys.exit(run(app))


def _add(
    section: str, name: str, function: Callable[..., None], cls: type[Command] = Command, **settings: Any
) -> None:
    Celeriac.entries[name] = entry_of(section, name, function, cls=cls, **settings)


def _add_group(section: str, name: str, group: typer.Typer) -> None:
    Celeriac.entries[name] = group_entry_of(section, group)


def _print_version(is_version_asked: bool) -> None:
    if is_version_asked:
        write(f"celeriac {VERSION}")
        raise typer.Exit


@app.callback()
def _celeriac(
    context: typer.Context,
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
    url: Url = None,
    key: Key = None,
    profile: ProfileName = None,
) -> None:
    """The HTTP front door to a Celery worker pool."""
    context.obj = Server(url, key, profile)


_add(TASKS, "submit", submit, DefinitionCommand)
_add(TASKS, "run", run_task, DefinitionCommand)
_add(TASKS, "watch", watch)
_add(TASKS, "get", tasks.get)
_add(TASKS, "list", tasks.list_tasks)
_add(TASKS, "cancel", cancel)
_add(TASKS, "retry", retry, DefinitionCommand)
_add(TASKS, "forget", forget)
_add_group(TASKS, "batch", batches.app)
_add_group(TASKS, "schedule", schedules.app)
_add(TASKS, "catalog", service.catalog)
_add(TASKS, "generate", generate)
_add(OPERATING, "queues", queues.queues)
_add(OPERATING, "workers", service.workers)
_add(OPERATING, "pause", queues.pause)
_add(OPERATING, "resume", queues.resume)
_add(OPERATING, "purge", queues.purge)
_add(OPERATING, "rejected", queues.rejected)
_add_group(OPERATING, "limits", limits.app)
_add(OPERATING, "audit", service.audit)
_add(SERVERS, "doctor", doctor)
_add(SERVERS, "open", page.open_page)
_add(SERVERS, "openapi", service.openapi)
_add_group(SERVERS, "config", config.app)
_add_group(SERVERS, "keys", keys.app)
_add(SERVICES, "up", up.up)
_add(SERVICES, "api", one_service.api, context_settings=one_service.PASS_ON)
_add(SERVICES, "worker", one_service.worker, context_settings=one_service.PASS_ON)
_add(SERVICES, "new", new)
