"""Who asks for much at once waits for it, and not whoever asks next."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from celeriac.ledger.store.connection import Unavailable
from celeriac.ledger.store.group_commit import LATER, Batching, Later
from celeriac.ledger.store.turns import Turns

Answers = Sequence[str | Exception | Later]


def owner(item: str) -> str:
    """Items are named "OWNER NUMBER"."""
    return item.split(maxsplit=1)[0]


def items(name: str, count: int) -> list[str]:
    """So many items of this owner."""
    return [f"{name} {number}" for number in range(count)]


def batches(asked: Sequence[str], answer: Callable[[str], str | Later] = str) -> list[list[str]]:
    """The batches, of four, in which what is asked at once is carried out."""
    carried_out = []

    async def run(batch: Sequence[str]) -> Answers:
        carried_out.append(list(batch))
        return [answer(item) for item in batch]

    async def ask() -> list[str]:
        batching = Batching(run, largest=4, owner_of=owner)
        return await asyncio.gather(*map(batching.do, asked))

    assert asyncio.run(ask()) == list(asked)
    return carried_out


def test_what_fits_into_one_batch_goes_in_the_order_in_which_it_came() -> None:
    assert batches(["ada 0", "ada 1", "bob 0", "ada 2"]) == [["ada 0", "ada 1", "bob 0", "ada 2"]]


def test_owners_take_turns_when_more_waits() -> None:
    assert batches([*items("ada", 7), *items("bob", 2), "eve 0"]) == [
        ["ada 0", "bob 0", "eve 0", "ada 1"],
        ["bob 1", "ada 2", "ada 3", "ada 4"],
        ["ada 5", "ada 6"],
    ]


def test_who_comes_while_another_s_items_wait_is_in_the_next_batch() -> None:
    turns: Turns[str] = Turns(owner)
    for item in items("ada", 10_000):
        turns.add(item)
    assert turns.take(4) == items("ada", 4)
    turns.add("bob 0")
    assert "bob 0" in turns.take(2)


def test_all_of_one_owner_go_in_their_order() -> None:
    carried_out = batches(items("ada", 10))
    assert [item for batch in carried_out for item in batch] == items("ada", 10)


def test_what_is_to_be_asked_later_comes_before_the_rest_of_its_owner() -> None:
    postponed: set[str] = set()

    def answer(item: str) -> str | Later:
        if item in {"ada 0", "ada 1"} - postponed:
            postponed.add(item)
            return LATER
        return item

    carried_out = batches([*items("ada", 6), "bob 0"], answer)
    assert carried_out == [
        ["ada 0", "bob 0", "ada 1", "ada 2"],
        ["ada 0", "ada 1", "ada 3", "ada 4"],
        ["ada 5"],
    ]


def test_all_who_wait_are_told_when_redis_is_away() -> None:
    async def run(_: Sequence[str]) -> Answers:
        raise Unavailable("away")

    async def ask() -> list[str | BaseException]:
        batching = Batching(run, largest=4, owner_of=owner)
        asked = [*items("ada", 9), "bob 0"]
        return await asyncio.wait_for(
            asyncio.gather(*map(batching.do, asked), return_exceptions=True), timeout=60
        )

    answers = asyncio.run(ask())
    assert len(answers) == 10
    assert all(isinstance(answer, Unavailable) for answer in answers)


@pytest.mark.parametrize("count", [3, 9])
def test_everything_is_handed_out_at_once_at_the_end(count: int) -> None:
    turns: Turns[str] = Turns(owner)
    for item in items("ada", count):
        turns.add(item)
    first = turns.take(4)
    turns.add("bob 0")
    assert sorted([*first, *turns.take_all()]) == sorted([*items("ada", count), "bob 0"])
    assert not turns
    assert turns.take(4) == []
