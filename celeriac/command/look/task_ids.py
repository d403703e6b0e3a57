"""Finds the whole id of a task by its beginning."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from celeriac.command.output.exit_codes import ExitCode
from celeriac.command.output.refusal import Refusal

if TYPE_CHECKING:
    from celeriac.client.client import Client

LEAST_CHARACTERS = 4
# Among how many tasks, the newest first, an id is looked for.
NEWEST = 1_000
MOST_NAMED = 5


class TaskIds:
    """The ids of the newest tasks, read once and only if needed."""

    # What the ids belong to, the member that has one, and the command that lists them.
    noun, plural, member, list_command = "task", "tasks", "task_id", "celeriac list"

    def __init__(self, client: "Client") -> None:
        """As this client sees them."""
        self.client = client

    def whole(self, text: str) -> str:
        """The id that this is, or of which it is the beginning; `Refusal` if there is none, or several."""
        beginning = text.strip().lower()
        if is_whole(beginning):
            return str(UUID(beginning))
        if not re.fullmatch(r"[0-9a-f][0-9a-f-]*", beginning) or len(beginning) > 36:
            raise Refusal(
                f"{text!r} is not the id of a {self.noun}.",
                why="An id has digits, letters from a to f, and hyphens.",
                advice=f"{self.list_command} shows the ids.",
            )
        if len(beginning) < LEAST_CHARACTERS:
            raise Refusal(
                f"{text!r} is too short for the beginning of an id.",
                advice=f"Write at least {LEAST_CHARACTERS} characters.",
            )
        return self._only(beginning)

    def _only(self, beginning: str) -> str:
        matches = [document for document in self._newest if document[self.member].startswith(beginning)]
        match matches:
            case [document]:
                return str(document[self.member])
            case []:
                raise Refusal(
                    f"No {self.noun} has an id that begins with {beginning!r}.",
                    why=f"The {NEWEST:,} newest {self.plural} were compared.",
                    advice=f"Write the whole id of an older {self.noun}.",
                    exit_code=ExitCode.NOT_FOUND,
                )
        named = "".join(
            f"\n  {document[self.member]}  {self.description(document)}" for document in matches[:MOST_NAMED]
        )
        more = f"\n  and {len(matches) - MOST_NAMED} more" if len(matches) > MOST_NAMED else ""
        raise Refusal(
            f"The ids of {len(matches)} {self.plural} begin with {beginning!r}:{named}{more}",
            advice="Write more characters.",
        )

    @cached_property
    def _newest(self) -> list[Any]:
        from itertools import islice

        return list(islice(self.all(), NEWEST))

    def all(self) -> Iterator[Any]:
        """The documents of all, the newest first."""
        return (task.document for task in self.client.tasks(omit_results=True))

    def description(self, document: Any) -> str:
        """What tells it from others."""
        return f"{document['name']}  {document['state']}"


def is_whole(text: str) -> bool:
    """Whether this is a UUID, with or without its hyphens."""
    return bool(re.fullmatch(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", text))
