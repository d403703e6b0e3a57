"""Each error of the client has an exit code and lines for people."""

from collections.abc import Iterator

import pytest

from celeriac.client import errors
from celeriac.command.output.client_errors import EXIT_CODES, refusal_of
from celeriac.command.output.exit_codes import ExitCode


def classes(root: type[errors.CeleriacError]) -> Iterator[type[errors.CeleriacError]]:
    """The classes of the tree below this one."""
    for error_class in root.__subclasses__():
        yield error_class
        yield from classes(error_class)


@pytest.mark.parametrize("error_class", list(classes(errors.CeleriacError)), ids=lambda value: value.__name__)
def test_an_error_says_what_and_has_an_exit_code_of_its_own_family(
    error_class: type[errors.CeleriacError],
) -> None:
    members = {"status": 500, "problem": {"task_id": "t"}, "retry_after": 2.0, "request_id": "r"}
    error = made(error_class, members)
    refusal = refusal_of(error)
    assert any(issubclass(error_class, family) for family, _ in EXIT_CODES)
    assert refusal.exit_code is not ExitCode.DONE
    assert str(refusal).startswith("It failed")


def made(error_class: type[errors.CeleriacError], members: dict[str, object]) -> errors.CeleriacError:
    """An error of this class, whose attributes are its own."""
    error = error_class("It failed.")
    vars(error).update(members, title="It failed", detail="Because.")
    if not isinstance(getattr(error_class, "task_id", None), property):
        vars(error)["task_id"] = "t"
    return error


@pytest.mark.parametrize(
    ("error_class", "code", "advice"),
    [
        (errors.Unauthorized, 4, "celeriac config set"),
        (errors.TaskGone, 3, "celeriac list"),
        (errors.InDoubt, 5, "celeriac get t tells whether"),
        (errors.RateLimited, 5, "Try again in 2 seconds."),
        (errors.TaskEnded, 1, ""),
        (errors.InvalidInput, 2, ""),
        (errors.TimedOut, 6, "celeriac watch t"),
        (errors.TaskExpired, 7, ""),
        (errors.ConnectionLost, 5, "may have had its effect"),
    ],
)
def test_what_to_do_follows_from_the_error(
    error_class: type[errors.CeleriacError], code: int, advice: str
) -> None:
    problem = {"task_id": "t"}
    refusal = refusal_of(made(error_class, {"problem": problem, "retry_after": 2.0, "request_id": "r"}))
    assert (refusal.exit_code, advice in refusal.advice) == (code, True)


def test_after_the_time_for_a_batch_the_batch_goes_on() -> None:
    refusal = refusal_of(errors.TimedOut("Batch b is not ready in time.", batch_id="b"))
    assert (refusal.exit_code, refusal.advice) == (6, "The batch goes on: celeriac batch wait b")
