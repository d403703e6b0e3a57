"""Stock Celery passes each case of the twins, twice with the same outcome."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.twins.compare import differences, faults
from lab.twins.twin import Twin, both


def test_stock_celery_does_each_case_twice_alike(new_database: Callable[[], str], tmp_path: Path) -> None:
    twins = [Twin(new_database(), tmp_path) for _ in range(2)]
    with both(*twins), ThreadPoolExecutor() as threads:
        first, second = threads.map(lambda twin: twin.publish(), twins)
    assert len(first) >= 40
    assert faults(first) == {}
    assert differences(first, second) == {}
