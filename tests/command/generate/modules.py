"""Writes and loads modules of typed calls."""

import importlib.util
import json
import sys
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

from celeriac.command.generate.document import described_tasks
from celeriac.command.generate.module import module_text

NUMBERS = count()


def module_of(document: Any) -> str:
    """The text of the module for this document."""
    return module_text(*described_tasks(json.loads(json.dumps(document)), source="the test"))


def loaded(text: str, directory: Path) -> ModuleType:
    """The module with this text."""
    name = f"typed_calls_{next(NUMBERS)}"
    file = directory / f"{name}.py"
    file.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
