"""Reads what a schedule submits, when it is put and at each due time."""

from celeriac_api.request.json_text import member
from celeriac_api.resources.schedules.documents import ScheduledSubmission
from celeriac_api.submissions import Submissions, ValidInput


def read_submission(submissions: Submissions, text: bytes) -> tuple[ValidInput, ScheduledSubmission]:
    """The valid input and the options in this JSON text; a `Problem` if the definition does not accept the input, or is unknown."""
    submission = ScheduledSubmission.model_validate_json(text, strict=True)
    definition = submissions.definition(submission.name)
    valid = definition.fitting(member(text, "input") or b"{}", at="/submit/input")
    if submission.queue is not None:  # which was known when the schedule was put; its workers may be away now
        valid.definition = definition.in_queue(submission.queue)
    return valid, submission
