"""A worker does not keep the time limits of tasks that have ended."""

from kombu.asynchronous.timer import Timer

from celeriac_worker.steps.timer_cleanup import MOST, forget_cancelled

HOUR_SECONDS = 3600


def test_what_is_cancelled_is_forgotten_and_what_is_to_come_stays() -> None:
    timer, fired = Timer(), list[str]()
    cancelled = [timer.call_after(HOUR_SECONDS, fired.append, ("cancelled",)) for _ in range(MOST)]
    timer.call_after(0, fired.append, ("due",))
    timer.call_after(HOUR_SECONDS, fired.append, ("later",))
    for entry in cancelled:
        entry.cancel()
    forget_cancelled(timer)
    assert len(timer) == 2
    seconds, entry = next(iter(timer))
    timer.apply_entry(entry)
    assert (seconds, fired) == (None, ["due"])


def test_little_is_left_alone() -> None:
    timer = Timer()
    for _ in range(MOST):
        timer.call_after(HOUR_SECONDS, print).cancel()
    forget_cancelled(timer)
    assert len(timer) == MOST
