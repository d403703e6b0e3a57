"""A task's reports go out over one connection, however many there are."""

from collections.abc import Callable
from threading import Event, Thread, get_ident

from redis import Redis

from celeriac.contract.reports import Telling
from celeriac.ledger.store.blocking_connection import PatientConnection
from lab.harness.waiting import wait_until

# More than redis-py lets a pool make, unless it is told otherwise.
MANY = 150


def test_one_thread_sends_for_one_run_after_the_other() -> None:
    senders: list[int] = []
    for _ in range(3):
        has_sent = Event()

        def send(*_: object, has_sent: Event = has_sent) -> None:
            senders.append(get_ident())
            has_sent.set()

        telling = Telling(send)
        telling.event("log", {"line": "a line"})
        assert has_sent.wait(10)
        telling.end()
    assert len(senders) == 3
    assert len(set(senders)) == 1
    assert senders[0] != get_ident()


def test_a_run_that_ends_sends_its_last_words_itself_and_keeps_nobody_waiting() -> None:
    sent: list[tuple[list[tuple[str, str]], str | None]] = []
    first, second = (Telling(lambda *batch: sent.append(batch)) for _ in range(2))
    first.event("log", {"line": "one"})
    wait_until(lambda: len(sent) == 1)
    first.event("log", {"line": "two"})
    first.end()
    assert sent[1] == ([("log", '{"line": "two"}')], None)
    second.event("log", {"line": "three"})
    wait_until(lambda: len(sent) == 3)


def in_a_thread(what: Callable[[], object]) -> None:
    thread = Thread(target=what)
    thread.start()
    thread.join()


def test_threads_come_and_go_and_leave_no_connection(own_url: str, own_redis: Redis) -> None:
    connection = PatientConnection(own_url)
    answers: list[bytes] = []
    for _ in range(MANY):
        in_a_thread(lambda: answers.append(connection.call("PING")))
    assert answers == [b"PONG"] * MANY
    database = own_redis.connection_pool.connection_kwargs["db"]
    wait_until(lambda: sum(int(one["db"]) == database for one in own_redis.client_list()) <= 2)
