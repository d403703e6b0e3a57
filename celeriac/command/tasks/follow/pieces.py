"""Joins pieces of output to lines, and remembers what is not a whole line yet."""

import json
from typing import Any

# A longer piece without a line end is shown as a line.
LONGEST = 10_000


class Pieces:
    """The output of one task."""

    def __init__(self) -> None:
        """Nothing so far."""
        self.tail = ""

    def add(self, chunk: Any) -> list[str]:
        """The lines that are whole now. What is no text is a line of JSON."""
        text = chunk if isinstance(chunk, str) else json.dumps(chunk, ensure_ascii=False) + "\n"
        *ends, rest = text.split("\n")
        if not ends:
            self.tail += rest
            return [self.rest()] if len(self.tail) > LONGEST else []
        lines = [self.tail + ends[0], *ends[1:]]
        self.tail = rest
        return lines

    def rest(self) -> str:
        """What is left, at the end."""
        rest, self.tail = self.tail, ""
        return rest
