"""The code blocks of the documentation, each with its page, number and language."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from lab.harness.checkout import ROOT

FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>[\w-]*)[^\n`]*\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
# Pages that are read as a text of what was, and a list of changes.
LEFT_OUT = (*ROOT.glob("docs/decisions/0*.md"), ROOT / "CHANGELOG.md")


@dataclass(frozen=True)
class Block:
    """One block; `number` counts the blocks of its page from 1."""

    page: str
    number: int
    language: str
    text: str

    def __str__(self) -> str:
        """What a person finds it by."""
        return f"{self.page}, block {self.number} ({self.language or 'no language'})"


@cache
def all_blocks() -> list[Block]:
    """Every block of every page that people read to do something."""
    pages = {*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")} - {*LEFT_OUT}
    return [block for page in sorted(pages) for block in _blocks(page.relative_to(ROOT).as_posix())]


def _blocks(page: str) -> Iterator[Block]:
    found = FENCE.finditer((ROOT / page).read_text(encoding="utf-8"))
    for number, match in enumerate(found, start=1):
        yield Block(page, number, match["language"], textwrap.dedent(match["text"]))
