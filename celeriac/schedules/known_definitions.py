"""Makes the task of a due time from the definitions that this process knows."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from celeriac.access.allowances import Allowances
from celeriac.contract.built_in import built_in
from celeriac.contract.catalog import Catalog, Validators, catalog_of, validators_of
from celeriac.ledger.model.submission import Submission
from celeriac.ledger.model.times import microseconds
from celeriac.ledger.protocol.message import LOW, Envelope, encoded_input, envelope, expires_at
from celeriac.schedules.stored import MICROSECOND, StoredSchedule
from celeriac.settings import Settings
from celeriac.values.states import Priority


class UnknownDefinition(Exception):
    """This process knows no definition of the name."""


class KnownDefinitions:
    """The definitions of this process."""

    def __init__(self, catalog: Catalog, validators: Validators, settings: Settings) -> None:
        """Those of this catalog, and the built-in ones."""
        self._catalog = {**catalog, **catalog_of(built_in())}
        self._validators = {**validators, **validators_of(built_in())}
        self._settings = settings
        self._allowances = Allowances(settings)
        self._envelope = lru_cache(maxsize=None)(self._new_envelope)

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
        if definition is None:
            raise UnknownDefinition(plan.submits)
        self._validators[plan.submits].model_validate_json(submits.input, strict=True)
        task_id, options = schedule.task_id(due), json.loads(submits.options)
        queue = options.get("chosen_queue") or definition.queue_in(self._settings)
        jitter = _share(task_id) * timedelta(seconds=plan.jitter)
        return Submission(
            task_id,
            plan.submits,
            queue,
            self._envelope(definition.name, queue, LOW if options.get("priority") == Priority.LOW else 0),
            encoded_input(submits.input),
            json.dumps(_of_this_moment(options, jitter)),
            self._allowances.submitter(owner=schedule.owner, key=plan.key, limits=plan.limits),
        )

    def _new_envelope(self, name: str, queue: str, priority: int) -> Envelope:
        definition = self._catalog[name]
        hard, soft = definition.time_limits(self._settings.soft_time_limit)
        return envelope(
            task=definition.celery_name,
            queue=queue,
            time_limit=hard,
            soft_time_limit=soft,
            priority=priority,
        )


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
