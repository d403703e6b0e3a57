"""Holds the table of Celery's insides to what is installed."""

from dataclasses import replace

import pytest

from celeriac_worker import insides


def test_celery_kombu_and_billiard_are_inside_as_the_worker_was_written_for() -> None:
    assert insides.differences() == []


@pytest.mark.parametrize(
    "change", [{"source": "0"}, {"parameters": "self"}, {"name": "Channel._brpop_begin"}]
)
def test_a_difference_names_the_file_to_compare_and_the_worker_warns_in_one_line(
    change: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (start,) = (inside for inside in insides.INSIDES if inside.name == "Channel._brpop_start")
    changed = replace(start, **change)
    monkeypatch.setattr(insides, "INSIDES", (changed,))
    monkeypatch.setattr(insides, "READ_FROM", {"kombu": "5.7.0rc1"})
    words = f"kombu's `{changed.name.partition('.')[2]}` changed: compare worker/celeriac_worker/intake/transport.py"
    assert insides.differences() == [words]
    insides.warn_of_differences()
    assert [record.getMessage() for record in caplog.records] == [
        f"This worker was not tried with the installed Celery: {words}."
    ]
