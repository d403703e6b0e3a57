"""An existing app keeps its own pool, start method and result backend."""

from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest

from celeriac.ledger.store import keys
from lab.harness.waiting import wait_until
from tests.existing_app.running.place import Place
from tests.support.marks import linux_only

SLOW = pytest.mark.trial
POOLS = ["threads", "gevent", pytest.param("solo", marks=SLOW), pytest.param("eventlet", marks=SLOW)]

pytestmark = linux_only


@pytest.fixture
def place(new_database: Callable[[], str], directory: Path) -> Iterator[Place]:
    """Nothing runs yet."""
    with closing(Place(new_database(), directory)) as place:
        yield place


def runs_all(place: Place, tmp_path: Path) -> None:
    """Tasks of several kinds end as they ought to, and nothing is left."""
    add, fail, forget = place.send("add", 1, 2), place.send("fail", "no"), place.send("forget", 1)
    again, late = place.send("again", str(tmp_path / "again"), 5), place.send("add", 1, 1, countdown=0.5)
    reject, replace = place.send("reject", str(tmp_path / "reject")), place.send("replace", 4)
    ends = {task: place.ended(task)["state"] for task in (add, fail, forget, again, late, reject, replace)}
    assert [task for task, state in ends.items() if state != "succeeded"] == [fail]
    assert [place.app.AsyncResult(task).get(timeout=5) for task in (add, again, replace)] == [3, 5, 5]
    wait_until(lambda: not place.left(), what="the end of all entries")


@pytest.mark.parametrize("pool", POOLS)
def test_a_pool_runs_all_and_a_task_that_computes_keeps_its_lease(
    place: Place, tmp_path: Path, pool: str
) -> None:
    if pool in ("gevent", "eventlet") and find_spec(pool) is None:
        pytest.skip(f"{pool} is not installed")
    with place.worker("-P", pool, "-n", "one@here"):
        runs_all(place, tmp_path)
        compute = place.send("compute", str(tmp_path / "started"), 3.0)  # longer than its lease
        assert place.ended(compute) | {"state": "succeeded", "attempt": "1"} == place.record(compute)
        if pool == "gevent":
            hold = place.send("hold", str(tmp_path / "held"), str(tmp_path / "gate"))
            wait_until((tmp_path / "held").exists)
            place.redis.hset(keys.record(hold), "cancel", "terminate")
            assert place.ended(hold)["state"] == "cancelled"
        says = place.redis.get(keys.worker("one@here"))
        assert '"app": "shop"' in says
        assert "cannot end" in says or pool in ("gevent", "eventlet")


def test_processes_that_are_spawned_have_the_ledger_too(place: Place, tmp_path: Path) -> None:
    with place.worker(worker_pool_start_method="spawn"):
        runs_all(place, tmp_path)
        died = place.send("die", str(tmp_path / "died"))
        assert place.ended(died)["attempt"] == "2"


@pytest.mark.parametrize("where", ["another database", "file", "rpc", "nowhere"])
def test_a_result_backend_elsewhere_has_the_results_and_the_ledger_the_ends(
    new_database: Callable[[], str], directory: Path, tmp_path: Path, where: str
) -> None:
    results = {"another database": new_database(), "file": f"file://{tmp_path}", "rpc": "rpc://"}.get(where)
    place = Place(new_database(), directory, results=results or "disabled://")
    with closing(place), place.worker():
        add, fail = place.send("add", 1, 2), place.send("fail", "no")
        assert [place.ended(task)["state"] for task in (add, fail)] == ["succeeded", "failed"]
        again = place.send("again", str(tmp_path / "again"), 3)
        assert place.ended(again)["attempt"] == "4"
        if where != "nowhere":
            assert place.app.AsyncResult(add).get(timeout=10) == 3
