"""With the line, each case ends as Celery alone ends it."""

from redis import Redis

from lab.twins.compare import faults, unmeant
from lab.twins.leftovers import leftovers
from tests.existing_app.twins.conftest import Sides


def test_stock_celery_passes_each_case(sides: Sides) -> None:
    assert len(sides.stock) >= 80
    assert faults(sides.stock) == {}


def test_a_plugged_app_does_what_its_stock_twin_does(sides: Sides) -> None:
    assert unmeant(sides.stock, sides.plugged_all) == {}


def test_a_plugged_worker_does_so_for_a_publisher_without_the_line(sides: Sides) -> None:
    assert unmeant(sides.stock, sides.plugged_worker) == {}


def test_no_record_stays_open_and_every_index_and_list_is_empty(sides: Sides) -> None:
    with Redis.from_url(sides.plugged.redis_url) as redis:
        assert leftovers(redis) == []
        assert redis.zcard("celeriac:tasks") >= 500
