"""Turns a refusal of the API into its error."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from typing import Any

from celeriac.client import errors
from celeriac.client.errors import PREFIX, Problem, UnexpectedAnswer
from celeriac.client.wire.json_text import beginning, parse
from celeriac.client.wire.request import Answer

PROBLEM_JSON = "application/problem+json"
# Without a problem document: what stands before the API says this, too.
OF_PROXIES: Mapping[int, type[Problem]] = {
    429: errors.RateLimited,
    502: errors.Unavailable,
    503: errors.Unavailable,
    504: errors.Unavailable,
}
# For a type that this version of the client does not know: the class of the known types with its status.
OF_STATUS: Mapping[int, type[Problem]] = {
    400: errors.BadRequest,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    410: errors.Gone,
    413: errors.TooLarge,
    429: errors.RateLimited,
    503: errors.Unavailable,
}
# What a program can do, where the API speaks of headers.
ADVICE: Mapping[type[Problem], str] = {
    errors.Unauthorized: "Give a key: key=, CELERIAC_KEY, or a profile.",
}
# No server asks for more in earnest.
LONGEST_RETRY_AFTER = 3600.0


def problem_of(answer: Answer) -> Problem:
    """The error for this refusal; raises `UnexpectedAnswer` if that is not how Celeriac refuses."""
    if answer.content_type == PROBLEM_JSON:
        return _documented(answer)
    if problem_class := OF_PROXIES.get(answer.status):
        title = HTTPStatus(answer.status).phrase
        return _made(problem_class, answer, {"title": title, "detail": beginning(answer.body)}, None)
    raise unexpected(answer, _reason(answer))


def unexpected(answer: Answer, reason: str) -> UnexpectedAnswer:
    """The error for an answer that Celeriac does not give."""
    kind = answer.content_type or "no content type"
    return UnexpectedAnswer(
        f"{reason} (status {answer.status}, {kind}: {beginning(answer.body)!r}). Check the address of the API.",
        status=answer.status,
    )


def _documented(answer: Answer) -> Problem:
    try:
        problem = parse(answer.body)
    except ValueError as error:
        raise unexpected(answer, f"The problem document is not valid JSON: {error}") from None
    if not isinstance(problem, dict):
        raise unexpected(answer, "The problem document is not an object")
    name = str(problem.get("type", "")).removeprefix(PREFIX)
    return _made(classes().get(name) or OF_STATUS.get(answer.status, Problem), answer, problem, name)


def _made(
    problem_class: type[Problem], answer: Answer, problem: Mapping[str, Any], name: str | None
) -> Problem:
    title, detail = str(problem.get("title", "")), str(problem.get("detail", ""))
    return problem_class(
        _message(answer, title, detail, advice=ADVICE.get(problem_class, "")),
        status=answer.status,
        type=name,
        title=title,
        detail=detail,
        request_id=answer.headers.get("x-request-id"),
        problem=problem,
        retry_after=_retry_after(answer),
    )


def _message(answer: Answer, title: str, detail: str, *, advice: str) -> str:
    text = f"{title}: {detail}" if title and detail else title or detail or f"status {answer.status}"
    return f"{text} {advice}" if advice else text


@cache
def classes() -> Mapping[str, type[Problem]]:
    """The class of each type of problem."""
    return dict(_typed(Problem))


def _typed(root: type[Problem]) -> Iterator[tuple[str, type[Problem]]]:
    for problem_class in root.__subclasses__():
        yield from ((name, problem_class) for name in problem_class.__dict__.get("types", ()))
        yield from _typed(problem_class)


def _retry_after(answer: Answer) -> float | None:
    """Seconds, from a number or a date (RFC 9110, 10.2.3); None for anything else."""
    text = answer.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return min(float(text[:10]), LONGEST_RETRY_AFTER)
    try:
        seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _reason(answer: Answer) -> str:
    if 300 <= answer.status < 400:
        return f"The server redirects to {answer.headers.get('location', 'nowhere')!r}, which the client does not follow"
    return "The answer is not from Celeriac"
