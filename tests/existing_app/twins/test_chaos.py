"""No task of an existing app is lost in a short trial of chaos."""

from lab.twins.chaos import SamplePlan, carry_out
from tests.support.marks import linux_only


@linux_only
def test_no_task_of_an_existing_app_is_lost_or_runs_twice_while_everything_breaks() -> None:
    account = carry_out(SamplePlan(seed=1, tasks=60, rate=20))
    assert account.tasks == 80
    assert account.harm == []
    assert account.disasters
