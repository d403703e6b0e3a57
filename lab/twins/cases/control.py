"""What a program does to a task that it has published: revoke, forget, publish again."""

from celery import uuid

from lab.sample_app.tasks import bound, limits, untyped
from lab.twins.case import Cases, Noted, Steps
from lab.twins.observe import wait_for_note

CASES = Cases()
case = CASES.case


@case
def revoked_before_it_begins() -> Steps:
    result = limits.late.apply_async(args=("never",), countdown=2)
    result.revoke()
    yield result


@CASES.only_in("prefork", "gevent")
def revoked_while_it_runs() -> Steps:
    result = bound.hold.delay(30)
    yield
    wait_for_note("began")
    result.revoke(terminate=True)
    yield result


@case
def revoked_without_terminating() -> Steps:
    result = bound.hold.delay(0.5)
    yield
    wait_for_note("began")
    result.revoke()
    yield result


@case
def forgotten() -> Steps:
    result = untyped.ping.delay()
    yield
    value = result.get(timeout=60)
    result.forget()
    yield [value, untyped.ping.AsyncResult(result.id).state]


@case
def published_again_when_it_has_ended() -> Steps:
    task_id = uuid()
    untyped.add.apply_async(args=(1, 2), task_id=task_id)
    yield
    wait_for_note("postrun", "add")
    result = untyped.add.apply_async(args=(3, 4), task_id=task_id)
    yield Noted(result, ("postrun", "add"), 2)
    yield result


@case
def started_is_seen_while_it_runs() -> Steps:
    result = bound.hold.delay(0.6)
    yield
    wait_for_note("began")
    yield result.state
    yield result
