"""Asks about the service as a whole."""

from typing import Any, cast

from celeriac.client.calls.described import Described, items_of, object_of
from celeriac.client.documents import DefinitionDocument, Health, WorkerDocument
from celeriac.client.flow.call import call
from celeriac.client.flow.retries import ATTEMPT_SECONDS, answer_to
from celeriac.client.flow.steps import Flow, send
from celeriac.client.wire.problems import problem_of
from celeriac.client.wire.request import Request


class Service(Described):
    """`workers`, `catalog`, `livez`, `readyz`, `metrics` and `openapi`."""

    @call
    def workers(self, *, timeout: float | None = None) -> Flow[list[WorkerDocument]]:
        """The live workers, with the tasks that they run."""
        return items_of((yield from answer_to(Request("GET", "/workers"), self.deadline(timeout))))

    @call
    def catalog(self, *, timeout: float | None = None) -> Flow[list[DefinitionDocument]]:
        """The task definitions, with the JSON Schemas of input and result."""
        return items_of((yield from answer_to(Request("GET", "/catalog"), self.deadline(timeout))))

    @call
    def livez(self, *, timeout: float | None = None) -> Flow[Health]:
        """Whether the API answers; asks once."""
        return (yield from self._health("/livez", timeout))

    @call
    def readyz(self, *, timeout: float | None = None) -> Flow[Health]:
        """Whether Redis answers, accepts writes and keeps its data; asks once, and raises `Unavailable` if not."""
        return (yield from self._health("/readyz", timeout))

    @call
    def metrics(self, *, timeout: float | None = None) -> Flow[str]:
        """The metrics of the API, as Prometheus reads them."""
        answer = yield from answer_to(Request("GET", "/metrics"), self.deadline(timeout))
        return answer.body.decode()

    @call
    def openapi(self, *, timeout: float | None = None) -> Flow[dict[str, Any]]:
        """The OpenAPI document of all routes."""
        request = Request("GET", "/openapi.json")
        return object_of((yield from answer_to(request, self.deadline(timeout))), "openapi", "paths")

    def _health(self, path: str, timeout: float | None) -> Flow[Health]:
        seconds = min(self._timeout if timeout is None else timeout, ATTEMPT_SECONDS)
        answer = yield from send(Request("GET", path), seconds, seconds)
        if answer.status >= 300:
            raise problem_of(answer)
        health: Any = object_of(answer, "status")
        return cast("Health", health)
