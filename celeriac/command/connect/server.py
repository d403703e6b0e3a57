"""The server that a command talks to, by its options."""

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from celeriac.command.output.refusal import Refusal

if TYPE_CHECKING:
    from celeriac.client.client import Client


@dataclass(frozen=True)
class Server:
    """What the options say of the server; a parameter of this type has the options `--url`, `--key` and `--profile`.

    What is None is decided by the environment, then by the profile.
    """

    url: str | None = None
    key: str | None = field(default=None, repr=False)
    profile: str | None = None

    def overridden(self, *, url: str | None, key: str | None, profile: str | None) -> "Server":
        """With those values that are not None in place of its own."""
        return Server(url or self.url, key or self.key, profile or self.profile)

    def client(self, *, timeout: float = 30.0, away: float = 0.0, event_hooks: Any = None) -> "Client":
        """A client of the server; use it as a context manager. The options are those of `Client`."""
        from celeriac.client.client import Client  # slow to load
        from celeriac.client.profiles import ProfileError

        try:
            return Client(
                self.url,
                key=self.read_key(),
                profile=self.profile,
                timeout=timeout,
                away=away,
                event_hooks=event_hooks,
            )
        except ProfileError:
            raise
        except ValueError as wrong:
            raise Refusal(str(wrong), advice="Correct --url, CELERIAC_URL, --key or CELERIAC_KEY.") from wrong

    def read_key(self) -> str | None:
        """The key of the options, which `-` reads from standard input."""
        return secret_from_stdin() if self.key == "-" else self.key


def secret_from_stdin() -> str:
    """One line from standard input; asked for, where that is a terminal, and not shown there."""
    if sys.stdin.isatty():
        from getpass import getpass

        line = getpass("Key: ", stream=sys.stderr)
    else:
        line = sys.stdin.readline()
    secret = line.strip()
    if not secret:
        raise Refusal("Standard input contains no key.", advice="Write the key in its first line.")
    return secret
