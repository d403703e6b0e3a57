"""Declares what all runs of a process share: `client: Annotated[Client, Shared(open_client)]`."""

import builtins
import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial
from typing import Annotated, Any, get_args, get_origin

from celeriac.contract.signature import ContractError, check_kind
from celeriac.values.kinds import Kind, kind_of


class Shared:
    """In the hint of a parameter: its value is opened once in each process, at its first use, and all runs there get it.

    `factory` is a generator function that yields once: what comes before the `yield` opens the value, what comes after it closes
    it when the process ends. It is `async def` for async tasks; a plain `def` serves both kinds, and async tasks call it in a
    thread. Its own parameters can be `Shared`, too. Equal factories are one value.
    """

    def __init__(self, factory: Callable[..., AsyncIterator[object] | Iterator[object]], /) -> None:
        """`ContractError` if this is no generator function."""
        self.factory = factory
        _check_yields(factory, self.name)
        # What it needs itself, by parameter; `shared_parameters` checks it.
        self.needs: Mapping[str, Shared] = {}

    @property
    def name(self) -> str:
        """Of the factory."""
        factory = self.factory
        while isinstance(factory, partial):
            factory = factory.func
        return getattr(factory, "__name__", repr(factory))

    @property
    def is_async(self) -> bool:
        """Whether it is opened in an event loop."""
        return inspect.isasyncgenfunction(self.factory)

    def __eq__(self, value: object) -> bool:
        """Whether it is the same value."""
        return isinstance(value, Shared) and self.factory == value.factory

    def __hash__(self) -> int:
        """Of the factory."""
        return hash(self.factory)

    def __repr__(self) -> str:
        """As it is written."""
        return f"Shared({self.name})"


def shared_parameters(function: Callable[..., Any]) -> Mapping[str, Shared]:
    """The parameters of a task's function that are shared, by name; `ContractError` where one cannot be opened."""
    check_kind(function)
    in_loop = kind_of(function) is not Kind.PLAIN
    place = f"task {getattr(function, '__name__', function)!r}"
    parameters = _shared_in(function, place)
    for name, shared in parameters.items():
        _check_no_default(inspect.signature(function).parameters[name], place)
        _prepare(shared, place, in_loop=in_loop, path=())
    return parameters


def _prepare(shared: Shared, place: str, *, in_loop: bool, path: tuple[Shared, ...]) -> None:
    """Find what it needs, and what that needs."""
    if shared in path:
        names = " -> ".join(each.name for each in (*path[path.index(shared) :], shared))
        raise ContractError(f"What {place} shares needs itself: {names}. Open one of them inside the other.")
    if shared.is_async and not in_loop:
        who = f"{path[-1].name!r}, which {place} shares," if path else place
        raise ContractError(
            f"{who} is a plain function and needs {shared!r}, which only an `async def` can have: write {shared.name!r} as a plain "
            "`def` with `yield`, or all that needs it as `async def`."
        )
    inner = f"{shared.name!r}, which {place} shares,"
    shared.needs = _shared_in(shared.factory, inner)
    for parameter in inspect.signature(shared.factory).parameters.values():
        _check_is_given(parameter, shared.needs, inner)
    for needed in shared.needs.values():
        # A plain one is opened in a thread, where nothing async can be.
        _prepare(needed, place, in_loop=in_loop and shared.is_async, path=(*path, shared))


def _check_yields(factory: object, name: str) -> None:
    if inspect.isasyncgenfunction(factory) or inspect.isgeneratorfunction(factory):
        return
    if inspect.isasyncgen(factory) or inspect.isgenerator(factory):
        raise ContractError(f"Shared({name}(...)): give the function itself, without a call: Shared({name}).")
    wrapped = getattr(factory, "__wrapped__", None)
    if inspect.isasyncgenfunction(wrapped) or inspect.isgeneratorfunction(wrapped):
        raise ContractError(
            f"Shared({name}): {name!r} is a generator function with a decorator: remove the decorator, such as @asynccontextmanager."
        )
    raise ContractError(
        f"Shared({name}): {name!r} does not yield: write a function, `async def` or `def`, that opens the value, yields it once, "
        "and closes it afterwards."
    )


def _check_no_default(parameter: inspect.Parameter, place: str) -> None:
    if parameter.default is not parameter.empty:
        raise ContractError(
            f"parameter {parameter.name!r} of {place} is shared, so a worker always gives its value: remove the default."
        )


def _check_is_given(parameter: inspect.Parameter, needs: Mapping[str, Shared], place: str) -> None:
    has_value = parameter.default is not parameter.empty or parameter.kind in (
        parameter.VAR_POSITIONAL,
        parameter.VAR_KEYWORD,
    )
    if parameter.name not in needs and not has_value:
        raise ContractError(
            f"{place} has the parameter {parameter.name!r}, which nobody gives: write Annotated[..., Shared(...)], or a default."
        )
    if parameter.name in needs and parameter.kind is parameter.POSITIONAL_ONLY:
        raise ContractError(f"{place} has the parameter {parameter.name!r}, which is positional-only.")


def _shared_in(function: Callable[..., Any], place: str) -> dict[str, Shared]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (NameError, TypeError, ValueError) as unknown:
        raise ContractError(f"The parameters of {place} cannot be read: {unknown}") from unknown
    hints = {each.name: _evaluated(each.annotation, function) for each in parameters}
    return {
        name: shared for name, hint in hints.items() if (shared := _shared(hint, name, place)) is not None
    }


def _shared(hint: object, name: str, place: str) -> Shared | None:
    if get_origin(hint) is not Annotated:
        return None
    marks = get_args(hint)[1:]
    if any(mark is Shared for mark in marks):
        raise ContractError(
            f"parameter {name!r} of {place} does not say what opens its value: write Shared(factory), where factory is a function "
            "that yields it."
        )
    return next((mark for mark in marks if isinstance(mark, Shared)), None)


def _evaluated(annotation: object, function: Callable[..., Any]) -> object:
    """An annotation; one that is text is evaluated, and names in it that only type checkers import are any type."""
    if not isinstance(annotation, str):
        return annotation
    while isinstance(function, partial):
        function = function.func
    names = _Names({**vars(builtins), **getattr(function, "__globals__", {})})
    try:
        return eval(annotation, {}, names)  # noqa: S307 - the code of the module itself, as typing.get_type_hints does it
    except Exception:  # noqa: BLE001 - no hint of ours; what is wrong with it is found where hints are read
        return None


class _Names(dict[str, object]):
    """The names of a module, and any others."""

    def __missing__(self, name: str) -> object:
        return _AnyType()


class _AnyType:
    """What stands for an unknown type, and for what is made of it."""

    def __getattr__(self, name: str) -> "_AnyType":
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, item: object) -> "_AnyType":
        return self

    def __or__(self, alternative: object) -> "_AnyType":
        return self

    __ror__ = __or__
