"""An outage of Redis is logged once, then each minute, then its end."""

import pytest

from celeriac.ledger.store.outage import Outage


def test_an_outage_is_said_once_then_each_minute_and_that_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 1_000.0
    outage = Outage(lambda: now)
    outage.ends()
    for _ in range(1_500):
        outage.goes_on("refused")
        now += 0.1
    outage.ends()
    outage.ends()
    assert [record.getMessage() for record in caplog.records] == [
        "redis is away: refused; trying again",
        "redis has been away for 60 s: refused; trying again",
        "redis has been away for 120 s: refused; trying again",
        "redis is back after 150 s",
    ]


def test_who_hears_late_of_an_outage_does_not_begin_another(caplog: pytest.LogCaptureFixture) -> None:
    now = 1_000.0
    outage = Outage(lambda: now)
    outage.goes_on("refused")
    outage.ends()
    now += 1
    outage.goes_on("refused")
    assert len(caplog.records) == 2
    now += 3
    outage.goes_on("refused")
    assert len(caplog.records) == 3
