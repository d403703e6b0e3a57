"""Makes the task of a due time from the definitions that this process knows."""

import hashlib
import json
from collections import ChainMap
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any, cast

from celeriac.access.allowances import Allowances
from celeriac.contract.built_in import built_in
from celeriac.contract.catalog import PerDefinition, catalog_of
from celeriac.contract.definition import Definition
from celeriac.ledger.model.submission import Submission
from celeriac.ledger.model.times import microseconds
from celeriac.ledger.protocol.app_messages import Waiting
from celeriac.ledger.protocol.kombu_forms import typed_text
from celeriac.ledger.protocol.message import encoded_input, expires_at
from celeriac.ledger.protocol.task_message import waiting_for
from celeriac.schedules.stored import MICROSECOND, StoredSchedule
from celeriac.settings import Settings
from celeriac.values.states import Priority


class UnknownDefinition(Exception):
    """This process knows no definition of the name."""


class KnownDefinitions:
    """The definitions of this process."""

    def __init__(
        self,
        catalog: Mapping[str, Definition],
        check_of: Callable[[Definition], Callable[[bytes], object]],
        settings: Settings,
    ) -> None:
        """Those of this catalog, which may change, and the built-in ones; `check_of` each raises `ValueError` for an input."""
        self._catalog = ChainMap(catalog_of(built_in()), cast("dict[str, Definition]", catalog))
        self._checks = PerDefinition(self._catalog, check_of)
        self._settings = settings
        self._allowances = Allowances(settings)
        self._waiting = PerDefinition(
            self._catalog, lambda definition: lru_cache(maxsize=None)(partial(self._waiting_for, definition))
        )

    @property
    def names(self) -> list[str]:
        """Of the definitions."""
        return list(self._catalog)

    def submission(self, schedule: StoredSchedule, due: datetime) -> Submission:
        """The task of a due time: always the same, for the same definition.

        `ValueError` if the definition does not accept the input.
        """
        plan, submits = schedule.plan, schedule.submission
        definition = self._catalog.get(plan.submits)
        check, waiting_in = self._checks.get(plan.submits), self._waiting.get(plan.submits)
        if definition is None or check is None or waiting_in is None:
            raise UnknownDefinition(plan.submits)
        check(submits.input)
        task_id, options = schedule.task_id(due), json.loads(submits.options)
        queue = options.get("chosen_queue") or definition.queue_in(self._settings)
        waiting = waiting_in(queue, options.get("priority") == Priority.LOW)
        if waiting.list is not None:
            options["list"] = waiting.list
        jitter = _share(task_id) * timedelta(seconds=plan.jitter)
        return Submission(
            task_id,
            plan.submits,
            queue,
            waiting.envelope,
            encoded_input(_typed_input(submits.input, definition)),
            json.dumps(_of_this_moment(options, jitter)),
            self._allowances.submitter(owner=schedule.owner, key=plan.key, limits=plan.limits),
        )

    def _waiting_for(self, definition: Definition, queue: str, is_low: bool) -> Waiting:  # noqa: FBT001 - of a cache
        return waiting_for(definition, queue=queue, settings=self._settings, is_low=is_low)


def _typed_input(input_json: bytes, definition: Definition) -> bytes:
    """With kombu's forms, where the definition's app reads them."""
    return input_json if definition.app is None else typed_text(input_json, definition.input_schema)


def _share(task_id: str) -> float:
    """A number from 0 to 1, always the same for this id."""
    return int.from_bytes(hashlib.sha256(task_id.encode()).digest()[:4]) / 2**32


def _of_this_moment(options: Mapping[str, Any], jitter: timedelta) -> dict[str, Any]:
    """The options of a submission that is made now."""
    options = dict(options)
    if jitter:
        delay = "delay" if "after" in options else "due"
        options[delay] = options.get(delay, 0) + microseconds(jitter)
    if "expires" in options:
        options["expires_at"] = expires_at(datetime.now(UTC) + options["expires"] * MICROSECOND)
    return options
