"""Copies the program without one of its guards: a trial of it must fail."""

import shutil
from pathlib import Path

from lab.harness.checkout import ROOT

PACKAGES = ("api", "celeriac", "lab", "worker")
# For each guard: the file that it is in, and each text that is replaced by another.
GUARDS: dict[str, tuple[str, dict[str, str]]] = {
    "keeper": (
        "celeriac/ledger/keeper.py",
        {"early_at = await self.go_round(sweep=is_usual and number % SWEEP_EVERY == 0)": "continue"},
    ),
    "fence": (
        "celeriac/ledger/lua/workers/end_task.lua",
        {
            "if not task or task.token ~= token then return {'stale'} end": "if not task then return {'stale'} end",
            "if task.state == final then return {'ended'} end\n": "",
            "if task.state ~= 'running' then return {'stale'} end\n": "",
        },
    ),
    "spare": (
        "celeriac/ledger/lua/keeper/keep_tasks.lua",
        {"elseif at - last > math.max(lease / 3, GAP) then spare('GT') end": "end"},
    ),
    "idempotency": (
        "celeriac/ledger/lua/api/accept_tasks.lua",
        {
            "if options.fingerprint then kind, other, created_at, was, trace_id = earlier(id, options, caller and caller.owner) end": ""
        },
    ),
}


def copy_without(guard: str, directory: Path) -> Path:
    """Copy the program into a directory, and take this guard out of the copy; where it is now."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, directory / package, ignore=shutil.ignore_patterns("__pycache__"))
    name, replacements = GUARDS[guard]
    file = directory / name
    text = file.read_text()
    for old, new in replacements.items():
        if text.count(old) != 1:
            raise LookupError(f"{name} does not have {old!r} once: lab/chaos/sabotage.py is out of date")
        text = text.replace(old, new)
    file.write_text(text)
    return directory
