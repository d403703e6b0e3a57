"""Public texts are plain English: none contains a phrase from a short list."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from celeriac.settings import Settings
from celeriac_api.openapi import starter_app
from celeriac_api.response.errors import Problem
from lab.harness.checkout import ROOT

PACKAGES = ("celeriac", "api", "worker")
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")} - {*ROOT.glob("docs/decisions/*.md")})
# Old-fashioned, or without the name of the thing. A sentence that begins with "Of" puts its subject last.
AVOIDED = re.compile(
    r"""
      \b (?: stands? \b (?!\ (?:by|out|for)\b) | so\ many | of\ late | letter\ for\ letter | all\ the\ same | by\ and\ by
        | will\ do | (?:is|are)\ told | answers\ with | answered\ with | what\ is\ no | of\ which | whoever | unless\ told
        | said\ to\ be | of\ one's\ own | in\ one's\ own | anew | at\ will | hold\ up\ nobody | in\ its\ stead | therein
        | is\ no\ (?:json|message|text|object|number|setting|utf-8) | some\ \d )\b
      | (?: ^ | [.:!?]\  | ^[-|]\ ) (?-i:Of)\ (?!course)
    """,
    re.VERBOSE | re.IGNORECASE,
)
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"^\s*//.*$", re.MULTILINE)
PAGE_TEXT = re.compile(r'"([^"\n]* [^"\n]*)"|`([^`\n]* [^`\n]*)`')


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_of_the_documentation_is_plain(page: Path) -> None:
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    assert [paragraph for paragraph in text.split("\n") if AVOIDED.search(paragraph)] == []


def test_the_description_of_the_api_is_plain() -> None:
    assert avoided(texts_of_openapi(starter_app().openapi())) == []


def test_settings_and_problems_are_plain() -> None:
    descriptions = [field.description or "" for field in Settings.model_fields.values()]
    assert avoided([*descriptions, *(problem.title for problem in Problem.__subclasses__())]) == []


def test_sentences_in_the_code_are_plain() -> None:
    assert avoided(sentences(module) for module in modules()) == []


def test_first_lines_of_modules_are_plain() -> None:
    assert avoided((ast.get_docstring(module) or "").partition("\n")[0] for module in modules()) == []


def test_texts_of_the_page_are_plain() -> None:
    scripts = (ROOT / "api/celeriac_api/page/static").rglob("*.js")
    found = (PAGE_TEXT.findall(COMMENT.sub("", script.read_text(encoding="utf-8"))) for script in scripts)
    assert avoided("".join(pair) for pairs in found for pair in pairs) == []


@pytest.mark.parametrize(
    "text",
    [
        "The name 'x' stands twice in one object.",
        "The body is no JSON.",
        "Whether a Redis that evicts keys will do.",
        "The worker is told.",
        "Kept for a week. Of these, 1,000 are listed.",
    ],
)
def test_an_old_fashioned_sentence_is_found(text: str) -> None:
    assert AVOIDED.search(text)


def avoided(texts: Iterator[str] | list[str] | Any) -> list[str]:
    """Those that contain a phrase from the list."""
    return [text for text in texts if AVOIDED.search(CODE.sub("", text))]


def texts_of_openapi(part: Any) -> Iterator[str]:
    """Every summary, description and title of an OpenAPI document."""
    values = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for value in values:
        yield from texts_of_openapi(value)
    if isinstance(part, dict):
        named = (part.get(name) for name in ("summary", "description", "title"))
        yield from (text for text in named if isinstance(text, str))


def modules() -> Iterator[ast.Module]:
    """Each Python file of the packages."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            yield ast.parse(file.read_text(encoding="utf-8"))


def sentences(module: ast.Module) -> str:
    """The texts of a module that people may read: no docstrings, one text a line."""
    docstrings = {
        id(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    constants = (
        node for node in ast.walk(module) if isinstance(node, ast.Constant) and id(node) not in docstrings
    )
    return "\n".join(node.value for node in constants if isinstance(node.value, str) and " " in node.value)
