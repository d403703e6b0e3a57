"""Reads files of definitions, as `celeriac catalog APP > catalog.json` writes them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from celeriac.contract.definition import Definition
from celeriac.contract.signature import ContractError
from celeriac_api.definitions.following import RefusalOf
from celeriac_api.definitions.merging import Source


def read_catalogs(paths: str | None, refusal_of: RefusalOf) -> Iterator[Source]:
    """The definitions in these files (paths separated by commas). `ContractError` names a file that cannot be read, and why.

    A definition whose inputs cannot be judged is refused, with the reason.
    """
    for path in (paths or "").split(","):
        if path.strip():
            yield _read(Path(path.strip()), refusal_of)


def _read(path: Path, refusal_of: RefusalOf) -> Source:
    try:
        document = json.loads(path.read_bytes())
        app, items = document["app"], document["definitions"]
        definitions = [_definition(item, refusal_of) for item in items]
    except OSError as error:
        raise ContractError(f"CELERIAC_CATALOG={path} cannot be read: {error.strerror}.") from error
    except (ValueError, LookupError, TypeError) as wrong:
        raise ContractError(
            f"CELERIAC_CATALOG={path} is not a catalog: {wrong}. `celeriac catalog proj.celery:app > catalog.json` writes one."
        ) from wrong
    return Source(
        str(app).replace(" ", "%20"), own=False, definitions={each.name: each for each in definitions}
    )


def _definition(document: Any, refusal_of: RefusalOf) -> Definition:
    definition = Definition.from_json(document)
    return replace(definition, refusal=definition.refusal or refusal_of(definition.input_schema))
