"""Makes the audit entry of a change by the command, with the user's name."""

import getpass
import os
import socket

from celeriac.access.audit_entry import LONGEST_CLIENT, LONGEST_NAME, audit_entry, plain

# What the API answers to the same change.
STATUSES = {"create_key": 201, "rotate_key": 200, "revoke_key": 204}


def entry_of(action: str, key_name: str) -> bytes:
    """The entry of this change of a key. Who can run the command can write anything to Redis, so the user is what it claims to be."""
    return audit_entry(
        action=action,
        target=key_name,
        caller="command",
        name=plain(_user(), LONGEST_NAME),
        owner="",
        client=plain(socket.gethostname(), LONGEST_CLIENT),
        status=STATUSES[action],
    )


def _user() -> str:
    """The name of the user, or the number where it has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"uid {os.getuid()}"
