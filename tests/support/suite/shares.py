"""Decides which tests a process runs together, and which begin first."""

from collections import Counter
from pathlib import PurePath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Files that keep a core busy: one after the other, so that whoever waits for an answer meanwhile gets it in time.
BUSY = (
    "test_bench.py",
    "test_chaos.py",
    "test_keeper_cost.py",
    "test_schemathesis.py",
    "test_soak.py",
    "test_states_model.py",
)
# Directories whose tests share what they start.
TOGETHER = ("page", "conformance")
# Shares that take longest begin first, so that no process is left alone with one at the end.
LONGEST = ("busy", "page", "test_redis_away.py", "test_stack.py", "test_trials.py")


class Shares(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """A process that has nothing to do is given the next share."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        """Shares stay in the order of their tests."""
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return share(nodeid)


def share(nodeid: str) -> str:
    """What a test is run together with: all of its file, or its directory, which share what they start; or all that is busy."""
    file = PurePath(nodeid.partition("::")[0])
    if file.name in BUSY:
        return "busy"
    return file.parts[1] if file.parts[1] in TOGETHER else file.name


def longest_first(items: list[pytest.Item]) -> None:
    """Put these tests into the order in which their shares are given out."""
    order = {name: at for at, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(share(item.nodeid), len(order)))


def refuse_namesakes(items: list[pytest.Item]) -> None:
    """`UsageError` when two tests have one name: of those, a process that is asked for them would run the first alone."""
    names = Counter(item.nodeid for item in items)
    if namesakes := [name for name, count in names.items() if count > 1]:
        raise pytest.UsageError(f"several tests have the name {namesakes[0]}")
