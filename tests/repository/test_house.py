"""The rules of the house hold for every file: sizes, names, listings, first lines."""

import ast
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from lab.harness.checkout import ROOT

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_NAMES = 15
MAX_FIRST_LINE_WORDS = 15
CODE = {".py", ".lua", ".js", ".css", ".c"}
# A drawer for odds and ends has one of these names.
DRAWERS = set("util utils common core helper helpers base manager managers services misc".split())
# A value is named for what it is. These participles and pronouns name none; tests may still have them.
NO_NOUNS = set("asked begun found given known left_out one other said shown told wanted".split())
# Where more names than that may lie side by side, and why.
LONG_LISTINGS = {
    ".": "tools look for their files at the root",
    "api/celeriac_api": "the rooms of the service, and the files with which it starts",
    "worker/celeriac_worker": "likewise of the worker",
    "docs/how-to": "a page for each job; docs/index.md groups them",
    "docs/decisions": "a numbered series, read by number",
    "tests": "a room for each package, and for what all tests share",
}
# Functions that may be longer, and why.
LONG_FUNCTIONS: dict[str, str] = {}


@cache
def files() -> list[Path]:
    """What git knows, or would take: each file of the repository, relative to its root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("git does not know these files")
    return [Path(name) for name in sorted(set(listing.stdout.splitlines())) if (ROOT / name).is_file()]


def modules() -> list[tuple[Path, ast.Module]]:
    """Each file of Python, with its syntax tree."""
    return [(file, ast.parse((ROOT / file).read_text())) for file in files() if file.suffix == ".py"]


def test_no_file_of_code_is_longer_than_four_hundred_lines() -> None:
    sizes = {file: len((ROOT / file).read_text().splitlines()) for file in files() if file.suffix in CODE}
    assert {str(file): size for file, size in sizes.items() if size > MAX_FILE_LINES} == {}


def test_no_function_is_longer_than_fifty_lines() -> None:
    sizes = {f"{file}: {name}": lines for file, module in modules() for name, lines in functions(module)}
    long = {name: lines for name, lines in sizes.items() if lines > MAX_FUNCTION_LINES}
    assert long.keys() - LONG_FUNCTIONS.keys() == set()


def test_a_listing_shows_at_most_fifteen_names() -> None:
    listings: dict[Path, set[str]] = defaultdict(set)
    for file in files():
        for path in (file, *file.parents[:-1]):
            if not path.name.startswith(".") and path.name != "__init__.py":
                listings[path.parent].add(path.name)
    long = {str(folder): len(names) for folder, names in listings.items() if len(names) > MAX_NAMES}
    assert long.keys() - LONG_LISTINGS.keys() == set()


def test_nothing_is_named_like_a_drawer_for_odds_and_ends() -> None:
    words = {file: set(re.split(r"[/._-]", str(file))) for file in files()}
    assert {str(file) for file, found in words.items() if found & DRAWERS} == set()


def test_a_class_says_what_it_is_and_not_which_pattern_it_follows() -> None:
    names = {
        f"{file}: {node.name}"
        for file, module in modules()
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
        if node.name.startswith("Base") or node.name.endswith(("Impl", "Manager"))
    }
    assert names == set()


def test_a_value_is_named_by_a_noun() -> None:
    names = {
        f"{file}:{line}: {name}"
        for file, module in modules()
        if file.parts[0] != "tests" or file.parts[1] == "support"
        for line, name in values(module)
    }
    assert {name for name in names if name.rpartition(" ")[2].strip("_") in NO_NOUNS} == set()


def test_a_file_opens_with_what_it_does_in_at_most_fifteen_words() -> None:
    first = {str(file): (ast.get_docstring(module) or "").partition("\n")[0] for file, module in modules()}
    assert {
        file for file, line in first.items() if not 1 <= len(line.split()) <= MAX_FIRST_LINE_WORDS
    } == set()


def functions(module: ast.Module) -> Iterator[tuple[str, int]]:
    """The name of each function and method, with the number of its lines."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def values(module: ast.Module) -> Iterator[tuple[int, str]]:
    """The name of each variable, parameter and attribute that is assigned, with its line."""
    for node in ast.walk(module):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield node.lineno, name
            case ast.arg(arg=name):
                yield node.lineno, name
