"""The colours of the states of tasks."""

# In rich's words.
COLOURS = {
    "blocked": "blue",
    "scheduled": "blue",
    "queued": "yellow",
    "running": "cyan",
    "retrying": "magenta",
    "succeeded": "green",
    "failed": "red",
    "cancelled": "dim",
    "expired": "dim",
}


def colour_of(state: str) -> str:
    """The colour of a state; none for one that this version does not know."""
    return COLOURS.get(state, "")
