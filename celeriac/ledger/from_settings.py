"""Makes the ledger that the settings name."""

from collections.abc import Callable

from celeriac.ledger.ledger import Ledger
from celeriac.ledger.store.epoch import Epoch
from celeriac.settings import Settings


def ledger_of(
    settings: Settings, *, epoch: Epoch, on_answer: Callable[[float], None] | None = None
) -> Ledger:
    """The ledger; nothing is connected yet. `on_answer` is as in `Ledger`."""
    return Ledger(
        backend=settings.backend,
        broker=settings.broker,
        result_ttl=settings.result_ttl,
        tombstone_ttl=settings.tombstone_ttl,
        durability=settings.durability,
        max_queue_depth=settings.max_queue_depth,
        max_result_bytes=settings.max_result_bytes,
        epoch=epoch,
        on_answer=on_answer,
    )
