"""`celeriac limits` lists, shows, sets and resets the rules of keys."""

import json
import uuid

import pytest

from tests.command.look.conftest import Ask
from tests.command.look.test_operating import lines


@pytest.mark.usefixtures("quiet_redis")
def test_the_rules_of_a_key_are_shown_set_and_reset(ask_quiet: Ask) -> None:
    key = f"/t=a b/{uuid.uuid4().hex[:8]}"
    assert ask_quiet("limits", "list").words == "No key is in use.\n"
    new = ask_quiet("limits", "set", key, "--limit", "2", "--rate", "10/s")
    assert (new.code, "limit 2, rate 10/s" in new.output) == (0, True), new.words
    assert "limit 0\n" in ask_quiet("limits", "set", key, "--limit", "0").output
    document = json.loads(ask_quiet("limits", "get", key, "--json").output)
    assert document["override"] == {"limit": 0, "rate": None, "burst": None}
    listed = lines(ask_quiet("limits", "list", "--json").output)
    assert [(item["key"], item["rules"]) for item in listed] == [(key, document["rules"])]
    assert key in ask_quiet("limits", "list").output
    assert ask_quiet("limits", "reset", key).code == 0
    unknown = ask_quiet("limits", "get", key)
    assert (unknown.code, "celeriac limits list lists the keys in use." in unknown.words) == (3, True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [([], "No rule is given."), (["--rate", "soon"], "--rate: ")],
)
def test_a_wrong_rule_is_named_by_its_option(ask_quiet: Ask, words: list[str], sentence: str) -> None:
    refused = ask_quiet("limits", "set", "k", *words)
    assert (refused.code, refused.output, sentence in refused.words) == (2, "", True), refused.words
