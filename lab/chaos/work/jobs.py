"""Draws what is submitted: single tasks, and graphs of tasks that wait for each other."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from lab.chaos.tasks.loop_witness import CHUNKS

# Most tasks are short, so that there are many; some run for longer than a lease.
LONG_SHARE, LONG_SECONDS = 0.03, (0.5, 8.0)
SHORT_SECONDS = (0.0, 0.02)
CANCELLED_SHARE = 0.05
FAILING_SHARE = 0.1
NOTIFIED_SHARE = 0.15
# Of single tasks, and of those in graphs; so many keys take turns.
LANE_SHARE, PRIORITIES, FAIR_KEYS = 0.3, ("high", "normal", "low"), 4
CHAIN, GRAPH, MOST_PARENTS = (2, 5), (4, 8), 3
# More than one script of Redis releases.
FAN = 60
BATCH, KEYED = (20, 60), 8
# More than the windows of all priorities have, so that most wait in lanes.
CROWD = (60, 120)
STARTS_A_SECOND, BURST = 2, 2
# A third is async. The last two fail: they are killed with their loop, and what runs beside them must not suffer for it.
ASYNC_SHARE = 1 / 3
PLAIN, STREAM = "witness", "witness_stream"
GOOD_NEIGHBOURS = ("witness_rest", "witness_rest", STREAM, "witness_compute", "witness_stubborn")
BAD_NEIGHBOURS = ("witness_block", "witness_overrun")
NAMES = frozenset({PLAIN, *GOOD_NEIGHBOURS, *BAD_NEIGHBOURS})
NEIGHBOURS, NEIGHBOUR_SECONDS = 6, (1, 4)
WHENS = ("succeeded", "succeeded", "ended", "failed")


@dataclass(frozen=True)
class Item:
    """One task, by its number, and those that it waits for; `needs` are those whose results are in its input."""

    number: int
    task: str = PLAIN
    seconds: float = 0.0
    fails: bool = False
    after: tuple[int, ...] = ()
    when: str = "succeeded"
    needs: tuple[int, ...] = ()
    # Those that are submitted together have the number of their first one here.
    batch: int | None = None
    # The batch with this number, for which it waits as a whole.
    after_batch: int | None = None
    # What it shares with the others of its job: a key, by these options; so many run at once (0: any number); some are the same
    # task; and some end for one that comes later.
    key: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    at_most: int = 0
    # So many of the key start a second, after these at once (None: at any rate).
    rate: tuple[float, int] | None = None
    is_shared: bool = False
    may_yield: bool = False
    # Whether somebody asks to cancel it, and to end its process, too.
    cancel: bool = False
    terminate: bool = False
    # Whether its end is sent to the receiver.
    notify: bool = False
    # Whether it is deleted as soon as it has ended, while others need its result.
    forget: bool = False

    @property
    def error(self) -> str | None:
        """The type of the error with which it fails; None: it does not."""
        if self.task in BAD_NEIGHBOURS:
            return "TimeLimitExceeded"
        return "ValueError" if self.fails else None

    @property
    def pointer(self) -> str:
        """Where its result has its number."""
        return f"/{CHUNKS}/number" if self.task == STREAM else "/number"


Job = tuple[Item, ...]


def draw(seed: int, tasks: int) -> list[Job]:
    """Jobs with so many tasks in all. Each begins with what does not wait."""
    random = Random(f"{seed}/jobs")
    jobs: list[Job] = []
    left = tasks
    # One of each kind comes first, and then the others at random.
    for make in _makers(random):
        job = make(random, tasks - left)[:left]
        jobs.append(job)
        left -= len(job)
        if left == 0:
            break
    random.shuffle(jobs)
    return jobs


def _makers(random: Random) -> Iterator[Callable[[Random, int], Job]]:
    yield from TABLE
    while True:
        yield random.choices(list(TABLE), list(TABLE.values()))[0]


def _single(random: Random, first: int) -> Job:
    return (_drawn(random, first),)


def _chain(random: Random, first: int) -> Job:
    """Each needs the result of the one before."""
    numbers = range(first, first + random.randint(*CHAIN))
    return tuple(
        _drawn(random, number, after=(number - 1,), needs=(number - 1,))
        if number > first
        else _drawn(random, number)
        for number in numbers
    )


def _graph(random: Random, first: int) -> Job:
    """Some fail, and others wait for that."""
    items = []
    for number in range(first, first + random.randint(*GRAPH)):
        after = tuple(
            random.sample(range(first, number), min(number - first, random.randint(0, MOST_PARENTS)))
        )
        when = random.choice(WHENS)
        needs = after[:1] if when == "succeeded" else ()
        fails = random.random() < FAILING_SHARE
        items.append(_drawn(random, number, after=after, when=when, needs=needs, fails=fails))
    return tuple(items)


def _fan(random: Random, first: int) -> Job:
    """Many wait for one, and one for all of these."""
    hub = Item(first, _task(random), seconds=random.uniform(1, 3))
    followers = tuple(Item(first + place, _task(random), after=(first,)) for place in range(1, FAN + 1))
    numbers = tuple(item.number for item in followers)
    return (hub, *followers, Item(first + FAN + 1, after=numbers, needs=numbers))


def _forgotten(random: Random, first: int) -> Job:
    """The result of one that was deleted is needed when a slow one has ended."""
    slow = Item(first + 1, _task(random), seconds=random.uniform(1, 3))
    return (
        Item(first, _task(random), forget=True),
        slow,
        Item(first + 2, after=(first, first + 1), needs=(first,)),
    )


def _batch(random: Random, first: int) -> Job:
    """Chains and single tasks in one request, and a task after all of them."""
    items = []
    for number in range(first, first + random.randint(*BATCH)):
        after = (number - 1,) if number > first and random.random() < 0.3 else ()
        fails = random.random() < FAILING_SHARE / 10
        items.append(
            Item(
                number,
                _task(random),
                seconds=random.uniform(*SHORT_SECONDS),
                after=after,
                needs=after,
                fails=fails,
                batch=first,
                notify=random.random() < NOTIFIED_SHARE,
            )
        )
    last = Item(items[-1].number + 1, after_batch=first, when=random.choice(WHENS))
    return (*items, last)


def _keyed(random: Random, first: int) -> Job:
    """Tasks of one key: of a unique one, of a few slots, at a rate, or after a quiet time."""
    key, limit = f"chaos-{first}", random.randint(1, 3)
    kinds: dict[str, dict[str, Any]] = {
        "unique": {"unique": {"key": key}},
        "replaced": {"unique": {"key": key, "else": "replace"}},
        "concurrency": {"concurrency": {"key": key, "limit": limit}},
        "throttle": {"throttle": {"key": key, "rate": f"{STARTS_A_SECOND}/s", "burst": BURST}},
        "debounce": {"debounce": {"key": key, "quiet": "PT1S", "at_most": "PT3S"}},
    }
    kind, last, name = random.choice(list(kinds)), first + KEYED - 1, _task(random)
    return tuple(
        Item(
            number,
            # A key is that of one definition, or of all that name a limit.
            _task(random) if kind in ("concurrency", "throttle") else name,
            seconds=random.uniform(0.05, 0.4),
            fails=kind == "concurrency" and random.random() < FAILING_SHARE,
            key=key,
            notify=random.random() < NOTIFIED_SHARE,
            options=kinds[kind],
            at_most={"unique": 1, "concurrency": limit}.get(kind, 0),
            rate=(STARTS_A_SECOND, BURST) if kind == "throttle" else None,
            is_shared=kind == "unique",
            may_yield=kind in ("replaced", "debounce") and number != last,
        )
        for number in range(first, last + 1)
    )


def _crowd(random: Random, first: int) -> Job:
    """One request with tasks of each priority, of which one key has most."""
    numbers = range(first, first + random.randint(*CROWD))
    return tuple(
        Item(
            number,
            _task(random),
            seconds=random.uniform(*SHORT_SECONDS),
            batch=first,
            notify=random.random() < NOTIFIED_SHARE,
            options=_lane(random, most_of="crowd"),
        )
        for number in numbers
    )


def _neighbours(random: Random, first: int) -> Job:
    """What holds up its loop or does not end, and others beside it."""
    neighbours = (
        Item(first + place, random.choice(GOOD_NEIGHBOURS), seconds=random.uniform(*NEIGHBOUR_SECONDS))
        for place in range(NEIGHBOURS)
    )
    return (*neighbours, Item(first + NEIGHBOURS, random.choice(BAD_NEIGHBOURS)))


# How often, in proportion.
TABLE: dict[Callable[[Random, int], Job], int] = {
    _single: 60,
    _chain: 10,
    _graph: 10,
    _neighbours: 1,
    _fan: 1,
    _forgotten: 4,
    _batch: 2,
    _keyed: 6,
    _crowd: 1,
}


def _lane(random: Random, *, most_of: str | None = None) -> dict[str, Any]:
    """A priority, or a key that takes turns, or both."""
    key = most_of if most_of and random.random() < 0.7 else f"chaos-{random.randrange(FAIR_KEYS)}"
    lane: dict[str, Any] = {"priority": random.choice(PRIORITIES), "fair": key}
    for name in random.sample(list(lane), random.randint(0, 1)):
        del lane[name]
    return lane


def _task(random: Random) -> str:
    return random.choice(GOOD_NEIGHBOURS) if random.random() < ASYNC_SHARE else PLAIN


def _drawn(random: Random, number: int, **options: Any) -> Item:
    seconds = random.uniform(*(LONG_SECONDS if random.random() < LONG_SHARE else SHORT_SECONDS))
    if random.random() < LANE_SHARE:
        options["options"] = _lane(random)
    item = Item(number, _task(random), seconds=seconds, notify=random.random() < NOTIFIED_SHARE, **options)
    if random.random() < CANCELLED_SHARE:
        return replace(item, cancel=True, terminate=random.random() < 0.5)
    return item
