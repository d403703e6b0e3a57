"""Writes the module: imports, models, and a class with a method for each definition."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import chain

from celeriac.command.generate.annotations import BUILTINS, Annotations
from celeriac.command.generate.document import DescribedTask, Schema
from celeriac.command.generate.methods import method_text
from celeriac.command.generate.models import Models
from celeriac.command.generate.names import identifier, unique_names
from celeriac.command.generate.shapes import Shapes, shapes_of
from celeriac.version import VERSION

CLASS = "Tasks"
HEADER = f'''"""The tasks of an API as typed calls. Do not edit: celeriac {VERSION} wrote this file.

Write it again with: celeriac generate SERVER -o FILE
"""'''
CLASS_HEAD = f'''class {CLASS}(Calls[ClientT]):
    """The tasks, for a client: `{CLASS}(Client())`, or `{CLASS}(AsyncClient())` with `await`.

    `tasks.NAME(...)` returns the result, `tasks.NAME.submit(...)` the task at once.
    """'''
# What the module may import, Python's own first; which of these it needs is seen in its code.
STANDARD = {"decimal": ["Decimal"], "typing": ["Annotated", "Any", "Literal"], "uuid": ["UUID"]}
INSTALLED = {
    "celeriac": ["Base64Bytes"],
    "celeriac.client.typed": ["DEFAULT", "Calls", "ClientT", "File", "Model", "call"],
    "pydantic": ["Field"],
    "typing_extensions": ["TypeAliasType"],
}
TAKEN = BUILTINS | {"dt", "bytes", CLASS, *chain(*STANDARD.values(), *INSTALLED.values())}


def module_text(tasks: list[DescribedTask], schemas: dict[str, Schema]) -> str:
    """The module; the same for the same document."""
    shapes = shapes_of(tasks, schemas, taken=TAKEN)
    annotations = Annotations(_schemas(shapes), shapes.shapes)
    models = Models(shapes.shapes, annotations, taken=TAKEN)
    model_texts = list(models.texts())
    methods = unique_names((call.name for call in shapes.calls), identifier, TAKEN | shapes.shapes.keys())
    calls = [
        CLASS_HEAD,
        *(method_text(methods[call.name], call, annotations, shapes.shapes) for call in shapes.calls),
    ]
    body = "\n\n\n".join([*model_texts, "\n\n".join(calls)])
    return f"{HEADER}\n\n{_imports([body, *models.forward])}\n\n\n{body}\n"


def _schemas(shapes: Shapes) -> Iterator[Schema]:
    for call in shapes.calls:
        yield from (parameter.schema for parameter in call.parameters)
        yield call.result
    for shape in shapes.shapes.values():
        yield from (member.schema for member in shape.members or ())
        yield shape.schema


def _imports(code: Iterable[str]) -> str:
    """Those whose names the code uses, sorted."""
    nodes = chain.from_iterable(ast.walk(ast.parse(part)) for part in code)
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    standard = [*(["import datetime as dt"] if "dt" in used else []), *_imported(STANDARD, used)]
    return "\n".join([*standard, *([""] if standard else []), *_imported(INSTALLED, used)])


def _imported(modules: Mapping[str, list[str]], used: AbstractSet[str]) -> Iterator[str]:
    for module, names in modules.items():
        if needed := [name for name in names if name in used]:
            yield f"from {module} import {', '.join(needed)}"
