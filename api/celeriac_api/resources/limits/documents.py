"""The rules of keys as requests and answers contain them."""

from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from celeriac.contract.options.flow import MOST_SLOTS, Burst, Rate
from celeriac.ledger.tables.limits import MOST_NAMED, Row, Rules
from celeriac_api.request.cursor import NextCursor
from celeriac_api.request.parameter_types import misfit
from celeriac_api.request.submission.option_fields import ABSENT
from celeriac_api.response.task_document import timestamp

Count = Annotated[int, Field(ge=0)]


class LimitRequest(BaseModel):
    """Rules that go before those of submissions. What is left out stays as submissions have it."""

    model_config = ConfigDict(title="New limit", extra="forbid", json_schema_extra={"minProperties": 1})

    limit: Annotated[int, Field(ge=0, le=MOST_SLOTS)] = Field(
        ABSENT, description="How many tasks of the key are queued or run at once; 0 holds all that come."
    )
    rate: Rate = Field(
        ABSENT, description="How many tasks of the key start in a second, minute, hour or day."
    )
    burst: Burst = Field(ABSENT, description="How many start at once after a time without any.")

    @model_validator(mode="after")
    def _check_any(self) -> Self:
        if not self.model_fields_set:
            raise misfit("should have `limit`, `rate` or `burst`")
        return self


class RulesDocument(BaseModel):
    """Rules of a key; null for what there is not."""

    model_config = ConfigDict(title="Rules of a key")

    limit: Count | None = Field(description="How many tasks are queued or run at once.")
    rate: str | None = Field(description="How many start in a time.")
    burst: Count | None = Field(description="How many start at once after a time without any.")


class LimitInList(BaseModel):
    """A key with its rules, and how many tasks it holds."""

    model_config = ConfigDict(title="Limit in a list")

    key: str = Field(description="The text of the key.")
    owner: str | None = Field(description="Whose key it is; null if the API requires no key.")
    rules: RulesDocument = Field(description="The rules that hold now.")
    submitted: RulesDocument = Field(description="Those of the latest submission.")
    override: RulesDocument | None = Field(
        description="Those that an operator has set, if any; they go before the others."
    )
    set_at: AwareDatetime | None = Field(description="When an operator set them.")
    running: Count = Field(
        description="How many tasks have a slot: they are queued, run, or wait for their next attempt."
    )
    waiting: Count = Field(description="How many wait for a slot.")
    throttled: Count = Field(description="How many wait to start.")
    next_start_at: AwareDatetime | None = Field(
        description="When the next of these starts; null if none waits to start."
    )


class Limit(LimitInList):
    """A key with its rules, and the tasks that it holds."""

    model_config = ConfigDict(title="Limit")

    running_tasks: list[str] = Field(
        description=f"The ids of the first {MOST_NAMED} that have a slot, the oldest first."
    )
    waiting_tasks: list[str] = Field(
        description=f"The ids of the first {MOST_NAMED} that wait for one, in order."
    )


class LimitPage(BaseModel):
    """A page of keys, by owner and text."""

    model_config = ConfigDict(title="Page of limits")

    items: list[LimitInList]
    next_cursor: NextCursor


def listed_document(row: Row) -> LimitInList:
    """The key without ids of tasks."""
    return LimitInList.model_validate(_members(row))


def document_of(row: Row) -> Limit:
    """The key with the ids of its tasks."""
    return Limit.model_validate({**_members(row), "running_tasks": row.holders, "waiting_tasks": row.waiters})


def _members(row: Row) -> dict[str, object]:
    pairs = zip(row.override, row.submitted, strict=True)
    chosen = [override if override is not None else submitted for override, submitted in pairs]
    return {
        "key": row.key,
        "owner": row.owner or None,
        "rules": _rules(Rules(*chosen)),  # type: ignore[arg-type]  # each of its own type
        "submitted": _rules(row.submitted),
        "override": _rules(row.override) if any(value is not None for value in row.override) else None,
        "set_at": timestamp(row.set_at) if row.set_at else None,
        "running": row.running,
        "waiting": row.waiting,
        "throttled": row.throttled,
        "next_start_at": timestamp(row.opens_at) if row.throttled else None,
    }


def _rules(rules: Rules) -> dict[str, object]:
    return rules._asdict()
