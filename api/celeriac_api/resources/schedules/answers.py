"""Makes the documents of schedules from what is stored."""

from collections.abc import Collection, Mapping

from celeriac_api.request.json_text import member, without_values
from celeriac_api.resources.schedules.documents import Progress, Rules, ScheduledSubmission, ScheduleInList
from celeriac_api.resources.schedules.stored import StoredSchedule

# By the name of a definition: the parameters whose values nobody is shown.
Hidden = Mapping[str, Collection[str]]


def listed_document(schedule: StoredSchedule) -> ScheduleInList:
    """The schedule without its input."""
    plan, state = schedule.plan, schedule.state
    return ScheduleInList(
        name=schedule.name,
        owner=schedule.owner or None,
        submits=plan.submits,
        created_at=plan.created_at,
        **{name: getattr(plan, name) for name in Rules.model_fields},
        **{name: getattr(state, name) for name in Progress.model_fields},
    )


def document_of(schedule: StoredSchedule, hidden: Hidden) -> bytes:
    """The JSON of the schedule; what it submits is as it was sent, but for the values that are hidden."""
    document = listed_document(schedule).model_dump_json().encode()
    return b'%b,"submit":%b}' % (document[:-1], _submission(schedule, hidden))


def _submission(schedule: StoredSchedule, hidden: Hidden) -> bytes:
    text = schedule.submission
    submission = ScheduledSubmission.model_validate_json(text, strict=True)
    # Of a definition that is in the catalog no more, nobody knows what was to be hidden.
    task_input = without_values(member(text, "input") or b"{}", hidden.get(schedule.plan.submits))
    return b'%b,"input":%b}' % (
        submission.model_dump_json(exclude={"input"}, exclude_unset=True).encode()[:-1],
        task_input,
    )
