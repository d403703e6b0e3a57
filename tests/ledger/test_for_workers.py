"""A worker ends a task and claims the next in one packet, safely."""

from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from redis import Redis

from celeriac.ledger.for_workers import Claim, Consumer, Granted, Refused
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Options, Parent, ParentNotRunning, Submission
from celeriac.ledger.protocol.message import encoded_input, envelope
from celeriac.ledger.store import keys
from celeriac.settings import Settings
from lab.harness.waiting import wait_until
from tests.support.connections import cut
from tests.support.door import Document, shown, submit

LEASE = timedelta(seconds=1)
DOCUMENT = b'{"status": "SUCCESS", "result": 9}'


@pytest.fixture
def consumer(own_url: str) -> Consumer:
    """A worker's side of the ledger."""
    return Consumer(Settings(redis_url=own_url))


@pytest.fixture
def first(own_client: httpx.Client, consumer: Consumer) -> Claim:
    """A task that this worker runs."""
    claim = claim_of(submit(own_client, "add", x=1, y=1))
    assert consumer.claim(claim) == Granted(attempt=1)
    return claim


@pytest.fixture
def second(own_client: httpx.Client) -> Claim:
    """A task that it will run."""
    return claim_of(submit(own_client, "add", x=2, y=2))


def claim_of(task: Document) -> Claim:
    """The claim of a worker on this task."""
    return Claim(task["task_id"], uuid4().hex, "ada", DOCUMENT)


def finish(consumer: Consumer, claim: Claim, **more: Any) -> bool:
    """End the task of this claim well."""
    state = State.SUCCEEDED
    return consumer.end(
        claim.task_id, token=claim.token, state=state, failure=None, document=DOCUMENT, **more
    )


def state(client: httpx.Client, claim: Claim) -> str:
    """What the API says of the task."""
    return str(shown(client, {"links": {"self": f"/tasks/{claim.task_id}"}})["state"])


def test_the_next_task_is_claimed_with_the_end_of_the_last(
    consumer: Consumer, first: Claim, second: Claim, own_client: httpx.Client
) -> None:
    assert finish(consumer, first, following=second)
    assert (state(own_client, first), state(own_client, second)) == ("succeeded", "running")
    assert consumer.claim(second) == Granted(attempt=1)


def test_a_refusal_of_the_next_is_remembered_just_so(
    consumer: Consumer, first: Claim, second: Claim, own_client: httpx.Client
) -> None:
    own_client.post(f"/tasks/{second.task_id}/cancel").raise_for_status()
    assert finish(consumer, first, following=second)
    assert consumer.claim(second) == Refused(State.CANCELLED)


def test_where_redis_has_forgotten_the_scripts_both_are_asked_for_again(
    consumer: Consumer, first: Claim, second: Claim, own_client: httpx.Client, own_redis: Redis
) -> None:
    own_redis.script_flush()
    assert finish(consumer, first, following=second)
    assert consumer.claim(second) == Granted(attempt=1)
    assert (state(own_client, first), state(own_client, second)) == ("succeeded", "running")


def test_where_only_the_next_is_refused_by_redis_the_last_ends_all_the_same(
    consumer: Consumer, first: Claim, own_client: httpx.Client, own_redis: Redis
) -> None:
    broken = claim_of({"task_id": str(uuid4())})
    own_redis.set(keys.record(broken.task_id), "no record")
    assert finish(consumer, first, following=broken)
    assert state(own_client, first) == "succeeded"


def test_where_the_connection_breaks_both_are_asked_for_again(
    consumer: Consumer, first: Claim, second: Claim, own_client: httpx.Client, own_redis: Redis
) -> None:
    cut(own_redis)
    assert finish(consumer, first, following=second)
    assert consumer.claim(second) == Granted(attempt=1)
    assert (state(own_client, first), state(own_client, second)) == ("succeeded", "running")


def test_what_a_process_will_not_come_to_is_given_back(
    consumer: Consumer, first: Claim, second: Claim, own_client: httpx.Client
) -> None:
    assert finish(consumer, first, following=second)
    consumer.return_claimed()
    assert state(own_client, second) == "queued"
    consumer.return_claimed()  # nothing is left to give
    assert consumer.claim(claim_of({"task_id": second.task_id})) == Granted(attempt=2)


def test_a_claim_of_another_task_is_asked_for_by_itself(
    consumer: Consumer, first: Claim, second: Claim, own_client: httpx.Client
) -> None:
    other = claim_of(submit(own_client, "add", x=3, y=3))
    assert finish(consumer, first, following=second)
    assert consumer.claim(other) == Granted(attempt=1)
    assert consumer.claim(second) == Granted(attempt=1)


def test_what_was_claimed_long_ago_is_asked_for_again(
    own_url: str, own_client: httpx.Client, consumer: Consumer, second: Claim
) -> None:
    slow, first = (
        Consumer(Settings(redis_url=own_url, lease=LEASE)),
        claim_of(submit(own_client, "add", x=1, y=1)),
    )
    slow.claim(first)
    assert finish(slow, first, following=second)
    begun = monotonic()
    slow.return_task(second.task_id, token=second.token)  # as when it is taken for dead
    again = claim_of({"task_id": second.task_id})
    assert consumer.claim(again) == Granted(attempt=2)
    assert finish(consumer, again)
    wait_until(lambda: monotonic() - begun > LEASE.total_seconds())
    assert slow.claim(second) == Refused(State.SUCCEEDED)


def test_a_run_that_has_lost_its_task_submits_nothing(
    consumer: Consumer, first: Claim, own_client: httpx.Client, own_redis: Redis
) -> None:
    def child(number: int, token: str) -> Submission:
        options = Options(parent=Parent(task_id=first.task_id, token=token), fingerprint="same")
        task_id = str(UUID(int=number, version=4))
        message = envelope(task="tasks.numbers.add", queue="own", time_limit=LEASE, soft_time_limit=None)
        return Submission(
            task_id, "add", "own", message, encoded_input(b'{"x": 1, "y": 2}'), options.encode()
        )

    accepted = consumer.accept(child(1, first.token))
    assert consumer.accept(child(1, first.token)) == accepted._replace(replayed=True)
    with pytest.raises(ParentNotRunning):
        consumer.accept(child(2, "another"))
    assert finish(consumer, first)
    for number in (1, 3):
        with pytest.raises(ParentNotRunning):
            consumer.accept(child(number, first.token))
    assert own_redis.llen("own") == 1
    assert own_client.get(f"/tasks/{accepted.task_id}").json()["parent_id"] == first.task_id
    own_client.post(f"/tasks/{accepted.task_id}/cancel").raise_for_status()


def test_a_task_that_may_have_ended_its_loop_runs_in_small_company_until_its_end(
    consumer: Consumer, first: Claim, own_client: httpx.Client
) -> None:
    consumer.return_task(first.task_id, token=first.token, company=4)
    again = claim_of({"task_id": first.task_id})
    assert consumer.claim(again) == Granted(attempt=2, company=4)
    assert consumer.claim(again) == Granted(attempt=2, company=4)  # as after a lost reply
    consumer.return_task(again.task_id, token=again.token)
    last = claim_of({"task_id": first.task_id})
    assert consumer.claim(last) == Granted(attempt=3, company=4)
    assert finish(consumer, last)
    assert state(own_client, first) == "succeeded"


def test_a_task_whose_next_loss_is_its_last_runs_alone(consumer: Consumer, first: Claim) -> None:
    claim, companies = first, []
    for _ in range(2):
        consumer.lose(claim.task_id, token=claim.token, reason="the loop is gone")
        claim = claim_of({"task_id": first.task_id})
        granted = consumer.claim(claim)
        assert isinstance(granted, Granted)
        companies.append(granted.company)
    assert companies == [None, 1]
    finish(consumer, claim)
