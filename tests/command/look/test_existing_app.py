"""`celeriac catalog APP` and `celeriac doctor APP` describe an existing app without its Redis."""

import json
import sys
from pathlib import Path

import pytest

from celeriac.contract.definition import Definition
from lab.harness.checkout import python_path
from tests.command.running import Celeriac

CELERY = """
import os
from celery import Celery

print("Hello from the app")
app = Celery("shop", broker=os.environ["SHOP_BROKER"], set_as_current=False)
app.conf.task_routes = {"shop.tasks.late": {"queue": "late"}}
app.conf.include = ["shop.tasks"]
"""
TASKS = """
from datetime import datetime
from celery import shared_task
from shop.celery import app

@app.task(shared=False, autoretry_for={OSError, KeyError, ValueError, RuntimeError})
def charge(
    order: int, at: datetime | None = None, tags: set[str] = {"a", "b", "c", "d"}, key: (lambda: 1) = None
) -> bool:
    "Charge an order."
    return True

@app.task(shared=False)
def late(*orders: int):
    "Of many orders."
"""
WRONG = """
@app.task(name="shop/wrong", shared=False)
def wrong(): ...
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of Celery's, in the current directory."""
    for name, text in {"__init__": "", "celery": CELERY, "tasks": TASKS}.items():
        file = tmp_path / "shop" / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", python_path())
    monkeypatch.setenv("SHOP_BROKER", "redis://127.0.0.1:1/0")
    return tmp_path


@pytest.mark.usefixtures("project")
def test_the_catalog_of_an_app_is_a_document_of_definitions(celeriac: Celeriac) -> None:
    ended = celeriac("catalog", "shop.celery:app", "--names", "short")
    assert (ended.code, ended.words) == (0, "")
    catalog = json.loads(ended.output)
    assert (catalog["app"], catalog["celery"].split(".")[0]) == ("shop", "5")
    charge, late = map(Definition.from_json, catalog["definitions"])
    assert (charge.name, charge.aliases, charge.summary) == (
        "shop.tasks.charge",
        ("charge",),
        "Charge an order.",
    )
    assert charge.input_schema["properties"]["order"] == {"title": "Order", "type": "integer"}
    assert charge.template is not None
    assert (late.queue, late.template) == ("late", None)
    assert celeriac("catalog", "shop.celery:app", "--names", "short").output == ended.output


def test_a_task_that_cannot_be_offered_has_a_sentence_and_the_rest_is_written(
    celeriac: Celeriac, project: Path
) -> None:
    with (project / "shop" / "tasks.py").open("a") as tasks:
        tasks.write(WRONG)
    ended = celeriac("catalog", "shop.celery:app")
    assert (ended.code, ended.words.count("\n")) == (1, 1)
    assert ended.words.startswith("shop/wrong is not offered: The name 'shop/wrong' cannot be part of a URL")
    assert len(json.loads(ended.output)["definitions"]) == 3
    ids = celeriac("catalog", "shop.celery:app", "-o", "ids")
    assert ids.output == "shop.tasks.charge\nshop.tasks.late\n"


def test_a_file_is_compared_with_the_app(celeriac: Celeriac, project: Path) -> None:
    file = project / "catalog.json"
    file.write_text(celeriac("catalog", "shop.celery:app").output)
    same = celeriac("catalog", "shop.celery:app", "--check", file)
    assert (same.code, same.output, same.words) == (0, "", "")
    tasks = project / "shop" / "tasks.py"
    tasks.write_text(tasks.read_text().replace("order: int", "order: str") + WRONG.replace("/", "."))
    changed = celeriac("catalog", "shop.celery:app", "--check", file)
    assert changed.code == 1
    assert "new: shop.wrong; changed: shop.tasks.charge." in changed.words
    file.write_text("[]")
    assert "is not a catalog" in celeriac("catalog", "shop.celery:app", "--check", file).words


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("app", "words"),
    [
        ("nowhere.celery:app", "No module named 'nowhere'"),
        ("shop.celery:nothing", "the module shop.celery has no 'nothing'"),
        ("shop.celery:os", "is a module, and no Celery app"),
    ],
)
def test_an_app_that_cannot_be_loaded_says_why(celeriac: Celeriac, app: str, words: str) -> None:
    ended = celeriac("catalog", app)
    assert (ended.code, ended.output) == (2, "")
    assert words in ended.words
    assert "as for celery -A" in ended.words


@pytest.mark.usefixtures("project")
def test_a_missing_variable_is_named_with_its_line(
    celeriac: Celeriac, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP_BROKER")
    ended = celeriac("doctor", "shop.celery:app")
    assert ended.code == 2
    assert "KeyError: 'SHOP_BROKER' (" in ended.words
    assert "celery.py, line 6)" in ended.words


def test_doctor_shows_what_cannot_be_kept_and_who_makes_messages(celeriac: Celeriac, project: Path) -> None:
    with (project / "shop" / "tasks.py").open("a") as tasks:
        tasks.write(WRONG + "app.conf.result_serializer = 'pickle'\n")
    ended = celeriac("doctor", "shop.celery:app", "--json", "--tasks")
    assert ended.code == 0
    lines = [json.loads(line) for line in ended.output.splitlines()]
    found = {line["check"]: (line["verdict"], line["finding"]) for line in lines}
    assert found["app"][1].startswith("shop of Celery 5")
    assert any(
        line["verdict"] == "warn" and "result_serializer is 'pickle'" in line["finding"] for line in lines
    )
    assert found["tasks"] == (
        "ok",
        "2 of 3 tasks are offered; the API writes the messages of 1 of them, and a worker of the app those of 1.",
    )
    assert found["shop/wrong"][0] == "warn"
    assert found["shop.tasks.charge"] == ("ok", "POST /shop.tasks.charge: the API writes its messages.")
    assert "since its parameter 'orders' is passed by position" in found["shop.tasks.late"][1]


@pytest.mark.usefixtures("project")
def test_an_app_on_another_broker_fails(celeriac: Celeriac, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_BROKER", "amqp://127.0.0.1")
    ended = celeriac("doctor", "shop.celery:app")
    assert ended.code == 1
    assert "fail" in ended.output
    assert "amqp" in ended.output


@pytest.mark.parametrize(
    "options", [("catalog", "--names", "short"), ("catalog", "--check", "x"), ("doctor", "--tasks")]
)
def test_options_of_an_app_need_one(celeriac: Celeriac, options: tuple[str, ...]) -> None:
    ended = celeriac(*options)
    assert (ended.code, "belong to an app" in ended.words) == (2, True)


def test_without_celery_an_app_cannot_be_described(
    celeriac: Celeriac, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("celeriac.command.output.refusal.find_spec", lambda _: None)
    ended = celeriac("catalog", "shop.celery:app")
    assert (ended.code, "pip install 'celeriac[app]'" in ended.words) == (2, True)
    assert sys.executable not in ended.words
