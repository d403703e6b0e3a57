"""A reader for the Dockerfile: its stages, and what stands in each."""

import shlex
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Copy:
    """One COPY from the build context: these sources go into this directory."""

    sources: tuple[str, ...]
    destination: str


@dataclass
class Stage:
    """One FROM with all that follows; `origin` is the stage or image it begins with."""

    name: str
    origin: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def values(self, word: str) -> list[str]:
        """What follows each instruction of this word, as USER or CMD."""
        return [value for name, value in self.instructions if name == word]

    def copies(self) -> list[Copy]:
        """What it takes from the repository; what it takes from other stages is left out."""
        parts = [shlex.split(value) for value in self.values("COPY") if not value.startswith("--from")]
        return [Copy(tuple(sources), destination) for *sources, destination in parts]


def read_stages(dockerfile: Path) -> dict[str, Stage]:
    """The stages by name."""
    stages: dict[str, Stage] = {}
    for word, value in _instructions(dockerfile.read_text()):
        if word == "FROM":
            origin, _, name = value.partition(" AS ")
            stages[name] = Stage(name, origin)
        elif stages:
            next(reversed(stages.values())).instructions.append((word, value))
    return stages


def _instructions(text: str) -> list[tuple[str, str]]:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    whole = "\n".join(lines).replace("\\\n", "")
    return [(word, value.strip()) for word, _, value in (line.partition(" ") for line in whole.splitlines())]
