"""Ends that are no result."""

from lab.sample_app.tasks import bound, outcomes
from lab.twins.case import Cases, Noted, Steps

CASES = Cases()
case = CASES.case


@CASES.only_in("prefork")
def a_process_is_killed_and_its_message_acknowledged() -> Steps:
    yield outcomes.killed.delay()


@CASES.only_in("prefork")
def a_process_is_killed_and_its_message_not_acknowledged() -> Steps:
    yield outcomes.killed_late.delay()


@CASES.only_in("prefork")
def a_process_is_killed_and_its_message_delivered_again() -> Steps:
    yield outcomes.killed_once.delay()


@case
def an_exception() -> Steps:
    yield [outcomes.fail.delay("no 🥬"), outcomes.expected.delay("key")]


@case
def an_exception_of_the_apps_own() -> Steps:
    yield outcomes.sell.delay("chair")


@case
def a_result_that_no_serializer_takes() -> Steps:
    yield outcomes.unserializable.delay()


@case
def an_end_without_a_state() -> Steps:
    yield Noted(outcomes.ignore.delay(), ("postrun", "ignore"))


@case
def a_failure_that_is_stored_by_hand() -> Steps:
    yield bound.fail_by_hand.delay()


@case
def a_message_is_rejected() -> Steps:
    yield Noted(outcomes.reject.delay(), ("postrun", "reject"))


@case
def a_message_is_rejected_and_delivered_again() -> Steps:
    yield outcomes.requeue_once.delay()
