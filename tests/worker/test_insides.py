"""Holds the table of Celery's insides to the installed packages and the worker's code."""

import ast
import importlib
import inspect
import logging
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import celeriac_worker
from celeriac_worker.insides import parts
from celeriac_worker.insides.table import Difference, Inside, Table, compare, differences, read_table

THEIRS = ("billiard", "celery", "kombu")
HOUSE = Path(celeriac_worker.__path__[0])
# Runs with Celery 5.4 to 5.7; what it does there is compared with stock by `make conformance-app`.
OTHER_VERSIONS = "existing_app"
# Each starts something when it is loaded.
PROGRAMS = ("celeriac_worker.app", "celeriac_worker.spans")
# Documented, and each of them has a place of its own in Celery's guide.
PUBLIC = {"celery.bootsteps", "celery.app.task:Task", "celery.app.base"}


def test_celery_kombu_and_billiard_are_inside_as_the_worker_was_written_for() -> None:
    assert list(map(str, (one for inside in read_table().insides for one in compare(inside)))) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"source": "0"}, "_brpop_start"),
        ({"parameters": "self"}, "_brpop_start"),
        ({"place": "kombu.transport.redis:Channel._brpop_begin"}, "_brpop_begin"),
        ({"sets": ("_in_poll", "_in_vain")}, "_in_vain"),
        ({"has": ("_nowhere",)}, "_nowhere"),
    ],
)
def test_a_difference_names_what_changed_and_the_file_to_compare(change: dict[str, Any], name: str) -> None:
    (start,) = (inside for inside in read_table().insides if inside.place.endswith("._brpop_start"))
    words = f"kombu's `{name}` changed: compare worker/celeriac_worker/intake/transport.py"
    assert [*map(str, differences(Table({"kombu": "5.7.0rc1"}, (replace(start, **change),))))] == [words]


def test_the_versions_of_the_table_need_no_comparison() -> None:
    changed = Inside("intake/transport.py", "kombu.transport.redis:Channel._nowhere")
    assert differences(replace(read_table(), insides=(changed,))) == []


@pytest.mark.parametrize(
    ("ours", "fitting", "words"),
    [
        ("processes/child.py", parts.PLAIN, "runs on Celery's own pool and kombu's own reading"),
        ("run/backend.py", parts.OURS, "was not tested with the installed Celery: "),
    ],
)
def test_a_worker_warns_in_one_line_and_does_without_what_does_not_fit(
    ours: str,
    fitting: parts.Parts,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    changed = Difference(ours, "billiard", "workloop")
    monkeypatch.setattr(parts, "differences", lambda: [changed])
    parts._differences.cache_clear()
    parts.warn_of_differences(logging.getLogger())
    found = parts.fitting_parts()
    parts._differences.cache_clear()
    (line,) = [record.getMessage() for record in caplog.records]
    assert words in line
    assert str(changed) in line
    assert found == fitting


def test_every_name_of_theirs_that_a_class_of_ours_replaces_is_in_the_table() -> None:
    listed = {(inside.ours, name) for inside in read_table().insides for name in _names(inside)}
    assert {found for found in _replaced() if found not in listed} == set()


def test_every_private_name_that_the_worker_reads_is_its_own_or_in_the_table() -> None:
    listed = {(inside.ours, name) for inside in read_table().insides for name in _names(inside)}
    own = {"_config", "_current_frames", "_exit"}  # multiprocessing's, sys's and os's
    trees = {
        path.relative_to(HOUSE).as_posix(): ast.parse(path.read_text())
        for path in HOUSE.rglob("*.py")
        if path.relative_to(HOUSE).parts[0] != OTHER_VERSIONS
    }
    defined = {name for tree in trees.values() for name in _defined(tree)}
    used = {(ours, name) for ours, tree in trees.items() for name in _private(tree)}
    assert {(ours, name) for ours, name in used - listed if name not in defined | own} == set()


def test_who_repeats_or_replaces_code_of_theirs_names_the_issue_there_or_what_to_report() -> None:
    ours = {inside.ours for inside in read_table().insides if inside.source} - {"run/task.py"}
    texts = {name: (HOUSE / name).read_text() for name in ours}
    assert {
        name for name, text in texts.items() if "Upstream: " not in text and "To report to " not in text
    } == set()


def _names(inside: Inside) -> set[str]:
    """The names that an entry is about."""
    return {inside.place.rpartition(":")[2].rpartition(".")[2], *inside.sets, *inside.has}


def _replaced() -> Iterator[tuple[str, str]]:
    """Our file, and the name in a class of it that a class of theirs has, too."""
    for found in pkgutil.walk_packages(celeriac_worker.__path__, "celeriac_worker."):
        if found.name in PROGRAMS or found.name.endswith(("__main__", "reaper")):
            continue
        if found.name.startswith(f"celeriac_worker.{OTHER_VERSIONS}"):
            continue
        module = importlib.import_module(found.name)
        for one in vars(module).values():
            if inspect.isclass(one) and one.__module__ == found.name:
                ours = found.name.removeprefix("celeriac_worker.").replace(".", "/") + ".py"
                yield from ((ours, name) for name in vars(one) if _is_theirs(one, name))


def _is_theirs(ours: type, name: str) -> bool:
    """Whether the class that has it next is one of theirs, and not one that is documented to be built upon."""
    theirs = next((base for base in ours.__mro__[1:] if name in vars(base)), object)
    place = f"{theirs.__module__}:{theirs.__qualname__}"
    is_special = name.startswith("__") and name not in ("__init__", "__call__")
    return (
        theirs.__module__.startswith(THEIRS)
        and theirs.__module__ not in PUBLIC
        and place not in PUBLIC
        and not is_special
    )


def _defined(tree: ast.AST) -> Iterator[str]:
    """The names of functions, and of attributes of `self`, that a file makes."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.AnnAssign(target=ast.Name(id=name))
            ):
                yield name
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                yield name
            case _:
                pass


def _private(tree: ast.AST) -> Iterator[str]:
    """The names of the attributes with an underscore that a file reads or sets."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            yield node.attr
