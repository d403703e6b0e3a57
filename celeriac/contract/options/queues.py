"""Decides in which queue a task waits; a queue holds plain tasks or async ones."""

from collections.abc import Iterable
from dataclasses import dataclass

from celeriac.contract.definition import Definition, QueueSettings
from celeriac.contract.signature import ContractError


@dataclass(frozen=True)
class Queues:
    """The queues of some definitions: those of plain tasks, which pools run, and those of async tasks, which loops run."""

    plain: frozenset[str]
    asynchronous: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """Both."""
        return self.plain | self.asynchronous

    def unfit(self, definition: Definition) -> frozenset[str]:
        """Those in which nobody would run a task of this definition."""
        return self.plain if definition.is_async else self.asynchronous


def queues_of(definitions: Iterable[Definition], settings: QueueSettings) -> Queues:
    """The queues of these definitions. `ContractError` names two tasks, one of them async, that share a queue."""
    plain: dict[str, Definition] = {}
    asynchronous: dict[str, Definition] = {}
    for definition in definitions:
        queues = asynchronous if definition.is_async else plain
        queues.setdefault(definition.queue_in(settings), definition)
    for queue in sorted(plain.keys() & asynchronous.keys()):
        raise _mixed(queue, plain[queue], asynchronous[queue])
    return Queues(frozenset(plain), frozenset(asynchronous))


def queues_among(definitions: Iterable[Definition], *, settings: QueueSettings) -> Queues:
    """The queues of definitions that come from several places: one that has both kinds of tasks is in both."""
    queues: tuple[set[str], set[str]] = set(), set()
    for definition in definitions:
        queues[definition.is_async].add(definition.queue_in(settings))
    return Queues(frozenset(queues[0]), frozenset(queues[1]))


def _mixed(queue: str, plain: Definition, asynchronous: Definition) -> ContractError:
    return ContractError(
        f"Queue {queue!r} has the plain task {plain.name!r} and the async task {asynchronous.name!r}: pools run plain tasks, "
        "event loops run async ones, and each takes from queues of its own. Give one of them another queue with @task(queue=...); "
        "without it, async tasks wait in CELERIAC_ASYNC_QUEUE, plain ones in CELERIAC_DEFAULT_QUEUE."
    )
