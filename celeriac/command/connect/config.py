"""`celeriac config`: keeps servers and their keys under names."""

from typing import Annotated

import typer

from celeriac.command.frame.help import Command, typer_app
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.output.column import Column
from celeriac.command.output.output import Output
from celeriac.command.output.streams import say

app = typer_app("config", "Keep servers and their keys under names, as profiles.")

Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False, help="The name of the profile.")]
DEFAULT_NAME = "default"
# The beginning of a shorter key would reveal too much of it.
SHORTEST_SHOWN = 32


@app.command(name="set", cls=Command)
@with_shared_options
def set_profile(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", show_default=False, help=f"The name of the profile. Default: {DEFAULT_NAME}."
        ),
    ] = DEFAULT_NAME,
    *,
    url: Annotated[
        str | None,
        typer.Option(
            "--url", metavar="URL", show_default=False, help="The server, such as https://jobs.shop.example."
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="KEY",
            show_default=False,
            help="The key; - asks for it, or reads it from standard input. Other users of this machine can read a "
            "command line, and your shell keeps it: prefer -.",
        ),
    ] = None,
) -> None:
    """Create or change a profile.

    The first profile is used by default. Options that are missing stay as they are.

    Example: celeriac config set shop --url https://jobs.shop.example --key -
    """
    from celeriac.client.profiles import Profile, config_file, read_profiles, write_profile
    from celeriac.command.connect.server import secret_from_stdin
    from celeriac.command.output.refusal import Refusal

    old = read_profiles().by_name.get(name)
    url = url or (old.url if old else None)
    if url is None:
        raise Refusal(
            f"The new profile {name!r} needs a server.", advice=f"celeriac config set {name} --url URL"
        )
    if key == "-":
        key = secret_from_stdin()
    if key is None and old is not None and old.url == url.rstrip("/"):
        key = old.key
    write_profile(Profile(name, url, key))
    say(f"The profile {name!r} is kept in {config_file()}, {'with' if key else 'without'} a key.")
    if old is not None and old.key and not key:
        say("Its old key belongs to its old server, and was removed.")


@app.command(name="list", cls=Command)
@with_shared_options
def list_profiles(*, output: Output) -> None:
    """List the profiles. Of each key, only its beginning is shown."""
    from celeriac.client.profiles import Profile, read_profiles

    profiles = read_profiles()

    def document(profile: Profile) -> dict[str, object]:
        return {
            "name": profile.name,
            "url": profile.url,
            "key": masked(profile.key),
            "default": profile.name == profiles.default,
        }

    output.show_all(
        profiles.by_name.values(),
        [
            Column("NAME", lambda profile: profile.name),
            Column("URL", lambda profile: profile.url),
            Column("KEY", lambda profile: masked(profile.key) or "-"),
            Column("DEFAULT", lambda profile: "yes" if profile.name == profiles.default else ""),
        ],
        identity=lambda profile: profile.name,
        document=document,
        empty="There is no profile. Create one: celeriac config set NAME --url URL --key -",
    )


@app.command(cls=Command)
@with_shared_options
def use(name: Name) -> None:
    """Use this profile where no other is named."""
    from celeriac.client.profiles import use_profile

    use_profile(name)
    say(f"The profile {name!r} is used by default now.")


@app.command(cls=Command)
@with_shared_options
def remove(name: Name) -> None:
    """Remove a profile, with its key."""
    from celeriac.client.profiles import remove_profile

    remove_profile(name)
    say(f"The profile {name!r} was removed.")


def masked(key: str | None) -> str | None:
    """The beginning of a long key, which tells it from others and opens nothing; nothing of a short one."""
    return f"{key[:9] if len(key) >= SHORTEST_SHOWN else ''}…" if key else None
