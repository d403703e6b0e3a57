"""What workers announce: sets of definitions, each replaced as a whole."""

import asyncio

import pytest
from redis import Redis

from celeriac.ledger.store import keys
from celeriac.ledger.store.blocking_connection import PatientConnection
from celeriac.ledger.tables.definitions import Announcements, DefinitionTable, announce


def read(url: str, version: int | None = None) -> Announcements | None:
    """What an API reads that knows this version."""

    async def ask() -> Announcements | None:
        table = DefinitionTable(url)
        answer = await table.read_since(version)
        await table.close()
        return answer

    return asyncio.run(ask())


def known(url: str) -> dict[tuple[str, str], bytes]:
    """All that is announced, by set and name."""
    answer = read(url)
    assert answer is not None
    return {(each.set, each.name): each.document for each in answer.definitions}


def test_the_newest_announcement_replaces_the_whole_set_and_no_other(own_url: str) -> None:
    connection = PatientConnection(own_url)
    assert announce(connection, "shop", {"charge": "1", "refund": "2"})
    assert announce(connection, "shop.eu", {"charge": "3"})
    assert announce(connection, "shop", {"charge": "4", "ship": "5"})
    assert known(own_url) == {("shop.eu", "charge"): b"3", ("shop", "charge"): b"4", ("shop", "ship"): b"5"}
    answer = read(own_url)
    assert answer is not None
    assert [each.set for each in answer.definitions] == ["shop", "shop", "shop.eu"]  # the set that came first


def test_the_same_announcement_changes_nothing(own_url: str) -> None:
    connection = PatientConnection(own_url)
    assert announce(connection, "shop", {"charge": "1"})
    before = read(own_url)
    assert before is not None
    assert not announce(connection, "shop", {"charge": "1"})
    assert read(own_url, before.version) is None


def test_what_redis_has_lost_is_announced_again_and_nothing_older_comes_back(
    own_url: str, own_redis: Redis
) -> None:
    connection = PatientConnection(own_url)
    announce(connection, "shop", {"charge": "new"})
    assert not announce(connection, "shop", {"charge": "old"}, if_missing=True)
    own_redis.flushdb()
    assert announce(connection, "shop", {"charge": "old"}, if_missing=True)
    assert known(own_url) == {("shop", "charge"): b"old"}


def test_a_set_without_definitions_is_gone(own_url: str, own_redis: Redis) -> None:
    connection = PatientConnection(own_url)
    announce(connection, "shop", {"charge": "1"})
    assert announce(connection, "shop", {})
    assert known(own_url) == {}
    assert own_redis.keys() == [keys.definitions_version().encode()]


def test_a_key_of_somebody_else_stops_an_announcement_before_it_begins(
    own_url: str, own_redis: Redis
) -> None:
    own_redis.set(keys.definitions(), "theirs")
    with pytest.raises(Exception, match="WRONGTYPE"):
        announce(PatientConnection(own_url), "shop", {"charge": "1"})
    assert own_redis.keys() == [keys.definitions().encode()]


def test_the_name_of_an_app_can_have_blanks(own_url: str) -> None:
    announce(PatientConnection(own_url), "my shop", {"charge": "1"})
    assert known(own_url) == {("my%20shop", "charge"): b"1"}


def test_a_set_whose_names_are_all_others_is_named_in_the_log(
    own_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    connection = PatientConnection(own_url)
    for documents in ({"charge": "1", "refund": "2"}, {"charge": "3"}, {}, {"ship": "4"}):
        announce(connection, "shop", documents)
    assert not caplog.records
    announce(connection, "shop", {"charge": "1"})
    assert "the definitions of 'shop' have replaced others" in caplog.text
