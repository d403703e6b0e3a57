"""The file of keys: what it may hold, and when it is read again."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from celeriac.access.key_file import KeyFile, KeyFileError, read_key_file
from celeriac.access.limits import Limits
from celeriac.access.secret import digest, new_secret

SECRET = new_secret()
CI = {"name": "ci", "sha256": "a" * 64, "scopes": ["submit:add", "read"]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one key."""
    return written(tmp_path / "keys.json", [CI])


def written(path: Path, keys: list[dict[str, Any]]) -> Path:
    """A file with these keys; it looks new, however fast it follows the one before."""
    path.write_text(json.dumps({"keys": keys}))
    os.utime(path, ns=(written_at := path.stat().st_mtime_ns + 1_000_000 * len(keys), written_at))
    return path


def test_a_file_names_a_digest_or_the_secret_itself(tmp_path: Path) -> None:
    limited = {"name": "b", "key": SECRET, "scopes": ["admin"], "owner": "shop", "limits": {"rate": 5}}
    keys = read_key_file(
        written(tmp_path / "keys.json", [CI, {**limited, "expires": "2030-01-01T00:00:00Z"}])
    )
    assert (keys["ci"].owner, keys["ci"].grants, keys["ci"].expires_at) == (
        "ci",
        ("submit:add", "read"),
        None,
    )
    assert keys["b"].digests[0].sha256 == digest(SECRET)
    assert (keys["b"].owner, keys["b"].limits) == ("shop", Limits(rate=5))


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"sha256": None}, "either sha256 or key"),
        ({"key": SECRET}, "either sha256 or key"),
        ({"sha256": None, "key": SECRET[:-1]}, "mistyped, or cut off"),
        ({"sha256": "abc"}, "keys.0.sha256"),
        ({"scopes": ["sumbit"]}, "did you mean submit?"),
        ({"scopes": []}, "give 1 to 50 scopes"),
        ({"name": "a b"}, "write 1 to 64 letters"),
        ({"limits": {"rate": 0}}, "keys.0.limits.rate"),
        ({"limits": {"speed": 1}}, "keys.0.limits.speed"),
        ({"expires": "soon"}, "keys.0.expires"),
        ({"scope": "read"}, "keys.0.scope"),
    ],
)
def test_a_wrong_entry_is_named_and_no_secret_is_quoted(
    tmp_path: Path, entry: dict[str, Any], words: str
) -> None:
    with pytest.raises(KeyFileError) as refused:
        read_key_file(written(tmp_path / "keys.json", [{**CI, **entry}]))
    assert words in str(refused.value)
    assert SECRET[:-1] not in str(refused.value)


def test_a_file_that_is_missing_or_names_a_key_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read: No such file"):
        KeyFile(tmp_path / "none.json")
    with pytest.raises(KeyFileError, match="appear twice: ci"):
        KeyFile(written(tmp_path / "keys.json", [CI, CI]))


def test_a_changed_file_is_read_again_and_a_broken_one_leaves_the_keys_and_one_warning(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = KeyFile(path)
    assert not file.read_again()
    written(path, [CI, {**CI, "name": "other"}])
    assert file.read_again()
    assert set(file.keys) == {"ci", "other"}
    path.write_text("{")
    assert [file.read_again() for _ in range(3)] == [False, False, False]
    path.unlink()
    assert [file.read_again() for _ in range(3)] == [False, False, False]
    assert set(file.keys) == {"ci", "other"}
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "the keys of the file stay as they were"
    ] * 2
    written(path, [CI])
    assert file.read_again()
    assert set(file.keys) == {"ci"}
