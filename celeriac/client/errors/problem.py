"""The base class of refusals; each type of problem has a class in refusals.py."""

from collections.abc import Mapping
from typing import Any, ClassVar

from celeriac.client.errors.error import CeleriacError

PREFIX = "urn:celeriac:problem:"


class Problem(CeleriacError):
    """The API refused a request (RFC 9457)."""

    #: The types of docs/reference/errors.md that are this class; None: no problem document came with this status.
    types: ClassVar[tuple[str, ...]] = ()

    status: int
    #: Without its prefix `urn:celeriac:problem:`; None if a proxy refused the request.
    type: str | None
    title: str
    detail: str
    #: The same id is in the log of the API.
    request_id: str | None
    #: The whole problem document.
    problem: Mapping[str, Any]
    #: How many seconds the API asks to wait.
    retry_after: float | None

    @property
    def task_id(self) -> str | None:
        """The task that the problem is about; None if it is about none."""
        return text(self.problem.get("task_id"))

    def pause(self, otherwise: float) -> float:
        """How long to wait before the next attempt; `otherwise` if the API does not say, and in addition."""
        return otherwise if self.retry_after is None else self.retry_after + otherwise


def text(value: object) -> str | None:
    """This member of a problem document, if it is a text."""
    return value if isinstance(value, str) else None
