"""Reads the pages of the documentation: sections, tables, code blocks, anchors."""

import re
from collections.abc import Iterator
from pathlib import Path

from lab.harness.checkout import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CODE_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CELL = re.compile(r"(?<!\\)\|")
NAME = re.compile(r"`([^`]+)`")


def text(name: str) -> str:
    """A page of the documentation."""
    return (ROOT / name).read_text(encoding="utf-8")


def section(page: str, title: str) -> str:
    """What is below this heading in a page, up to the next heading."""
    return text(page).partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def table(page: str, *header: str) -> list[list[str]]:
    """The rows of the table in this page whose first columns have these names."""
    lines = text(page).splitlines()
    (start,) = [number for number, line in enumerate(lines) if cells(line)[: len(header)] == list(header)]
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append(cells(line))
    return rows


def cells(line: str) -> list[str]:
    """The cells of a row of a table."""
    return [cell.strip() for cell in CELL.split(line)[1:-1]]


def names(cell: str) -> list[str]:
    """What stands as code in a piece of Markdown."""
    return NAME.findall(cell)


def code_blocks(page: str | Path) -> list[tuple[str, str]]:
    """The code blocks of a page, each with its language."""
    return CODE_BLOCK.findall(text(str(page)) if isinstance(page, str) else page.read_text(encoding="utf-8"))


def anchors(page: Path) -> Iterator[str]:
    """The names under which a page's headings can be linked to, as GitHub makes them."""
    for heading in re.findall(
        r"^#+ (.*)$", CODE_BLOCK.sub("", page.read_text(encoding="utf-8")), re.MULTILINE
    ):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
