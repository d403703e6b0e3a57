"""Workflows: signatures in a row, side by side, and with callbacks."""

from celery import chain, chord, group, xmap

from lab.sample_app.tasks import canvas, outcomes, untyped
from lab.sample_app.tasks.canvas import callback, total
from lab.twins.case import Cases, Noted, Steps

CASES = Cases()
case = CASES.case
add = untyped.add


@case
def a_chain() -> Steps:
    yield chain(add.s(1, 2), add.s(3), add.s(4)).apply_async()


@case
def a_chain_that_breaks() -> Steps:
    result = chain(add.s(1, 2), outcomes.fail.si("in the middle"), add.s(4)).apply_async()
    yield [result.parent, result.parent.parent]
    yield Noted(result, ("failure", "fail"))


@case
def a_group() -> Steps:
    yield group(add.s(number, number) for number in range(4)).apply_async()


@case
def a_chord() -> Steps:
    yield chord((add.s(number, number) for number in range(4)), total.s()).apply_async()


@case
def a_chord_of_one() -> Steps:
    yield chord([add.s(1, 2)], total.s()).apply_async()


@case
def a_chord_that_breaks() -> Steps:
    yield chord([add.s(1, 2), outcomes.fail.s("a part")], total.s()).apply_async()


@case
def a_chord_with_an_error_callback() -> Steps:
    body = total.s().on_error(canvas.on_error.s())
    yield chord([add.s(1, 2), outcomes.fail.s("a part")], body).apply_async()


@case
def a_chain_with_a_chord_in_it() -> Steps:
    yield chain(add.s(1, 2), group(add.s(1), add.s(2)), total.s(), add.s(10)).apply_async()


@case
def a_chord_of_chains() -> Steps:
    yield chord([chain(add.s(1, 1), add.s(1)), chain(add.s(2, 2), add.s(2))], total.s()).apply_async()


@case
def a_group_in_a_group() -> Steps:
    yield group(add.s(1, 1), group(add.s(2, 2), add.s(3, 3))).apply_async()


@case
def chunks() -> Steps:
    yield add.chunks(zip(range(6), range(6), strict=True), 2).apply_async()


@case
def a_map() -> Steps:
    yield [total.map([[1, 2], [3, 4]]).delay(), add.starmap([(1, 2), (3, 4)]).delay()]


@case
def a_callback() -> Steps:
    yield add.apply_async(args=(1, 2), link=[callback.s(), callback.si("fixed")])


@case
def error_callbacks() -> Steps:
    signatures = [canvas.on_error.s(), canvas.on_error_id.s()]
    yield outcomes.fail.apply_async(args=("linked",), link_error=signatures)
    yield Noted(outcomes.fail.apply_async(args=("linked",), link_error=signatures), ("on_error",), 2)


@case
def replaced() -> Steps:
    yield canvas.replaced.delay(5)


@case
def replaced_in_a_chain() -> Steps:
    yield chain(canvas.replaced.s(5), add.s(10)).apply_async()


@case
def replaced_by_a_chord() -> Steps:
    yield canvas.replaced_by_chord.delay([1, 2, 3])


@case
def a_chord_that_grows() -> Steps:
    yield chord([canvas.add_to_chord.s(1), add.s(1, 1)], total.s()).apply_async()


@case
def tasks_that_a_task_starts() -> Steps:
    yield canvas.start_others.delay(3)


@case
def a_signature_with_options() -> Steps:
    yield add.signature((1,), {"y": 2}, priority=3, countdown=0.2).apply_async()


@case
def a_signature_that_is_stored() -> Steps:
    yield untyped.add.app.signature(dict(chain(add.s(1, 2), add.s(3)))).apply_async()


@case
def a_map_of_a_signature() -> Steps:
    yield xmap(total.s(), [[1], [2, 3]]).apply_async()
