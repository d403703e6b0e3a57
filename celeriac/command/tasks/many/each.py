"""Does something with many tasks: goes on past failures, and counts them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import typer

from celeriac.command.output.exit_codes import ExitCode
from celeriac.command.output.refusal import Refusal
from celeriac.command.output.streams import say
from celeriac.command.tasks.many.in_order import AT_ONCE, InOrder, Outcome, Skipped

Item = TypeVar("Item")
Result = TypeVar("Result")

# What fails with these fails for every item.
FOR_ALL = frozenset({ExitCode.NOT_ALLOWED, ExitCode.UNAVAILABLE})


@dataclass
class Each(Generic[Item, Result]):
    """What is done with each item: `act`, then `show` for its result. `label` names an item, `past` is the verb: "retried"."""

    act: Callable[[Item], Result]
    show: Callable[[Result], None]
    label: Callable[[Item], str]
    past: str
    done: int = 0
    failures: int = 0
    codes: set[int] = field(default_factory=set)
    end: Refusal | None = None
    is_interrupted: bool = False

    def run(self, items: Iterable[Item], *, at_once: int = AT_ONCE) -> None:
        """Do it, in the order of the items.

        A failure is told at once, and the next item follows. Where the server is away or refuses the key, no further item
        is begun, and the rest is still shown. So it is after Ctrl-C; a second Ctrl-C ends the command at once.
        """
        stream = InOrder(items, self.act, at_once=at_once)
        outcome: Outcome[Item, Result] | None = None
        while True:
            try:
                outcome = outcome or stream.next()
                if outcome is None:
                    break
                self._take(outcome)
                outcome = None
            except KeyboardInterrupt:
                if self.is_interrupted:
                    break
                self.is_interrupted = True
            if self.end or self.is_interrupted:
                stream.stop()
        self._tell()

    def _take(self, outcome: Outcome[Item, Result]) -> None:
        try:
            result = outcome.result()
        except Skipped:
            return
        except Exception as error:  # noqa: BLE001 - what is not about this item is raised again
            self._fail(outcome.item, refusal_for(error))
            return
        self.done += 1
        self.show(result)

    def _fail(self, item: Item, refusal: Refusal) -> None:
        self.failures += 1
        self.codes.add(refusal.exit_code)
        if refusal.exit_code not in FOR_ALL:
            say(f"{self.label(item)}: {refusal}" + (f" {refusal.why}" if refusal.why else ""))
        elif self.end is None:
            say(f"It ends at {self.label(item)}.")
            self.end = refusal

    def _tell(self) -> None:
        if self.is_interrupted:
            say("", f"Interrupted: {self.done} {self.past}.")
            raise typer.Exit(ExitCode.INTERRUPTED)
        if self.failures:
            say(f"{self.done} {self.past}, {self.failures} not.")
        if self.end:
            raise self.end
        if self.codes:
            raise typer.Exit(ExitCode.FAILED if len(self.codes) > 1 else min(self.codes))


def refusal_for(error: Exception) -> Refusal:
    """What a person reads of an error of the client; others are raised."""
    from celeriac.client.errors import CeleriacError
    from celeriac.command.output.client_errors import refusal_of

    if isinstance(error, Refusal):
        return error
    if isinstance(error, CeleriacError):
        return refusal_of(error)
    raise error
