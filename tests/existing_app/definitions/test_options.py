"""What the options of a task become."""

from datetime import timedelta

from celeriac.contract.definition import Retry
from celeriac.values.kinds import Kind
from celeriac.values.states import Priority
from tests.existing_app.definitions.test_schemas import DEFINITIONS, definition


def test_the_options_of_a_task_are_those_of_its_definition() -> None:
    shared = definition("shop.shared")
    assert (shared.ignore_result, shared.rate_limit, shared.celery_priority) == (True, "10/m", 3)
    assert (shared.time_limit, shared.soft_time_limit) == (timedelta(seconds=30), timedelta(seconds=20.5))
    assert (shared.queue, shared.list) == ("celery", "celery\x06\x163")
    assert (shared.app, shared.name, shared.celery_name) == ("shop", "shop.shared", "shop.shared")
    assert (shared.kind, shared.priority, shared.fair) == (Kind.PLAIN, Priority.NORMAL, None)


def test_the_queue_is_that_of_the_apps_routes() -> None:
    assert definition("shop.fast.logged").queue == "fast"


def test_a_rate_as_a_number_counts_by_the_second() -> None:
    assert definition("shop.decorated").rate_limit == "5/s"


def test_the_docstring_is_that_of_the_task_and_never_of_a_class_of_others() -> None:
    typed = definition("shop.typed")
    assert typed.summary == "Does something with typed values."
    assert typed.description == "Does something with typed values.\n\nOver two paragraphs."
    assert definition("shop.exported").summary == "Exports a table."
    assert definition("shop.fast.logged").summary == "Has a class of its own."
    assert (
        definition("shop.untyped").summary.endswith("shop.untyped"),
        definition("shop.untyped").description,
    ) == (True, "")


def test_a_retry_is_what_celery_does_by_itself() -> None:
    assert definition("shop.retried").retry == Retry(
        on=("builtins.OSError", "builtins.KeyError"),
        attempts=5,
        backoff=timedelta(seconds=2),
        max_backoff=timedelta(seconds=60),
    )
    assert definition("shop.retried_as_before").retry == Retry(
        on=("builtins.OSError",),
        attempts=3,
        backoff=timedelta(seconds=5),
        max_backoff=timedelta(seconds=5),
    )
    assert definition("shop.retried_for_ever").retry is None
    assert definition("shop.bound").retry is None


def test_only_models_that_celery_makes_are_checked_by_the_worker() -> None:
    assert {name for name, each in DEFINITIONS.items() if each.checked_by_worker} == {"shop.ordered"}
