"""A task with something to hide."""

from pydantic import BaseModel

from celeriac import task


class Card(BaseModel):
    """What one pays with."""

    number: str


@task(hidden=("password", "card"))
def sign_in(user: str, password: str, tries: int = 1, card: Card | None = None) -> str:
    """Greet who knows the password."""
    return f"welcome, {user}" if password and tries and (card is None or card.number) else "go away"
