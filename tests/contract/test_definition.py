"""A definition is plain data that survives JSON unchanged."""

import json
import subprocess
import sys
from dataclasses import fields, replace
from datetime import timedelta

import pytest

from celeriac.contract.catalog import catalog_of, load_implementations
from celeriac.contract.definition import Definition
from lab.harness.servers import environment

CATALOG = catalog_of(load_implementations("tasks,tests.tasks"))
DIGESTS = """
from celeriac.contract.catalog import catalog_of, load_implementations
print(*(one.digest for one in catalog_of(load_implementations("tasks,tests.tasks")).values()))
"""


@pytest.mark.parametrize("name", CATALOG)
def test_a_definition_goes_through_json_unchanged(name: str) -> None:
    definition = CATALOG[name]
    document = definition.to_json()
    text = json.dumps(document, allow_nan=False)
    again = Definition.from_json(json.loads(text))
    assert again == definition
    assert again.digest == definition.digest
    assert set(document) == {field.name for field in fields(Definition)}


def test_every_process_computes_the_same_digests() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", DIGESTS],
            env={**environment(), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for seed in ("1", "2")
    ]
    assert told[0] == told[1] == [definition.digest for definition in CATALOG.values()]


def test_a_digest_changes_with_what_the_definition_says() -> None:
    flaky = CATALOG["flaky"]
    assert flaky.retry is not None
    changed = [
        replace(flaky, queue="other"),
        replace(flaky, soft_time_limit=timedelta(milliseconds=1)),
        replace(flaky, retry=replace(flaky.retry, attempts=9)),
        replace(flaky, input_schema={**flaky.input_schema, "title": "Other"}),
    ]
    assert len({flaky.digest, *(definition.digest for definition in changed)}) == 5


def test_a_definition_says_which_errors_are_tried_again_and_durations_in_seconds() -> None:
    assert CATALOG["flaky"].to_json()["retry"] == {
        "on": ["builtins.ConnectionError"],
        "attempts": 5,
        "backoff": 0.2,
        "max_backoff": 600.0,
    }


def test_a_document_that_lacks_a_member_is_refused_and_one_with_more_is_taken() -> None:
    document = CATALOG["add"].to_json()
    assert Definition.from_json({**document, "of_tomorrow": 1}) == CATALOG["add"]
    del document["queue"]
    with pytest.raises(ValueError, match="queue"):
        Definition.from_json(document)


def test_what_an_existing_app_says_of_its_task_goes_through_json_unchanged() -> None:
    told = replace(
        CATALOG["add"],
        app="shop",
        template='{"body": "%s"}',
        list="default\x06\x163",
        aliases=("charge",),
        ignore_result=True,
        rate_limit="10/s",
        celery_priority=3,
        checked_by_worker=True,
        refusal="Its input cannot be described.",
    )
    again = Definition.from_json(json.loads(json.dumps(told.to_json())))
    assert again == told
    assert again.digest == told.digest != CATALOG["add"].digest


def test_members_at_their_defaults_are_not_in_the_digest() -> None:
    definition = CATALOG["add"]
    of_an_older_version = {
        name: value for name, value in definition.to_json().items() if name not in ("app", "aliases")
    }
    assert Definition.from_json(of_an_older_version).digest == definition.digest
