"""Tasks whose parameters have types."""

from enum import Enum
from typing import Literal

from lab.sample_app.celery import app


class Size(Enum):
    """The sizes of a shirt."""

    SMALL = "s"
    LARGE = "l"


@app.task
def multiply(x: int, y: int) -> int:
    """The product of two integers."""
    return x * y


@app.task
def scale(numbers: list[float], by: float = 2.0) -> list[float]:
    """Each number, times a factor."""
    return [number * by for number in numbers]


@app.task
def greet(name: str, /, greeting: Literal["hello", "bye"] = "hello", *more: str, loud: bool = False) -> str:
    """A greeting; the name has to come by position."""
    words = " ".join([greeting, name, *more])
    return words.upper() if loud else words


@app.task
def shirt(size: Size | str = Size.SMALL, colour: str | None = None) -> dict[str, str | None]:
    """What is printed on a shirt."""
    return {"size": size.value if isinstance(size, Size) else size, "colour": colour}
