"""A key in JSON, its expiry, and its rotation."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from celeriac.access.expiry import expiry_of
from celeriac.access.key import Key, SecretDigest, checked_grants, checked_name, key_from_json, key_to_json
from celeriac.access.limits import Limits

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OLD, NEW, NEWER = ("a" * 64, "b" * 64, "c" * 64)
KEY = Key(
    name="ci",
    owner="shop",
    grants=("submit:add", "read"),
    digests=(SecretDigest(sha256=OLD),),
    created_at=NOW,
    expires_at=NOW + timedelta(days=90),
    limits=Limits(rate=0.5, unfinished=10),
)


@pytest.mark.parametrize("key", [KEY, replace(KEY, expires_at=None, limits=Limits())])
def test_a_key_is_the_same_after_a_way_through_json(key: Key) -> None:
    assert key_from_json("ci", key_to_json(key)) == key


@pytest.mark.parametrize("document", ["", "{}", "[]", '{"owner":"x","scopes":["open"],"digests":[]}'])
def test_a_document_of_no_key_is_refused(document: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        key_from_json("ci", document)


def test_after_a_rotation_both_secrets_are_good_until_the_overlap_is_over() -> None:
    rotated = KEY.rotated(NEW, until=NOW + HOUR, now=NOW)
    assert [(one.sha256, rotated.until(one)) for one in rotated.digests] == [
        (NEW, KEY.expires_at),
        (OLD, NOW + HOUR),
    ]
    again = rotated.rotated(NEWER, until=NOW + 3 * HOUR, now=NOW + HOUR / 2)
    assert [(one.sha256, one.until) for one in again.digests] == [
        (NEWER, None),
        (NEW, NOW + 3 * HOUR),
        (OLD, NOW + HOUR),
    ]


def test_without_an_overlap_the_old_secret_is_gone_and_what_is_over_is_not_kept() -> None:
    rotated = KEY.rotated(NEW, until=NOW + HOUR, now=NOW)
    assert [one.sha256 for one in rotated.rotated(NEWER, until=NOW, now=NOW).digests] == [NEWER]
    later = NOW + 2 * HOUR
    assert [one.sha256 for one in rotated.rotated(NEWER, until=later + HOUR, now=later).digests] == [
        NEWER,
        NEW,
    ]


@pytest.mark.parametrize("name", ["", "a b", "-a", ".a", "a/b", "a:b", "é", "a" * 65, "a\n"])
def test_a_name_that_means_something_else_in_an_address_or_a_key_of_redis_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="write 1 to 64 letters"):
        checked_name(name)


def test_a_key_has_each_scope_once_and_at_least_one() -> None:
    assert checked_grants(["read", "submit:add", "read"]) == ("read", "submit:add")
    with pytest.raises(ValueError, match="give 1 to 50 scopes"):
        checked_grants([])


def test_an_expiry_is_a_duration_or_a_moment() -> None:
    assert expiry_of("90d", now=NOW) == NOW + timedelta(days=90)
    assert expiry_of("PT1H", now=NOW) == NOW + HOUR
    assert expiry_of("2027-01-31T01:00:00+01:00", now=NOW) == datetime(2027, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "soon", "0", "-1d", "2020-01-01T00:00:00Z", "2027-01-31T00:00:00", "1e9d", "200000d"]
)
def test_an_expiry_that_is_over_or_unclear_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"write a duration|later than now|offset from UTC|100 years"):
        expiry_of(text, now=NOW)
