"""Schemathesis finds no undocumented answer and no fault, with a key of each scope.

The suite sends a few requests to each operation, `make generated` many.
"""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import Phase, settings
from schemathesis import Case as AnyCase
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import negative_data_rejection, status_code_conformance

from celeriac.stack.valkey import Valkey
from celeriac_api.server.request_head import LONGEST_TARGET
from lab.harness.checkout import ROOT
from lab.harness.servers import running_worker
from tests.http.access.keys import Locked, locked_api

Case = AnyCase[Any]

DATABASE = 3
# How many requests are made up for each operation. If it is given, each limit of each parameter is tried, too.
EXAMPLES = os.environ.get("TEST_EXAMPLES")
CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 20260501,
        "suppress-health-check": ["all"],
        # A task that was deleted is 410, which is what its route says.
        "checks": {
            "positive_data_acceptance": {
                "expected-statuses": ["2XX", "3XX", "401", "403", "404", "409", "410", "429", "5XX"]
            }
        },
        "generation": {"max-examples": int(EXAMPLES or 4), "no-shrink": True, "database": "none"},
        "phases": {"coverage": {"enabled": EXAMPLES is not None}},
    }
)
# With a parameter each operation is a test with a name of its own, by which it can be asked for.
pytestmark = pytest.mark.parametrize("locked_starters", [DATABASE], indirect=True)
ADD: dict[str, Any] = {"name": "add", "input": {"x": 4, "y": 5}}
URL = "https://shop.example/hook"
# No pointer into the input, for the input decides which there are.
KEY_OF_TASKS = "acme"
# Options with such keys, with times and with URLs: JSON Schema knows too few of their bounds.
TAMED: dict[str, Any] = {
    "fair": KEY_OF_TASKS,
    "unique": {"key": KEY_OF_TASKS},
    "debounce": {"key": KEY_OF_TASKS, "quiet": "PT0.1S", "at_most": "PT1S"},
    "throttle": {"key": KEY_OF_TASKS, "rate": "100/s"},
    "concurrency": {"key": KEY_OF_TASKS, "limit": 10},
    "notify": [{"url": URL}],
}
# A valid one: other cases will have it, too.
KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
# But for the one stream that has no end.
SCHEMA = schemathesis.openapi.from_path(ROOT / "openapi.json", config=CONFIG).exclude(path="/events")
SEQUENCES = settings(
    max_examples=int(EXAMPLES or 4),
    stateful_step_count=4,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
)


@pytest.fixture(scope="module")
def locked_starters(request: pytest.FixtureRequest, valkey: Valkey, directory: Path) -> Iterator[Locked]:
    """An API that needs a key, and a worker, on a database of their own, for the starter tasks alone; none may take long here."""
    database = f"{valkey.url.removesuffix('/0')}/{request.param}"
    of_both: dict[str, Any] = {"tasks": "tasks", "soft_time_limit": 0.2}
    with (
        running_worker(directory, redis_url=database, **of_both),
        locked_api(database, directory, **of_both) as locked,
    ):
        yield locked


@SCHEMA.parametrize()
def test_an_operation_answers_as_documented(case: Case, locked_starters: Locked) -> None:
    # A body that is optional and is left out is what Schemathesis makes of "wrong" at times, and calls right itself.
    is_right = getattr(case.meta and case.meta.phase.data, "description", "") == "Positive test case"
    tame(case)
    for security in case.operation.definition.raw["security"]:
        case.headers.update(locked_starters.headers(f"has-{(security['bearer'] or ['read'])[0]}"))
    excluded: list[Any] = [negative_data_rejection] if is_right else []
    # The server answers a request whose address is too long, whatever the route.
    if len(urlencode(case.query, doseq=True)) > LONGEST_TARGET // 2:
        excluded += [negative_data_rejection, status_code_conformance]
    case.call_and_validate(base_url=str(locked_starters.client.base_url), excluded_checks=excluded)


def test_operations_one_after_the_other_answer_as_documented(locked_starters: Locked) -> None:
    class Sequence(SCHEMA.as_state_machine()):  # type: ignore[misc]  # the class follows from the document
        def before_call(self, case: Case) -> None:
            tame(case)

        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            address = str(locked_starters.client.base_url)
            return {"base_url": address, "headers": locked_starters.headers("has-admin")}

    Sequence.run(settings=SEQUENCES)


def tame(case: Case) -> None:
    """Shorten a wait and a delay; leave out a moment, which may be years ahead or stand beside a delay; put nothing under one id or key twice; send no empty body as broken JSON; and write a whole number as one, for JSON Schema takes 4.0 for an integer and we do not."""
    if str(case.query.get("wait")).isdecimal():
        case.query["wait"] = min(int(case.query["wait"]), 1)
    if case.method == "PUT" and case.meta and case.meta.generation.mode.is_positive:
        tame_put(case)
    if KEY.fullmatch(str(case.headers.get("Idempotency-Key", ""))):
        case.headers["Idempotency-Key"] = str(uuid4())
    case.query.pop("cursor", None)  # one that is made up leads nowhere
    if re.fullmatch(r"[0-9.]{1,7}", str(case.query.get("delay", ""))):
        case.query["delay"] = 0.01
    if is_moment(case.query.get("eta")):
        del case.query["eta"]
    if str(case.headers.get("Prefer")).startswith("wait="):
        case.headers["Prefer"] = "wait=1"
    if case.body == b"":  # its bytes that are not JSON may be none, and a body that is optional may be empty
        case.body = b"{"
    if case.path.endswith("/retry") and isinstance(case.body, dict):
        case.body.pop("input", None)  # what it has to be, the task decides that is run again
    if case.meta and case.meta.generation.mode.is_positive:
        case.body = without_choices(whole(case.body), case)


def without_choices(body: Any, case: Case) -> Any:
    """Submissions without options that only some values or tasks allow, and with each option in one place."""
    for name in ("after", "when", "queue", "notify"):
        case.query.pop(name, None)
    if "fair" in case.query:
        case.query["fair"] = KEY_OF_TASKS
    if case.path == "/batches" and isinstance(body, list) and "$result" not in str(body):
        return [chosen(item, case) for item in body]
    return chosen(body, case) if case.path in ("/tasks", "/tasks/{task_id}") else body


def chosen(item: Any, case: Case) -> Any:
    """A submission without these options, and with values for those of which JSON Schema knows too little."""
    if not isinstance(item, dict):
        return item
    left_out = {"after", "when", "queue", "eta", "as", *case.query}
    if "debounce" in item:
        left_out.add("delay")
    return {name: TAMED.get(name, value) for name, value in item.items() if name not in left_out}


def tame_put(case: Case) -> None:
    """Put a task under a new id, a schedule with one rule for its due times, a webhook with a public host: JSON Schema cannot say how these are written."""
    if "task_id" in case.path_parameters:
        case.path_parameters["task_id"] = str(uuid4())
        return
    case.query.pop("owner", None)
    if not isinstance(case.body, dict):
        return
    if case.path == "/schedules/{name}":
        case.body = {"submit": ADD, "cron": "0 3 1 1 *", "jitter": case.body.get("jitter", 0)}
    if "url" in case.body:
        case.body["url"] = URL


def is_moment(value: Any) -> bool:
    """Whether this is a moment with an offset."""
    try:
        return datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False


def whole(value: Any) -> Any:
    """The same, with no float that is a whole number."""
    match value:
        case dict():
            return {name: whole(item) for name, item in value.items()}
        case list():
            return [whole(item) for item in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value
