"""Makes the JSON that the command prints."""

import json
import re
import sys
from typing import Any

from celeriac.command.output.visible import CONTROL


def json_document(value: Any) -> str:
    """Indented, for one document."""
    return _escaped(json.dumps(value, indent=2, ensure_ascii=not _is_unicode()))


def json_line(value: Any) -> str:
    """In one line, for NDJSON."""
    return _escaped(json.dumps(value, separators=(",", ":"), ensure_ascii=not _is_unicode()))


def _escaped(text: str) -> str:
    """JSON escapes some control characters alone; a terminal obeys others, too. They are in strings only."""
    return CONTROL.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _is_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
