"""Tasks that run again, by their own wish or by Celery's."""

from lab.sample_app.tasks import retries
from lab.twins.case import Cases, Steps

CASES = Cases()
case = CASES.case


@case
def a_retry_after_a_second() -> Steps:
    yield retries.flaky.delay(1, countdown=1)


@case
def two_retries_at_once() -> Steps:
    yield retries.flaky.delay(2)


@case
def more_failures_than_retries() -> Steps:
    yield retries.flaky.delay(5)


@case
def retries_without_a_reason() -> Steps:
    yield retries.never.delay()


@case
def celery_runs_it_again_by_itself() -> Steps:
    yield [retries.automatic.delay("key"), retries.recovering.delay(2)]


@case
def a_retry_with_other_arguments() -> Steps:
    yield retries.with_other_arguments.delay(3)


@case
def the_next_run_is_published_before_this_one_has_ended() -> Steps:
    yield [retries.slow_to_end.delay() for _ in range(3)]


@case
def many_retries_at_once() -> Steps:
    yield [retries.flaky.delay(2) for _ in range(20)]
