"""The reasons why a command does nothing: what, why, and what to do."""

from importlib.util import find_spec

from celeriac.command.output.exit_codes import ExitCode


class Refusal(Exception):
    """The command or a setting is wrong. The text says what is wrong, with the value.

    `why` and `advice` become lines of their own, each with its label.
    """

    exit_code = ExitCode.WRONG

    def __init__(
        self, what: str, *, why: str = "", advice: str = "", exit_code: ExitCode | None = None
    ) -> None:
        """Each text is a sentence."""
        super().__init__(what)
        self.why, self.advice = why, advice
        if exit_code is not None:
            self.exit_code = exit_code


class Failure(Refusal):
    """The command is right, and what it needs is missing, or does not allow it."""

    exit_code = ExitCode.FAILED


def require_packages(command: str, extra: str, *packages: str) -> None:
    """`Refusal` where a package of this extra is not installed."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        names = ", ".join(missing)
        raise Refusal(
            f"celeriac {command} needs packages that are not installed ({names}).",
            advice=f"pip install 'celeriac[{extra}]'",
        )
