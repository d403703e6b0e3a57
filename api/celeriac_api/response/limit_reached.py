"""The refusal of what is over a limit: 429, with the RateLimit fields.

The fields are those of draft-ietf-httpapi-ratelimit-headers (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/).
"""

from math import ceil

from celeriac.ledger.model.submitter import LimitExceeded
from celeriac_api.response.errors import LimitReached

# Where a task has to end first, or another request: nobody knows when.
USUAL_SECONDS = 5
_WORDS = {
    "rate": "may submit {quota} tasks in {window} s on average, and has submitted more",
    "unfinished": "may have {quota} unfinished tasks at once, and has as many",
    "waits": "may have {quota} requests that wait at once, in each process of the API, and has as many",
    "streams": "may have {quota} requests that follow events at once, in each process of the API, and has as many",
}


def limit_reached(exceeded: LimitExceeded) -> LimitReached:
    """The refusal of a submission."""
    seconds = max(ceil(exceeded.wait_seconds), 1) if exceeded.wait_seconds else USUAL_SECONDS
    if exceeded.limit.endswith("-rate"):
        quota, window = exceeded.allowance.policy
        return _refusal(exceeded.limit, quota, seconds, window=window)
    return _refusal(exceeded.limit, exceeded.allowance.unfinished, seconds, unit="tasks")


def too_many_requests(limit: str, most: int) -> LimitReached:
    """The refusal of one more request that would stay open."""
    return _refusal(limit, most, USUAL_SECONDS, unit="concurrent-requests")


def _refusal(limit: str, quota: int, seconds: int, *, window: int = 0, unit: str = "") -> LimitReached:
    whose, _, what = limit.partition("-")
    words = _WORDS[what].format(quota=quota, window=window)
    policy = f'"{limit}";q={quota}' + (f";w={window}" if window else f';qu="{unit}"')
    headers = {
        "Retry-After": str(seconds),
        "RateLimit-Policy": policy,
        "RateLimit": f'"{limit}";r=0;t={seconds}',
    }
    return LimitReached(f"This {whose} {words}. Try again in {seconds} s.", headers=headers, limit=limit)
