"""The reason why a command does nothing; the exit code is 2."""

from importlib.util import find_spec


class Refusal(Exception):
    """The text says what is wrong, with the value, and what to do."""


def require_packages(command: str, extra: str, *packages: str) -> None:
    """`Refusal` where a package of this extra is not installed."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise Refusal(
            f"celeriac {command} needs {', '.join(missing)}, which is not installed: pip install 'celeriac[{extra}]'"
        )
