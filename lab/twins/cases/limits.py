"""Limits of time and of rates; tasks without a result."""

from datetime import UTC, datetime, timedelta

from lab.sample_app.tasks import limits
from lab.twins.case import Cases, Noted, Steps

CASES = Cases()
case = CASES.case


@CASES.only_in("prefork", "gevent")
def a_hard_time_limit() -> Steps:
    yield limits.over_hard_limit.delay()


@CASES.only_in("prefork")
def a_soft_time_limit() -> Steps:
    yield [limits.over_soft_limit.delay(), limits.tidies_up.delay()]


@CASES.only_in("prefork")
def time_limits_of_a_call() -> Steps:
    yield limits.over_hard_limit.apply_async(soft_time_limit=0.3, time_limit=10)


@case
def a_rate_limit() -> Steps:
    yield [limits.at_a_rate.delay(number) for number in range(5)]


@case
def a_time_before_which_it_must_not_begin() -> Steps:
    yield limits.late.apply_async(args=("countdown",), countdown=1)
    yield limits.late.apply_async(args=("eta",), eta=datetime.now(UTC) + timedelta(seconds=0.5))


@case
def a_time_after_which_it_must_not_begin() -> Steps:
    yield limits.soon.apply_async(args=("late",), countdown=1.5, expires=0.5)


@case
def in_time() -> Steps:
    yield limits.soon.delay("in time")


@case
def priorities() -> Steps:
    yield [limits.unimportant.delay(1), limits.unimportant.apply_async(args=(2,), priority=0)]


@case
def no_result() -> Steps:
    yield Noted(limits.quiet.delay("a"), ("postrun", "quiet"))


@case
def no_result_of_this_call() -> Steps:
    yield Noted(limits.late.apply_async(args=("b",), ignore_result=True), ("postrun", "late"))


@case
def no_result_but_the_error() -> Steps:
    yield Noted(limits.quiet_failure.delay(), ("postrun", "quiet_failure"))


@case
def acknowledged_late() -> Steps:
    yield limits.late.delay("late")
