"""Reads what a schedule submits, when it is put, and when it runs now."""

import json

from celeriac.ledger.model.task import SCHEDULE_MARK
from celeriac.schedules.stored import StoredSchedule, Submits
from celeriac_api.access.caller import Caller
from celeriac_api.definitions.prepared import ValidInput
from celeriac_api.request.json_text import member
from celeriac_api.request.submission.options import SubmissionOptions
from celeriac_api.resources.schedules.documents import ScheduledSubmission
from celeriac_api.submissions import Submissions


def fitting_input(submissions: Submissions, submission: ScheduledSubmission, input_json: bytes) -> ValidInput:
    """The valid input of a submission; a `Problem` if the definition does not accept it, or is unknown."""
    definition = submissions.definition(submission.name)
    valid = definition.fitting(input_json, at="/submit/input")
    if submission.queue is not None:  # which was known when the schedule was put; its workers may be away now
        valid.definition = definition.in_queue(submission.queue)
    return valid


def input_of(raw: bytes) -> bytes:
    """The JSON text of the input in the body of a `PUT`."""
    return member(member(raw, "submit") or b"{}", "input") or b"{}"


async def submits_of(
    submissions: Submissions,
    submission: ScheduledSubmission,
    valid: ValidInput,
    *,
    schedule: str,
    caller: Caller,
) -> Submits:
    """What the schedule of this name submits, prepared for any process that knows the definition."""
    text = submission.model_dump_json(exclude={"input"}, exclude_unset=True).encode()
    options = marked(submission.options(), schedule)
    prepared = json.loads(await submissions.prepared_options(valid, options, caller=caller))
    prepared.pop("expires_at", None)  # a moment, which follows from the due time
    return Submits(text, valid.json, json.dumps(prepared))


def submission_of(schedule: StoredSchedule) -> ScheduledSubmission:
    """What a stored schedule submits, without its input."""
    return ScheduledSubmission.model_validate_json(schedule.submission.text, strict=True)


def marked(options: SubmissionOptions, schedule: str) -> SubmissionOptions:
    """The options, with the name of the schedule by which its tasks are listed."""
    return options.marked(SCHEDULE_MARK + schedule)
