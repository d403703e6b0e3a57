"""Runs the command, and ends it with an exit code and the reason."""

import os
import sys
from pathlib import Path

import typer

from celeriac.command.output.exit_codes import ExitCode
from celeriac.command.output.refusal import Refusal
from celeriac.command.output.streams import PipeClosed, drop_output, flush, say, say_refusal


def run(app: typer.Typer) -> int:
    """The exit code of the subcommand that the command line names."""
    _open_missing_streams()
    try:
        code = app(standalone_mode=False, prog_name="celeriac")
        flush()
    except PipeClosed:
        drop_output()
        return ExitCode.PIPE_CLOSED
    except typer.TyperException as wrong:
        return _say_wrong_usage(wrong)
    except typer.Abort:  # Ctrl-C or Ctrl-D at a question
        say("", "Nothing was done.")
        return ExitCode.INTERRUPTED
    except Refusal as refusal:
        say_refusal(refusal)
        return refusal.exit_code
    except _client_errors() as error:  # the names that it can have at this moment
        from celeriac.command.output.client_errors import refusal_of

        problem = refusal_of(error)
        say_refusal(problem)
        return problem.exit_code
    return code if isinstance(code, int) else ExitCode.DONE


def _open_missing_streams() -> None:
    """Python has none where the shell closed it (`>&-`); what is written there is lost."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            mode = "r" if name == "stdin" else "w"
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - until the exit
            setattr(sys, name, stream)


def _client_errors() -> tuple[type[Exception], ...]:
    """Those that a command can only have met where it has loaded the client."""
    modules = (sys.modules.get(f"celeriac.client.{name}") for name in ("errors", "profiles"))
    names = ("CeleriacError", "ProfileError")
    return tuple(getattr(module, name) for module, name in zip(modules, names, strict=True) if module)


def _say_wrong_usage(wrong: typer.TyperException) -> int:
    text = wrong.format_message().replace("Value error, ", "")  # pydantic's words
    if text.startswith("Usage:"):  # a group without a subcommand
        say(text)
    else:
        path = getattr(getattr(wrong, "ctx", None), "command_path", "celeriac")
        say_refusal(Refusal(text, advice=f"{path} --help"))
    return ExitCode.WRONG
