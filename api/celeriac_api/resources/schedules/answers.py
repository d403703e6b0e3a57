"""Makes the documents of schedules from what is stored."""

from collections.abc import Collection

from celeriac.schedules.rules import Progress, Rules
from celeriac.schedules.stored import StoredSchedule
from celeriac_api.request.json_text import without_values
from celeriac_api.resources.schedules.documents import ScheduleInList

# The parameters whose values nobody is shown; None: all of them.
Hidden = Collection[str] | None


def listed_document(schedule: StoredSchedule) -> ScheduleInList:
    """The schedule without its input."""
    plan, state = schedule.plan, schedule.state
    return ScheduleInList(
        name=schedule.name,
        owner=schedule.owner or None,
        submits=plan.submits,
        created_at=plan.created_at,
        declared=plan.declared,
        **{name: getattr(plan, name) for name in Rules.model_fields},
        **{name: getattr(state, name) for name in Progress.model_fields},
    )


def document_of(schedule: StoredSchedule, hidden: Hidden) -> bytes:
    """The JSON of the schedule; what it submits is as it was sent, but for the values that are hidden."""
    document = listed_document(schedule).model_dump_json().encode()
    return b'%b,"submit":%b}' % (document[:-1], _submission(schedule, hidden))


def _submission(schedule: StoredSchedule, hidden: Hidden) -> bytes:
    task_input = without_values(schedule.submission.input, hidden)
    return b'%b,"input":%b}' % (schedule.submission.text[:-1], task_input)
