"""The three lines and the exit code of each error of the client."""

from celeriac.client.profiles import ProfileError
from celeriac.command.output.refusal import Refusal


def refusal_of(error: Exception) -> Refusal:
    """What a person reads about this error."""
    if isinstance(error, ProfileError):
        return Refusal(error.what, advice=error.advice)
    return Refusal(str(error))
