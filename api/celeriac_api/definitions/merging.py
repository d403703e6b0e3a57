"""Decides which definitions are offered, by which names, and why others are not."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from celeriac.contract.catalog import Catalog
from celeriac.contract.declaration import NAME, OURS
from celeriac.contract.definition import Definition
from celeriac.values.reserved_names import RESERVED_NAMES

# What a script writes into a recorded message, and how often (`message_of` in record.lua).
_PLACE = re.compile(r"%%|%(?:\.0)?s")
MOST_PLACES = 9


class Source(NamedTuple):
    """Definitions that come together: of an existing app, or of a package of task modules, which is `own`."""

    name: str
    own: bool
    definitions: Mapping[str, Definition]


class Merged(NamedTuple):
    """What is offered by name; the same also by its other names; and what is not offered, with the reason in `refusal`."""

    offered: dict[str, Definition]
    by_path: dict[str, Definition]
    refused: tuple[Definition, ...]


def merged(loaded: Catalog, sources: Iterable[Source]) -> Merged:
    """Those that this process has loaded come first, then each source. A name belongs to the first that has it."""
    offered, refused = dict(loaded), []
    for source in sources:
        for name, definition in source.definitions.items():
            if source.own and name in loaded:
                continue  # the same task, by the code of this process
            sentence = (
                definition.refusal
                or _refusal_of(name)
                or _taken(name, offered)
                or _without_message(definition)
            )
            if sentence is None:
                offered[name] = definition
            else:
                refused.append(replace(definition, refusal=sentence))
    return Merged(offered, _by_path(offered), tuple(refused))


def _refusal_of(name: str) -> str | None:
    if not NAME.fullmatch(name):
        return (
            f"The name {name!r} cannot be part of a URL: it may have letters, digits, '.', '_' and '-', starting with a letter "
            "or digit, and at most 100 characters."
        )
    if name in RESERVED_NAMES or name.startswith(OURS):
        return f"The name {name!r} is reserved for the API itself."
    return None


def _taken(name: str, offered: Mapping[str, Definition]) -> str | None:
    if name not in offered:
        return None
    app = offered[name].app
    return f"Another task has the name {name!r}: {f'one of the app {app!r}' if app else 'one of the task modules'}."


def _without_message(definition: Definition) -> str | None:
    """Why no message can be made of a template: a script that fails would fail for all that it accepts at once."""
    template = definition.template or ""
    places = [place for place in _PLACE.findall(template) if place != "%%"]
    if "%" not in _PLACE.sub("", template) and len(places) <= MOST_PLACES:
        return None
    return "Its message was recorded by a version of Celeriac that this API does not know: it has other places for its parts."


def _by_path(offered: Mapping[str, Definition]) -> dict[str, Definition]:
    """A name goes before an alias, and an alias belongs to the first that has it."""
    by_path = dict(offered)
    for definition in offered.values():
        for alias in definition.aliases:
            if alias not in by_path and _refusal_of(alias) is None:
                by_path[alias] = definition
    return by_path
