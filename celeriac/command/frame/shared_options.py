"""Gives commands the options that they share: which server, which form of output."""

import functools
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from celeriac.command.connect.server import Server
from celeriac.command.output.output import Form, Output

# The sections of the help.
SERVER, OUTPUT = "Server", "Output"

Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        show_default=False,
        rich_help_panel=SERVER,
        help="The server. Default: that of --profile, else CELERIAC_URL, else that of the profile in use, else "
        "http://127.0.0.1:8000.",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="KEY",
        show_default=False,
        rich_help_panel=SERVER,
        help="The key, or - to read it from standard input. Other users of this machine can read a command line: "
        "better set CELERIAC_KEY, or keep the key in a profile.",
    ),
]
ProfileName = Annotated[
    str | None,
    typer.Option(
        "--profile",
        metavar="NAME",
        show_default=False,
        rich_help_panel=SERVER,
        help="A server and its key, as celeriac config keeps them. Default: CELERIAC_PROFILE, else the one in use.",
    ),
]
OutputForm = Annotated[
    Form,
    typer.Option(
        "--output",
        "-o",
        metavar="FORM",
        show_default=False,
        rich_help_panel=OUTPUT,
        help="table (default), json, or ids: names or ids alone, one a line.",
    ),
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json", rich_help_panel=OUTPUT, help="The same as --output json. A list is one document a line."
    ),
]
# Each parameter of these types becomes these options.
_SERVER = {"shared_url": (Url, None), "shared_key": (Key, None), "shared_profile": (ProfileName, None)}
_OUTPUT = {"shared_form": (OutputForm, Form.TABLE), "shared_json": (AsJson, False)}


def with_shared_options(function: Callable[..., None]) -> Callable[..., None]:
    """The command that calls this function with the `Server` and the `Output` of its options.

    The function has a parameter for either or both. It need not have any.
    """
    signature = inspect.signature(function)
    names = {parameter.annotation: parameter.name for parameter in signature.parameters.values()}
    server_name, output_name = names.get(Server), names.get(Output)

    @functools.wraps(function)
    def command(shared_context: typer.Context, **values: Any) -> None:
        shared = {name: values.pop(name) for name in (*_SERVER, *_OUTPUT) if name in values}
        if server_name:
            values[server_name] = server_of(shared_context).overridden(
                url=shared["shared_url"], key=shared["shared_key"], profile=shared["shared_profile"]
            )
        if output_name:
            values[output_name] = Output(Form.JSON if shared["shared_json"] else shared["shared_form"])
        function(**values)

    options = {**(_SERVER if server_name else {}), **(_OUTPUT if output_name else {})}
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # inspect and typer read it
        [
            inspect.Parameter("shared_context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context),
            *(
                p.replace(kind=p.KEYWORD_ONLY)
                for p in signature.parameters.values()
                if p.name not in (server_name, output_name)
            ),
            *(
                inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
                )
                for name, (annotation, default) in options.items()
            ),
        ]
    )
    return command


def server_of(context: typer.Context) -> Server:
    """What the options in front of the subcommand say."""
    server = context.find_root().obj
    return server if isinstance(server, Server) else Server()
