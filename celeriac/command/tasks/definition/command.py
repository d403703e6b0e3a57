"""A command about a task definition: its help describes the definition that is named."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, cast

from celeriac.command.connect.server import Server
from celeriac.command.frame.help import Command, write_parameters
from celeriac.command.frame.shared_options import server_of
from celeriac.command.output.refusal import Refusal

if TYPE_CHECKING:
    import typer
    from typer._click import Context, HelpFormatter

WAIT, JSON, INPUT = "--wait", "--json", "--input"
NO_LIMIT = "none"
# A word after --json that is an input: JSON, a file or standard input. KEY=VALUE and NAME are none of these.
_INPUT = re.compile(r"\s*[{\[\"@].*|-|", re.DOTALL)
_DURATION = re.compile(r"[0-9.].*|P[0-9T].*")
_WORDS = "celeriac.words"
# The option with its value, of a word and the next one; and whether that was the value.
WithValue: TypeAlias = Callable[[str, str | None], tuple[str, bool]]


class WaitCommand(Command):
    """Its option `--wait` has a value or none."""

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        """Give `--wait` a value, then parse as usual."""
        return super().parse_args(ctx, with_values(args, _wait_with_value))


class DefinitionCommand(Command):
    """Its options `--wait` and `--json` have a value or none."""

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        """Give every option that needs a value one, then parse as usual."""
        words = with_values(args)
        ctx.meta[_WORDS] = list(words)
        has_parameters = any(parameter.name == "words" for parameter in self.get_params(ctx))
        if has_parameters and not ctx.resilient_parsing:  # of a shell that completes a line
            _refuse_parameters_as_options(self, ctx, words)
        return super().parse_args(ctx, words)

    def format_help(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        """Write the help of the definition, if one is named and the server answers; otherwise that of the command."""
        name, server = self._subject(ctx)
        if name is None or not _write_definition(name, server, ctx, formatter):
            super().format_help(ctx, formatter)
        else:
            options = [
                parameter for parameter in self.get_params(ctx) if parameter.param_type_name == "option"
            ]
            write_parameters(options, ctx, formatter)

    def _subject(self, ctx: "Context") -> tuple[str | None, Server]:
        """The name that the words contain, and the server: an option for help comes before all others are read."""
        values, _, _ = self.make_parser(ctx).parse_args(list(ctx.meta[_WORDS]))
        options = {name: values.get(f"shared_{name}") for name in ("url", "key", "profile")}
        return values.get("name"), server_of(cast("typer.Context", ctx)).overridden(**options)


def with_values(words: list[str], with_value: WithValue | None = None) -> list[str]:
    """`--wait` becomes `--wait=none`; `--json TEXT` becomes `--input=TEXT`, as `--json` alone is about the output."""
    end = words.index("--") if "--" in words else len(words)
    with_value = with_value or _with_value
    result: list[str] = []
    at = 0
    while at < end:
        word, following = words[at], words[at + 1] if at + 1 < end else None
        option, takes_next = with_value(word, following)
        result.append(option)
        at += 2 if takes_next else 1
    return result + words[end:]


def _with_value(word: str, following: str | None) -> tuple[str, bool]:
    """The option with its value, and whether that was the next word."""
    if word == JSON and following is not None and _INPUT.fullmatch(following):
        return f"{INPUT}={following}", True
    if word.startswith(f"{JSON}="):
        return f"{INPUT}={word.removeprefix(f'{JSON}=')}", False
    return _wait_with_value(word, following)


def _wait_with_value(word: str, following: str | None) -> tuple[str, bool]:
    """The same for `--wait` alone."""
    if word != WAIT:
        return word, False
    is_value = following is not None and _DURATION.fullmatch(following) is not None
    return f"{WAIT}={following if is_value else NO_LIMIT}", is_value


def _refuse_parameters_as_options(command: Command, ctx: "Context", words: list[str]) -> None:
    """`--width 64` is a likely mistake; it is refused with what to write instead."""
    options = {
        option
        for parameter in command.get_params(ctx)
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    for word in words[: words.index("--") if "--" in words else len(words)]:
        option = word.partition("=")[0]
        if re.fullmatch(r"--[a-z_][\w.-]*", option) and option not in options:
            name = option.removeprefix("--")
            raise Refusal(
                f"There is no option {option}.",
                why="The parameters of a task are written as KEY=VALUE.",
                advice=f"{ctx.command_path} … {name}=VALUE, or {ctx.command_path} --help",
            )


def _write_definition(name: str, server: Server, ctx: "Context", formatter: "HelpFormatter") -> bool:
    """Whether the server described it; one line on standard error gives the reason if not."""
    from celeriac.client.errors import CeleriacError
    from celeriac.command.output.client_errors import refusal_of
    from celeriac.command.output.streams import say
    from celeriac.command.output.visible import one_line
    from celeriac.command.tasks.definition.find import find_definition
    from celeriac.command.tasks.definition.help import write_definition

    try:
        with server.client() as client:
            definition = find_definition(client, name)
    except CeleriacError as error:
        say(f"The parameters of {name} are not known here: {one_line(str(refusal_of(error)))}")
        return False
    write_definition(definition, ctx.command_path, formatter)
    return True
