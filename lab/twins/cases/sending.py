"""Ways to publish: by name, with routes, through connections and producers of the caller's own."""

from lab.sample_app import journal
from lab.sample_app.celery import app
from lab.sample_app.tasks import reports, untyped
from lab.twins.case import Cases, Steps

CASES = Cases()
case = CASES.case


@case
def by_its_name_alone() -> Steps:
    yield app.send_task("ping")
    yield app.send_task("lab.sample_app.tasks.untyped.add", args=[1], kwargs={"y": 2})


@case
def a_route_by_a_glob() -> Steps:
    yield reports.daily.delay("2026-01-01")


@case
def a_route_by_a_function() -> Steps:
    yield [
        reports.regional.delay(region="us"),
        reports.regional.delay(region="asia"),
        reports.regional.delay(),
    ]


@case
def to_another_queue() -> Steps:
    yield reports.daily.apply_async(args=("2026-01-02",), queue="eu")


@case
def through_a_connection_of_the_callers_own() -> Steps:
    with app.connection_for_write() as connection:
        yield untyped.add.apply_async(args=(1, 1), connection=connection)


@case
def through_a_producer_of_the_callers_own() -> Steps:
    with app.producer_pool.acquire(block=True) as producer:
        results = [untyped.add.apply_async(args=(number, 1), producer=producer) for number in range(3)]
    yield results


@case
def compressed() -> Steps:
    yield untyped.anything.apply_async(args=("a" * 1000,), compression="gzip")


@case
def here_and_now() -> Steps:
    result = untyped.add.apply(args=(1, 2))
    yield [result.state, result.get()]


@case
def an_id_of_the_callers_own() -> Steps:
    task_id = f"the-callers-{journal.trail.get()}".replace(" ", "-")
    result = untyped.add.apply_async(args=(1, 2), task_id=task_id)
    yield [result.id == task_id, result]


@case
def a_hundred_in_a_row() -> Steps:
    results = [untyped.add.delay(number, 1) for number in range(100)]
    yield
    yield sum(result.get(timeout=60) for result in results)
