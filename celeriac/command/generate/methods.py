"""Writes the methods: one for each definition."""

import json
from collections.abc import Mapping
from textwrap import shorten

from celeriac.command.generate.annotations import Annotations
from celeriac.command.generate.defaults import LEFT_TO_THE_API, written_default
from celeriac.command.generate.docstrings import docstring
from celeriac.command.generate.layout import fitted
from celeriac.command.generate.names import identifier, quoted, unique_names
from celeriac.command.generate.shapes import ABSENT, Call, Member, Shape

BODY = "        raise NotImplementedError"


def method_text(name: str, call: Call, annotations: Annotations, shapes: Mapping[str, Shape]) -> str:
    """The code of the method with this name. Its body never runs."""
    names = unique_names((parameter.name for parameter in call.parameters), identifier, {"self"})
    defaults = {parameter.name: written_default(parameter, shapes) for parameter in call.parameters}
    parameters = [
        f"{names[parameter.name]}: {annotations.argument(parameter.schema)}"
        + (f" = {default}" if (default := defaults[parameter.name]) else "")
        for parameter in call.parameters
    ]
    renamed = [f"{new}={quoted(original)}" for original, new in sorted(names.items()) if new != original]
    arguments = ", ".join(["self", "*", *parameters] if parameters else ["self"])
    head = [
        f"    @call({', '.join([quoted(call.name), *renamed])})",
        f"    def {name}({arguments}) -> {annotations.value(call.result)}:",
    ]
    remarks = {names[parameter.name]: _remarks(parameter, defaults) for parameter in call.parameters}
    described = [f"    {parameter}: {remark}" for parameter, remark in remarks.items() if remark]
    text = "\n\n".join([call.description, *(["\n".join(["Args:", *described])] if described else [])])
    written_head = fitted("\n".join([*head, BODY])).removesuffix(BODY)
    return "\n".join([written_head.rstrip(), *docstring(text, indent="        "), BODY])


def _remarks(parameter: Member, defaults: Mapping[str, str | None]) -> str:
    """What there is to say of a parameter beside its type and a default that its signature shows."""
    remarks = [" ".join(parameter.description.split())]
    if parameter.default is not ABSENT and defaults[parameter.name] == LEFT_TO_THE_API:
        remarks.append(f"Default: {shorten(json.dumps(parameter.default, ensure_ascii=False), 100)}.")
    if parameter.is_hidden:
        remarks.append("The API does not show it.")
    return " ".join(filter(None, remarks))
