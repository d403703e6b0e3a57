"""Names the possible outcomes of one run of a task."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celeriac.files.store.store import Blob
from celeriac.ledger.model.states import State


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The function returned this result, as JSON values."""

    result: Any


@dataclass(frozen=True, slots=True)
class Written:
    """The function returned this result, as JSON text, which names these large files."""

    text: str
    files: Sequence[Blob] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The task ends in this error."""

    error: Exception


@dataclass(frozen=True, slots=True)
class PutOff:
    """This attempt ended in an error, and another follows after a delay."""

    error: Exception
    attempt: int
    delay: timedelta


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The function stopped on request."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Returned:
    """The process was ended during the run: the task runs again elsewhere from its beginning, or is cancelled."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """The function was not called, because the task does not wait for a run. `state` None: the task is unknown."""

    state: State | None


Outcome = Succeeded | Written | Failed | PutOff | Cancelled | Returned | Dropped
