"""Reads the keys of flow control, and changes their rules."""

from typing import Any, cast

from celeriac.client.calls.described import Described, object_of
from celeriac.client.documents import Limit, LimitInList
from celeriac.client.flow.call import call, series
from celeriac.client.flow.retries import answer_to
from celeriac.client.flow.steps import Flow, Series
from celeriac.client.wire.json_text import input_json
from celeriac.client.wire.request import Answer, Request, path_of

LONGEST_PAGE = 200


class Limits(Described):
    """`limits`, `limit`, `put_limit` and `delete_limit`."""

    @series
    def limits(self, *, owner: str | None = None, timeout: float | None = None) -> Series[LimitInList]:
        """Iterate over the keys of `concurrency` and `throttle` that are in use or have rules. `timeout` is for each page.

        Here and below, `owner` is for a key with the scope `admin`: whose keys, or whose key.
        """
        listed: Series[LimitInList] = self._listed(
            "limits", [*_whose(owner), ("limit", str(LONGEST_PAGE))], timeout, lambda limit: limit
        )
        yield from listed

    @call
    def limit(self, key: str, /, *, owner: str | None = None, timeout: float | None = None) -> Flow[Limit]:
        """The rules of a key, with the tasks that it holds: `limit("/tenant=acme")`."""
        request = Request("GET", path_of("limits", key, query=_whose(owner)))
        return _limit_of((yield from answer_to(request, self.deadline(timeout))))

    @call
    def put_limit(
        self,
        key: str,
        /,
        *,
        limit: int | None = None,
        rate: str | None = None,
        burst: int | None = None,
        owner: str | None = None,
        timeout: float | None = None,
    ) -> Flow[Limit]:
        """Set rules of a key, in place of what was set before: `put_limit("/tenant=acme", limit=2, rate="10/s")`.

        They go before those of submissions, also for tasks that wait, until they are deleted. None stays as submissions have it.
        """
        members: dict[str, Any] = {"limit": limit, "rate": rate, "burst": burst}
        rules = {member: value for member, value in members.items() if value is not None}
        body = input_json(rules, f"The rules of {key!r}")
        headers = {"Content-Type": "application/json"}
        request = Request("PUT", path_of("limits", key, query=_whose(owner)), headers, body)
        return _limit_of((yield from answer_to(request, self.deadline(timeout))))

    @call
    def delete_limit(
        self, key: str, /, *, owner: str | None = None, timeout: float | None = None
    ) -> Flow[None]:
        """Delete the rules that were set for a key: those of submissions hold again."""
        request = Request("DELETE", path_of("limits", key, query=_whose(owner)), repeatable=False)
        yield from answer_to(request, self.deadline(timeout))


def _limit_of(answer: Answer) -> Limit:
    return cast("Limit", object_of(answer, "key", "rules"))


def _whose(owner: str | None) -> list[tuple[str, str]]:
    return [] if owner is None else [("owner", owner)]
