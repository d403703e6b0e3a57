"""Reads the input and the options of a new task from the command line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from celeriac.command.output.refusal import Refusal
from celeriac.command.tasks.input.errors import InputError
from celeriac.command.tasks.input.files import Files, text_of
from celeriac.command.tasks.input.json_text import ADVICE, json_value
from celeriac.values.durations import duration_of

if TYPE_CHECKING:
    from celeriac.client.client import Client, Task
    from celeriac.client.errors import InvalidInput

# With the number of a line, as in the API.
LONGEST_KEY = 255


@dataclass(frozen=True)
class Options:
    """When a task starts, and which submissions are the same."""

    delay: str | None = None
    eta: str | None = None
    expires: str | None = None
    idempotency_key: str | None = None
    after: tuple[str, ...] = ()
    when: str | None = None
    queue: str | None = None
    priority: str | None = None
    fair: str | None = None
    tags: tuple[str, ...] = ()

    def after_tasks(self, client: "Client", ids: Sequence[str] | None) -> "Options":
        """After the tasks with these ids, or beginnings of ids."""
        if not ids:
            if self.when is not None:
                raise Refusal("--when needs --after.", advice="--after ID --when ended")
            return self
        from celeriac.command.look.task_ids import TaskIds

        task_ids = TaskIds(client)
        return replace(self, after=tuple(task_ids.whole(text) for text in ids))

    def members(self) -> dict[str, Any]:
        """As the client takes them."""
        if self.delay is not None and self.eta is not None:
            raise Refusal("--delay and --eta exclude each other.", advice="Use one of them.")
        return {
            "delay": seconds("--delay", self.delay),
            "eta": self.eta,
            "expires": seconds("--expires", self.expires),
            "after": self.after or None,
            "when": self.when,
            "queue": self.queue,
            "priority": self.priority,
            "fair": self.fair,
            "tags": self.tags or None,
        }

    def of_line(self, number: int) -> "Options":
        """Those of one line of many: each line is a task of its own, and the same in another try."""
        key = self.idempotency_key
        return self if key is None else replace(self, idempotency_key=f"{key}:{number}")


@dataclass(frozen=True)
class Submission:
    """A task before it is accepted. `task_id` is its id to be, unless it has an idempotency key."""

    name: str
    input: dict[str, Any]
    members: dict[str, Any]
    task_id: str | None

    def submit(self, client: "Client") -> "Task":
        """Have it accepted; whatever is lost on the way, it is one task."""
        from celeriac.client.errors import CeleriacError

        with understood(self.name, has_id=self.task_id is not None):
            try:
                return client.submit(self.name, input=self.input, **self.members)
            except CeleriacError:
                raise
            except ValueError as wrong:  # a name or an option that is in no request
                raise Refusal(str(wrong), advice="celeriac catalog") from wrong


def new_submission(name: str, task_input: dict[str, Any], options: Options) -> Submission:
    """With an id that is known before the server answers, where the options allow that."""
    if options.idempotency_key is not None:
        check_key(options.idempotency_key)
        members = {**options.members(), "idempotency_key": options.idempotency_key}
        return Submission(name, task_input, members, None)
    from celeriac.client.wire.file_values import may_have_files  # slow to load

    if may_have_files(task_input):  # a form, which names no id
        return Submission(name, task_input, {**options.members(), "idempotency_key": str(uuid4())}, None)
    task_id = str(uuid4())
    return Submission(name, task_input, {**options.members(), "task_id": task_id}, task_id)


def read_input(client: "Client", name: str, words: Sequence[str], whole: str | None) -> dict[str, Any]:
    """The input that these words or this text give; the server is asked for the types of KEY=VALUE."""
    files = Files()
    with understood(name, has_id=False):
        is_file = len(words) == 1 and words[0].startswith("@")
        if is_file and whole is None:
            return whole_input(words[0], files)
        if whole is not None and words:
            raise InputError("The input is given as KEY=VALUE, and as a whole.", "Give one or the other.")
        if whole is not None:
            return whole_input(whole, files)
        if not words:
            return {}
        from celeriac.command.tasks.definition.find import find_definition
        from celeriac.command.tasks.input.assignments import assigned_input, assignment_of

        assignments = [assignment_of(word) for word in words]
        return assigned_input(assignments, find_definition(client, name).input, task=name, files=files)


def whole_input(text: str, files: Files) -> dict[str, Any]:
    """The JSON object of a text, of `@FILE`, or of standard input (`-` or `@-`)."""
    if text == "-" or text.startswith("@"):
        place = text.removeprefix("@")
        return object_of(text_of(files.read(place), place), "standard input" if place == "-" else place)
    return object_of(text, "--json")


def object_of(text: str, source: str) -> dict[str, Any]:
    """The JSON object of a text; `InputError` names the source."""
    value = json_value(text, source)
    if not isinstance(value, dict):
        raise InputError(f"{source} is JSON, but not an object: an input has named parameters.", ADVICE)
    return value


def check_key(key: str) -> None:
    """`Refusal` if this cannot be an idempotency key: it is a header."""
    is_text = key.isascii() and key.isprintable() and key == key.strip()
    if not is_text or not 0 < len(key) <= LONGEST_KEY:
        raise Refusal(
            "--idempotency-key is not valid.",
            why=f"It has 1 to {LONGEST_KEY} printable ASCII characters, and no space at its ends.",
            advice="--idempotency-key import-2026-05-01",
        )


def seconds(option: str, text: str | None) -> timedelta | None:
    """The duration of this option."""
    if text is None:
        return None
    try:
        return duration_of(text)
    except ValueError as wrong:
        raise Refusal(f"{option} is not a duration: {text[:60]!r}.", advice=str(wrong)) from None


@contextmanager
def understood(name: str, *, has_id: bool) -> Iterator[None]:
    """Where an input is wrong, here or for the server, a refusal names the parameters."""
    try:
        yield
    except InputError as error:
        raise Refusal(error.reason, advice=error.advice) from None
    except _invalid_input() as problem:
        reasons = [
            f"{parameter_of(wrong.pointer, has_id=has_id)}: {wrong.detail}" for wrong in problem.errors
        ]
        raise Refusal(
            f"The server refuses the input of {name}.",
            why="; ".join(reasons) or problem.detail,
            advice=f"celeriac submit {name} --help",
        ) from problem


def parameter_of(pointer: str, *, has_id: bool) -> str:
    """A JSON pointer as one writes the parameter here: `/person/tags/0` is person.tags.0, `?delay` is --delay."""
    if pointer.startswith("?"):
        return f"--{pointer[1:].replace('_', '-')}"
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    if has_id and steps[:1] == ["input"]:
        steps = steps[1:]
    return ".".join(steps) or pointer or "the input"


def _invalid_input() -> "type[InvalidInput]":
    from celeriac.client.errors import InvalidInput

    return InvalidInput
