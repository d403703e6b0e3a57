"""Decides from past run times whether a task is short or long."""

# How much of what is known of a task goes by at each run of it.
SHARE = 0.1


class Pace:
    """For each name, the longest recent run, which decreases as shorter ones follow."""

    def __init__(self) -> None:
        """No task has run yet."""
        self._seconds: dict[str, float] = {}

    def took(self, name: str, seconds: float) -> None:
        """A task of this name has run for so long."""
        before = self._seconds.get(name, seconds)
        self._seconds[name] = max(seconds, before + (seconds - before) * SHARE)

    def seconds(self, name: str) -> float:
        """How long the next run may take; unlimited for a task that has never run."""
        return self._seconds.get(name, float("inf"))
