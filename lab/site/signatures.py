"""Writes the signatures of autodoc as a person would."""

import builtins
import inspect
import re
from importlib import import_module

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from celeriac.client.documents import State
from celeriac.client.flow.call import TaskCall, TaskSeriesCall

# Python's own form of a class as a default, and a type that has a name.
TIDY = (
    (re.compile(r"<class '(?:builtins\.)?([\w.]+)'>"), r"\1"),
    (re.compile(re.escape(str(State).removeprefix("typing."))), "State"),
)
# Nobody makes these by a call.
RETURNED = {"celeriac.client.Task", "celeriac.testing.Outcome", "celeriac.testing.Stack"}


def tidy(
    _app: Sphinx,
    kind: str,
    name: str,
    _object: object,
    _options: object,
    signature: str | None,
    returned: str | None,
) -> tuple[str | None, str | None]:
    """The arguments and the type of the result; neither for an error, which only the client makes."""
    if kind == "exception" or name in RETURNED:
        return signature and "", None
    return _tidy_text(signature), _handle(name) or _tidy_text(returned)


def unlink_builtins(_app: Sphinx, doctree: nodes.document) -> None:
    """Take the links off names such as `type`, which would lead to an attribute with that name."""
    for link in list(doctree.findall(addnodes.pending_xref)):
        if link["refdomain"] == "py" and hasattr(builtins, link["reftarget"]):
            link.replace_self(link.children)


def _tidy_text(text: str | None) -> str | None:
    for pattern, replacement in TIDY:
        text = text and pattern.sub(replacement, text)
    return text


def _handle(name: str) -> str | None:
    """The type of a handle, which a described call has only for those who check types."""
    module, _, method = name.rpartition(".")
    place, _, owner = module.rpartition(".")
    if not place.startswith("celeriac"):
        return None
    match inspect.getattr_static(getattr(import_module(place), owner, None), method, None):
        case TaskCall():
            return "Task"
        case TaskSeriesCall():
            return "Iterator[Task]"
    return None
