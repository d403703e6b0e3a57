"""A stream of items is acted on in order, within bounds, and can be stopped."""

from collections.abc import Iterator
from threading import Event

import pytest

from celeriac.command.tasks.input.errors import InputError
from celeriac.command.tasks.input.files import LARGEST
from celeriac.command.tasks.many.in_order import InOrder, Skipped
from celeriac.command.tasks.many.lines import numbered


def test_outcomes_come_in_the_order_of_the_items_and_errors_in_their_place() -> None:
    def half(number: int) -> int:
        if number % 2:
            raise ValueError(number)
        return number // 2

    stream = InOrder(range(100), half, at_once=8)
    results: list[int | str] = []
    while outcome := stream.next():
        try:
            results.append(outcome.result())
        except ValueError as error:
            results.append(str(error))
    assert results == [str(number) if number % 2 else number // 2 for number in range(100)]


def test_no_more_items_are_read_than_there_is_room_for() -> None:
    taken: list[int] = []
    enough = Event()

    def items() -> Iterator[int]:
        for number in range(1_000):
            taken.append(number)
            if len(taken) == 9:
                enough.set()
            yield number

    stream = InOrder(items(), lambda number: number, at_once=4)
    assert enough.wait(60)
    assert not Event().wait(0.2)
    assert len(taken) == 9, "eight that wait to be taken, and one that waits for room"
    assert all(stream.next() for _ in range(1_000))
    assert stream.next() is None


def test_after_a_stop_what_has_begun_ends_and_the_rest_is_skipped() -> None:
    has_begun, may_end = Event(), Event()

    def act(number: int) -> int:
        has_begun.set()
        may_end.wait(60)
        return number

    stream = InOrder(iter(range(1_000_000)), act, at_once=1)
    assert has_begun.wait(60)
    first = stream.next()
    stream.stop()
    may_end.set()
    assert first is not None
    assert first.result() == 0
    while outcome := stream.next():
        with pytest.raises(Skipped):
            outcome.result()


def test_what_reading_the_items_raises_comes_after_the_outcomes_before() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    stream = InOrder(items(), lambda number: number)
    first = stream.next()
    assert first is not None
    assert first.result() == 1
    with pytest.raises(OSError, match="gone"):
        stream.next()


def test_lines_are_numbered_as_they_come_and_have_a_bound() -> None:
    assert list(numbered(iter([b"a\n\nb", b"c\r\n ", b"\n", b"d"]))) == [(1, b"a"), (3, b"bc\r"), (5, b"d")]
    with pytest.raises(InputError, match=f"Line 2 is longer than {LARGEST // 1024**2} MiB"):
        list(numbered(iter([b"a\n", *[b"x" * 1024**2] * 65])))
