"""Makes the input of a task from words: `x=4`, `address.city=Berlin`, `image=@photo.jpg`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from celeriac.command.tasks.input.errors import InputError
from celeriac.command.tasks.input.example import example_words
from celeriac.command.tasks.input.files import Files, text_of
from celeriac.command.tasks.input.json_text import json_value
from celeriac.command.tasks.input.label import label_of
from celeriac.command.tasks.input.text_value import article, value_of, values_of
from celeriac.values.json.shape import Leaf, Shape

# Of an input, as in the API.
DEEPEST = 32
SHOWN = 60


@dataclass(frozen=True)
class Assignment:
    """One word: `path` is what is left of it inside the value that is being made."""

    path: str
    content: str
    is_json: bool = False

    def after(self, name: str) -> "Assignment":
        """The same, inside the member of this name."""
        return Assignment(self.path[len(name) + 1 :], self.content, self.is_json)


def input_of(
    words: Iterable[str], schema: Mapping[str, Any], *, task: str, files: Files | None = None
) -> dict[str, Any]:
    """The input that these words give to the task of this name; `InputError` names the parameter that is wrong."""
    assignments = [assignment_of(word) for word in words]
    return assigned_input(assignments, Shape.of(schema), task=task, files=files or Files())


def assigned_input(assignments: list[Assignment], shape: Shape, *, task: str, files: Files) -> dict[str, Any]:
    """The input that these assignments give."""
    return _Maker(task, files).members(assignments, shape, "")


def assignment_of(word: str) -> Assignment:
    """`key=value`, or `key:=JSON`."""
    key, equals, content = word.partition("=")
    if not equals or not key.rstrip(":"):
        raise InputError(f"{word[:SHOWN]!r} is not a parameter.", "KEY=VALUE, as in x=4")
    if key.startswith("-"):
        name = key.lstrip("-")
        raise InputError(
            f"There is no option {key[:SHOWN]}.",
            f"To give the parameter {name[:SHOWN]}, write {name[:SHOWN]}=…",
        )
    if key.endswith(":"):
        return Assignment(key[:-1], content, is_json=True)
    return Assignment(key, content)


@dataclass(frozen=True)
class _Maker:
    task: str
    files: Files

    def members(
        self, assignments: list[Assignment], shape: Shape, place: str, depth: int = 1
    ) -> dict[str, Any]:
        leaf = shape.leaf("object", "any") or Leaf("any", {})
        groups = _grouped(assignments, shape.members(), place)
        return {
            name: self._value(
                group, self._member(shape, leaf, name, place), f"{place}.{name}" if place else name, depth
            )
            for name, group in groups.items()
        }

    def _value(self, group: list[Assignment], shape: Shape, name: str, depth: int) -> Any:
        wholes = [assignment for assignment in group if not assignment.path]
        if not wholes:
            return self._parts(group, shape, name, depth)
        if len(wholes) < len(group):
            raise InputError(f"{name} is given as a whole, and in parts.", "Give one or the other.")
        if any(whole.is_json for whole in wholes):
            if len(wholes) > 1:
                raise InputError(f"{name} is given {len(wholes)} times, and as JSON.", "Give its JSON once.")
            return self._json(wholes[0], name)
        contents = [self._content(whole, name) for whole in wholes]
        if len(contents) > 1:
            return values_of(contents, shape, name)
        item = shape.leaf("array")
        if item and isinstance(contents[0], bytes) and shape.item(item, 0).is_base64:
            return values_of(contents, shape, name)
        return value_of(contents[0], shape, name)

    def _parts(self, group: list[Assignment], shape: Shape, name: str, depth: int) -> Any:
        if depth >= DEEPEST:
            raise InputError(
                f"{name[:SHOWN]}… is nested more than {DEEPEST} levels deep.", "Flatten the input."
            )
        if shape.leaf("object", "any"):
            return self.members(group, shape, name, depth + 1)
        if leaf := shape.leaf("array"):
            return self._items(group, shape, leaf, name, depth)
        raise InputError(
            f"{name} is {article(label_of(shape))}, and has no member {group[0].path[:SHOWN]!r}.",
            " ".join(example_words(name, shape)),
        )

    def _items(self, group: list[Assignment], shape: Shape, leaf: Leaf, name: str, depth: int) -> list[Any]:
        groups = _grouped(group, {}, name)
        places = {str(place) for place in range(len(groups))}
        if groups.keys() != places:
            wrong = next(place for place in groups if place not in places)
            raise InputError(
                f"{name}.{wrong[:SHOWN]} is not the next item of {name}, which is {article(label_of(shape))}.",
                f"Number the items from 0, without a gap: {name}.0, {name}.1",
            )
        return [
            self._value(groups[str(place)], shape.item(leaf, place), f"{name}.{place}", depth + 1)
            for place in range(len(groups))
        ]

    def _member(self, shape: Shape, leaf: Leaf, name: str, place: str) -> Shape:
        member = shape.member(leaf, name)
        if member is None:
            raise self._unknown(name, list(shape.members()), place)
        return member

    def _unknown(self, name: str, names: list[str], place: str) -> InputError:
        subject = place or self.task
        what = "member" if place else "parameter"
        if not names:
            return InputError(
                f"{subject} has no parameters (given: {name[:SHOWN]!r}).",
                f"celeriac submit {subject}",
            )
        near = get_close_matches(name[:SHOWN], names, n=1)
        advice = f"Did you mean {near[0]}? " if near else ""
        return InputError(
            f"{subject} has no {what} {name[:SHOWN]!r}.", f"{advice}It has: {', '.join(names)}."
        )

    def _content(self, assignment: Assignment, name: str) -> str | bytes:
        content = assignment.content
        if content.startswith("@@"):
            return content[1:]
        return self.files.read(content[1:], parameter=name) if content.startswith("@") else content

    def _json(self, assignment: Assignment, name: str) -> Any:
        if assignment.content.startswith("@"):
            return json_value(text_of(self.files.read(assignment.content[1:]), assignment.content), name)
        return json_value(assignment.content, name)


def _grouped(
    assignments: list[Assignment], names: Mapping[str, Shape], place: str
) -> dict[str, list[Assignment]]:
    """By the member that they are about; a name that contains a dot is preferred to a path."""
    groups: dict[str, list[Assignment]] = {}
    for assignment in assignments:
        name = assignment.path if assignment.path in names else assignment.path.partition(".")[0]
        if not name or assignment.path == f"{name}.":
            raise InputError(f"{place}.{assignment.path}"[:SHOWN] + " is not a name.", "KEY=VALUE, as in x=4")
        groups.setdefault(name, []).append(assignment.after(name))
    return groups
