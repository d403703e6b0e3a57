"""A Celery app with tasks of many kinds, whose Redis does not exist."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from celery import Celery, Task, _state, shared_task
from pydantic import BaseModel, Field, field_validator
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from celeriac_worker.existing_app.state import AppLedger as Unknown

NOWHERE = "redis://127.0.0.1:1/0"

app = Celery("shop", broker=NOWHERE, backend=NOWHERE, set_as_current=False)
# Those of this app alone; by default, they are tasks of all apps in a process.
task = functools.partial(app.task, shared=False)
app.conf.task_routes = {"shop.fast.*": {"queue": "fast"}}


class Colour(Enum):
    """Of a shirt."""

    RED = "red"
    BLUE = "blue"


class Size(TypedDict, total=False):
    """In centimetres."""

    width: int
    height: int


@dataclass
class Point:
    """A place."""

    x: float
    y: float = 0.0


class Order(BaseModel):
    """An order."""

    id: UUID
    due: date | None = None
    wait: timedelta = timedelta(0)
    parts: list["Order"] = Field(default_factory=list)


class Positive(BaseModel):
    """A model with a rule that JSON Schema does not have."""

    number: int

    @field_validator("number")
    @classmethod
    def _checked(cls, number: int) -> int:
        if number < 1:
            raise ValueError("not positive")
        return number


class Odd:
    """Some class of the app."""


class Logged(Task):
    """Logs its runs. No task is described by this."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it."""
        return self.run(*args, **kwargs)


class Exported(Logged):
    """Exports a table."""

    name = "shop.exported"

    def run(self, table: str, *, rows: int = 10) -> str:
        """Of the method."""
        return f"{table}{rows}"


def traced(function: Callable[..., Any]) -> Callable[..., Any]:
    """As many decorators do."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


@task()
def untyped(a, b=3, c=None):  # type: ignore[no-untyped-def]  # as people write it
    return a, b, c


@task()
def anything(*args, **kwargs):  # type: ignore[no-untyped-def]  # likewise
    return args, kwargs


@task()
def typed(
    text: str,
    number: int,
    ratio: float = 0.5,
    flag: bool = False,
    names: list[str] | None = None,
    sizes: dict[int, Size] = {},
) -> dict[str, int]:
    """Does something with typed values.

    Over two paragraphs.
    """
    return {text: number}


@task()
def objects(
    at: datetime,
    day: date,
    clock: time,
    price: Decimal,
    order: UUID,
    raw: bytes = b"hi",
    later: datetime | None = None,
    days: list[date] = [],
) -> Decimal:
    """Takes what JSON has no types for."""
    return price


@task(bind=True, max_retries=5, default_retry_delay=7)
def bound(self: Any, x: "int", kind: Literal["a", "b"] = "a") -> None:
    """Knows itself."""


@task(autoretry_for=(OSError, KeyError), retry_backoff=2, retry_backoff_max=60, max_retries=4)
def retried(url: str) -> bool:
    """Is repeated by Celery."""
    return True


@task(autoretry_for=(OSError,), retry_kwargs={"max_retries": 2, "countdown": 5})
def retried_as_before(url: str) -> bool:
    """Likewise, in the older way."""
    return True


@task(autoretry_for=(OSError,), max_retries=None)
def retried_for_ever(url: str) -> bool:
    """Never gives up."""
    return True


@task(pydantic=True)
def ordered(order: Order, positive: Positive | None = None, *, note: str = "") -> Order:
    """Takes models."""
    return order


@task()
def unconverted(order: Order, point: Point, colour: Colour = Colour.RED) -> Point:
    """Takes what looks like models."""
    return point


@task(base=Logged, bind=True, name="shop.fast.logged")
def logged(self: Any, x: int) -> int:
    """Has a class of its own."""
    return x


# A shared task is one of every app in its process, so also of those of other tests; this one is taken back below.
FINALIZERS = set(_state._on_app_finalizers)


@shared_task(
    name="shop.shared", ignore_result=True, priority=3, rate_limit="10/m", time_limit=30, soft_time_limit=20.5
)
def shared(x: int) -> int:
    """Belongs to no app."""
    return x


@task(typing=False, rate_limit=5)
@traced
def decorated(x: int, y: Annotated[int, Field(ge=1, description="At least one.")] = 1) -> int:
    """Is wrapped."""
    return x + y


@task()
def positional(a: int, /, b: int = 2, *rest: date, c: str, **others: Decimal) -> None:
    """Has every kind of parameter."""


@task()
def odd(
    wait: timedelta,
    thing: Odd,
    unknown: "Unknown",
    call: Callable[[int], int],
    number: complex = 1j,
    things: list[Odd] = [],
    implicit: int = None,  # type: ignore[assignment]  # noqa: RUF013 - likewise
    sentinel: int = object(),  # type: ignore[assignment]  # likewise
    whatever: "not even Python" = 1,  # type: ignore[valid-type]  # noqa: F722 - likewise
    nan: float = float("nan"),
    _private: int = 1,
    model_config: str = "",
) -> Odd:
    """Has hints that mean nothing to JSON."""
    return thing


app.register_task(Exported())
app.finalize()
_state._on_app_finalizers &= FINALIZERS
