"""Calls of tasks: arguments and results of all kinds."""

from datetime import date
from decimal import Decimal

from lab.sample_app.tasks import bound, classes, models, shared, typed, untyped, values
from lab.twins.case import Cases, Steps

CASES = Cases()
case = CASES.case
ORDER = {"number": 7, "items": ["a", "b"], "total": "9.90"}


@case
def untyped_arguments_by_position_and_by_name() -> Steps:
    yield [untyped.add.delay(1, 2), untyped.add.delay("a", y="b"), untyped.add.delay(x=[1], y=[None])]


@case
def any_number_of_arguments() -> Steps:
    yield [untyped.anything.delay(), untyped.anything.delay(1, "two", three={"🥬": 10**30})]


@case
def defaults_are_those_of_the_task() -> Steps:
    yield [untyped.defaults.delay(1), untyped.defaults.delay(1, 5, third=6), untyped.defaults.delay(first=0)]


@case
def a_wrong_call_is_refused_before_it_is_published() -> Steps:
    yield untyped.defaults.delay()


@case
def a_wrong_call_of_an_unchecked_task_fails_when_it_runs() -> Steps:
    yield [untyped.unchecked.delay(1, 2), untyped.unchecked.delay("right")]


@case
def no_arguments() -> Steps:
    yield untyped.ping.delay()


@case
def typed_arguments() -> Steps:
    yield [typed.multiply.delay(6, y=7), typed.scale.delay([1, 2.5], by=3), typed.multiply.delay("ab", 2)]


@case
def arguments_that_come_by_position_alone() -> Steps:
    yield [typed.greet.delay("Ann"), typed.greet.delay("Ann", "bye", "and", "Bob", loud=True)]


@case
def an_enumeration() -> Steps:
    yield [typed.shirt.delay(), typed.shirt.delay("l", colour="red")]


@case
def arguments_without_a_form_in_json() -> Steps:
    yield values.keep.delay(
        values.MOMENT,
        price=Decimal("0.10"),
        number=values.NUMBER,
        data=b"\0\xff",
        on=date(2026, 1, 2),
    )


@case
def results_without_a_form_in_json() -> Steps:
    yield [values.values.delay(), values.moment.delay(), values.price.delay(Decimal("1.20"))]


@case
def models_of_pydantic() -> Steps:
    yield [
        models.place.delay(ORDER),
        models.count.delay({**ORDER, "total": Decimal("9.90")}, factor=2),
    ]


@case
def a_model_refuses_its_input_in_the_worker() -> Steps:
    yield [models.place.delay({**ORDER, "items": []}), models.place.delay({"number": "seven"})]


@case
def a_task_knows_its_request() -> Steps:
    yield bound.describe.delay(
        "a",
    )
    yield bound.describe.apply_async(
        kwargs={"word": "b"}, expires=60, time_limit=30, soft_time_limit=20, priority=3
    )


@case
def headers_of_the_caller_arrive() -> Steps:
    yield [bound.describe.apply_async(headers={"tenant": "acme"}), classes.tenant.delay()]


@case
def a_task_reports_states_of_its_own() -> Steps:
    yield bound.progress.delay(3)


@case
def a_task_sees_its_own_state() -> Steps:
    yield bound.is_tracked.delay()


@case
def hooks_of_a_base_class() -> Steps:
    yield [classes.audited.delay(how) for how in ("succeed", "fail", "retry")]


@case
def a_task_that_is_a_class() -> Steps:
    yield [classes.report.delay("Annual"), classes.report.delay(title="Monthly", pages=3)]


@case
def tasks_without_an_app() -> Steps:
    yield [shared.mail.delay("ann"), shared.concatenate.delay("a", "b", separator="/")]
