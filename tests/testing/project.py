"""Runs pytest in a project that is not this one."""

import os
import sys

from lab.harness.checkout import python_path


def pytest_command(*options: str) -> list[str]:
    """Pytest with this plug-in, which an installed celeriac announces, and without those of other packages."""
    return [sys.executable, "-m", "pytest", "-p", "celeriac.testing.plugin", *options]


def environment() -> dict[str, str]:
    """Ours, for pytest in another project."""
    inherited = {
        name: text for name, text in os.environ.items() if not name.startswith(("PYTEST_", "PORTS_"))
    }
    return {**inherited, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": python_path()}
