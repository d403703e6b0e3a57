"""The catalog finds every task, and refuses to start with what cannot load."""

from pathlib import Path

import pytest

from celeriac.contract.catalog import HEAVY, files_without_tasks, load_implementations
from celeriac.contract.signature import ContractError

TASK = """
from celeriac import task

@task
def {name}(x: int) -> int:
    return x
"""


def test_a_name_that_is_declared_twice_is_refused_with_both_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(tmp_path, monkeypatch, "twice_tasks", one=TASK.format(name="same"), two=TASK.format(name="same"))
    with pytest.raises(
        ContractError,
        match=r"'same' is declared twice, in twice_tasks\.one and in twice_tasks\.two: rename one",
    ):
        load_implementations("twice_tasks")


def test_a_task_that_is_imported_by_another_module_is_declared_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(
        tmp_path,
        monkeypatch,
        "lent_tasks",
        one=TASK.format(name="lent"),
        two="from lent_tasks.one import lent\n",
    )
    assert list(load_implementations("lent_tasks")) == ["lent"]


def test_every_module_of_every_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch, "first_tasks", one=TASK.format(name="a"), two=TASK.format(name="b"))
    package(tmp_path, monkeypatch, "second_tasks", __init__=TASK.format(name="c"))
    assert set(load_implementations("first_tasks, second_tasks")) == {"a", "b", "c"}


def test_a_package_without_tasks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(tmp_path, monkeypatch, "empty_tasks")
    with pytest.raises(ContractError, match="No task is declared in empty_tasks: put @task above a function"):
        load_implementations("empty_tasks")


@pytest.mark.parametrize("name", ["nowhere_tasks", "tasks.nowhere", "tasks.text.nowhere"])
def test_a_package_that_is_not_there_is_refused_with_its_name(name: str) -> None:
    with pytest.raises(ContractError, match=f"The tasks in {name} cannot be loaded: No module named"):
        load_implementations(name)


def test_a_module_that_imports_what_is_not_there_is_refused_with_both_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(tmp_path, monkeypatch, "missing_tasks", one="import no_such_library\n")
    with pytest.raises(
        ContractError, match=r"in missing_tasks\.one cannot be loaded: No module named 'no_such_library'"
    ):
        load_implementations("missing_tasks")


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("x = 1\ndef f(:\n", "SyntaxError: ", 2),
        ("  x = 1\n", "IndentationError: unexpected indent", 1),
        ("\n\nx = y\n", "NameError: name 'y' is not defined", 3),
        ("import os\nx = os.environ['SHOP_URL']\n", "KeyError: 'SHOP_URL'", 2),
        (
            "from celeriac import task\n\n@task(retries=3)\ndef f() -> None: ...\n",
            "TypeError: task() got an unexpected keyword argument 'retries'",
            3,
        ),
        (
            "from celeriac import task\n\n@task\ndef f(x) -> None: ...\n",
            "parameter 'x' of task 'f' has no type hint",
            3,
        ),
        (
            (
                "from typing import Annotated\nfrom celeriac import Shared, task\n\ndef f(): ...\n\n@task\n"
                "def g(x: Annotated[int, Shared(f)]) -> None: ...\n"
            ),
            "Shared(f): 'f' does not yield",
            7,
        ),
        ("import sys\nsys.exit()\n", "SystemExit", 2),
        ("raise ValueError('two\\nlines')\n", "ValueError: two lines", 1),
        ("from celeriac import tsk\n", "ImportError: cannot import name 'tsk'", 1),
    ],
    ids=lambda value: value[:20].replace("\n", " ") if isinstance(value, str) else "",
)
def test_a_file_that_cannot_be_loaded_is_named_with_the_line_and_the_reason(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    reason: str,
    line: int,
    request: pytest.FixtureRequest,
) -> None:
    name = f"broken_tasks_{request.node.callspec.indices['text']}"
    package(tmp_path, monkeypatch, name, one=text)
    with pytest.raises(ContractError) as refused:
        load_implementations(name)
    sentence = str(refused.value)
    assert sentence.startswith(f"The tasks in {name}.one cannot be loaded: {reason}")
    assert sentence.endswith(f" ({tmp_path}/{name}/one.py, line {line}).")
    assert "\n" not in sentence


def test_a_file_without_a_task_is_found_unless_it_is_marked_as_private(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package(
        tmp_path,
        monkeypatch,
        "idle_tasks",
        one=TASK.format(name="idle"),
        two="from idle_tasks.one import idle\n",
        _helpers="",
        forgotten="def send(x: int) -> int: ...\n",
    )
    load_implementations("idle_tasks")
    assert files_without_tasks("idle_tasks") == [f"{tmp_path}/idle_tasks/forgotten.py"]


def test_a_heavy_import_at_the_top_of_a_module_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "polars.py").touch()
    package(tmp_path, monkeypatch, "heavy_tasks", one="import polars\n" + TASK.format(name="slow"))
    with pytest.raises(
        ContractError, match=r"heavy_tasks\.one imports polars at its top.*move the import into the function"
    ):
        load_implementations("heavy_tasks")


def test_what_the_worker_is_made_of_counts_as_heavy() -> None:
    assert {"celery", "kombu", "billiard", "PIL"} <= HEAVY


def package(directory: Path, monkeypatch: pytest.MonkeyPatch, name: str, **modules: str) -> None:
    """Make a package of tasks that can be imported; each test has a name of its own for it."""
    (directory / name).mkdir()
    for module, text in {"__init__": "", **modules}.items():
        (directory / name / f"{module}.py").write_text(text)
    monkeypatch.syspath_prepend(directory)
