"""Places the members of an input as the arguments of a Celery task."""

import inspect
from collections.abc import Mapping
from typing import Any

from celeriac_worker.existing_app.definitions.signature import (
    EMPTY,
    POSITIONAL_ONLY,
    VAR_POSITIONAL,
    signature_of,
)

_BY_POSITION = (POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def arguments_of(task: Any, members: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The positional and the keyword arguments that these members of a valid input are.

    Positional-only parameters go by position; all that can, if `*args` has items. Defaults fill what is left out before another.
    """
    parameters = signature_of(task).parameters or ()
    keywords = dict(members)
    extra: list[Any] = []
    for each in parameters:
        if each.kind is VAR_POSITIONAL:
            extra = keywords.pop(each.name, [])
    kinds = _BY_POSITION if extra else (POSITIONAL_ONLY,)
    placed = [each for each in parameters if each.kind in kinds]
    if not extra:
        while placed and placed[-1].name not in keywords:
            placed.pop()
    positional = [keywords.pop(each.name, None if each.default is EMPTY else each.default) for each in placed]
    return [*positional, *extra], keywords
