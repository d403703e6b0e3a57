"""`python -m celeriac_worker.existing_app.describe proj.celery:app`: what the command says of an app.

It prints one line of JSON, whatever the code of the app prints. It needs no Redis. The exit code is 1 where the app cannot be loaded.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from celeriac_worker.existing_app.definitions.catalog import AppCatalog, catalog_of
from celeriac_worker.existing_app.definitions.loading import NotLoaded, load_app
from celeriac_worker.existing_app.definitions.names import SHORT
from celeriac_worker.existing_app.findings import findings
from celeriac_worker.existing_app.publishing.independence import dependence
from celeriac_worker.existing_app.state import ledger_of

NO_FORM = "Celery's message has no place for the input that a template needs"


def main() -> int:
    """Describe the app that the command line names."""
    parser = argparse.ArgumentParser(prog="celeriac_worker.existing_app.describe")
    parser.add_argument("app")
    parser.add_argument("--names", choices=[SHORT])
    options = parser.parse_args()
    answer = _output_for_us()
    try:
        app = load_app(options.app)
    except NotLoaded as error:
        answer({"error": str(error)})
        return 1
    answer(report(app, catalog_of(app, names=options.names)))
    return 0


def report(app: Any, catalog: AppCatalog) -> dict[str, Any]:
    """The catalog, what is not offered, what cannot be kept, and why a worker makes the messages of some tasks."""
    return {
        "catalog": catalog.document(),
        "refused_aliases": list(catalog.refused_aliases),
        "findings": [
            {"severity": each.severity.value, "task": each.task, "sentence": each.sentence}
            for each in findings(app)
        ],
        "made_by_worker": {
            each.name: _dependence(app, each.celery_name)
            for each in catalog.definitions
            if each.template is None and not each.refusal
        },
    }


def _dependence(app: Any, name: str) -> str:
    ledger = ledger_of(app)
    is_static = ledger is not None and ledger.is_static(name)
    return dependence(app, app.tasks[name], static=is_static) or NO_FORM


def _output_for_us() -> Callable[[Any], None]:
    """What writes to standard output; all that others write there goes to standard error from now on."""
    ours = os.dup(1)
    os.dup2(2, 1)

    def write(value: Any) -> None:
        sys.stdout.flush()
        with os.fdopen(ours, "w", encoding="utf-8") as output:
            output.write(json.dumps(value) + "\n")

    return write


if __name__ == "__main__":
    sys.exit(main())
