"""The reasons why a command does nothing, each with its exit code."""

from importlib.util import find_spec


class Refusal(Exception):
    """The command or a setting is wrong. The text says what is wrong, with the value, and what to do."""

    exit_code = 2


class Failure(Refusal):
    """The command is right, and what it needs is missing, or does not allow it."""

    exit_code = 1


def require_packages(command: str, extra: str, *packages: str) -> None:
    """`Refusal` where a package of this extra is not installed."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise Refusal(
            f"celeriac {command} needs {', '.join(missing)}, which is not installed: pip install 'celeriac[{extra}]'"
        )
