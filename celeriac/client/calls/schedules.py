"""Puts schedules, and looks after them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from celeriac.client.calls.described import Described, object_of, task_document_of
from celeriac.client.documents import Schedule, ScheduleInList, TaskDocument
from celeriac.client.flow.call import call, series
from celeriac.client.flow.retries import answer_to
from celeriac.client.flow.steps import Flow, Series
from celeriac.client.wire.json_text import input_json
from celeriac.client.wire.request import Request, path_of

LONGEST_PAGE = 200


class Schedules(Described):
    """`schedules`, `schedule`, `put_schedule`, `due_times`, `run_schedule`, and how to pause, resume and delete one."""

    @series
    def schedules(self, *, owner: str | None = None, timeout: float | None = None) -> Series[ScheduleInList]:
        """Iterate over the schedules, without their inputs. `timeout` is for each page.

        Here and below, `owner` is for a key with the scope `admin`: whose schedules, or whose schedule.
        """
        listed: Series[ScheduleInList] = self._listed(
            "schedules", [*_whose(owner), ("limit", str(LONGEST_PAGE))], timeout, lambda schedule: schedule
        )
        yield from listed

    @call
    def schedule(
        self, name: str, /, *, owner: str | None = None, timeout: float | None = None
    ) -> Flow[Schedule]:
        """One schedule."""
        return (yield from self._of_schedule("GET", name, owner=owner, timeout=timeout))

    @call
    def put_schedule(
        self,
        name: str,
        /,
        submit: Mapping[str, Any],
        *,
        cron: str | None = None,
        zone: str | None = None,
        every: timedelta | str | None = None,
        at: Iterable[datetime | str] | None = None,
        overlap: Literal["queue", "skip", "cancel_running"] | None = None,
        catch_up: Literal["none", "last", "all"] | None = None,
        jitter: float | None = None,
        until: datetime | str | None = None,
        paused: bool | None = None,
        owner: str | None = None,
        timeout: float | None = None,
    ) -> Flow[Schedule]:
        """Submit a task again and again: by `cron` in a `zone`, `every` so often, or `at` single moments.

        `submit` has the `name` and the `input` of the task, and can have `delay`, `expires` and `queue`. None is the default of the API.
        """
        members = {
            "cron": cron,
            "zone": zone,
            "every": every,
            "at": None if at is None else list(at),
            "overlap": overlap,
            "catch_up": catch_up,
            "jitter": jitter,
            "until": until,
            "paused": paused,
        }
        rules = {member: value for member, value in members.items() if value is not None}
        body = input_json({"submit": submit, **rules}, f"The schedule {name!r}")
        request = Request(
            "PUT", path_of("schedules", name, query=_whose(owner)), {"Content-Type": "application/json"}, body
        )
        answer = yield from answer_to(request, self.deadline(timeout))
        return cast("Schedule", object_of(answer, "name", "submit"))

    @call
    def due_times(
        self,
        name: str,
        /,
        *,
        count: int | None = None,
        owner: str | None = None,
        timeout: float | None = None,
    ) -> Flow[list[datetime]]:
        """The next due times of a schedule, 10 by default; none while it is paused."""
        query = [*_whose(owner), *([] if count is None else [("count", str(count))])]
        request = Request("GET", path_of("schedules", name, "next", query=query))
        page = object_of((yield from answer_to(request, self.deadline(timeout))), "items")
        return [datetime.fromisoformat(text) for text in page["items"]]

    @call
    def pause_schedule(
        self, name: str, /, *, owner: str | None = None, timeout: float | None = None
    ) -> Flow[Schedule]:
        """Pause a schedule."""
        return (yield from self._of_schedule("POST", name, "pause", owner=owner, timeout=timeout))

    @call
    def resume_schedule(
        self, name: str, /, *, owner: str | None = None, timeout: float | None = None
    ) -> Flow[Schedule]:
        """Resume a schedule, from now on."""
        return (yield from self._of_schedule("POST", name, "resume", owner=owner, timeout=timeout))

    @call
    def run_schedule(
        self, name: str, /, *, owner: str | None = None, timeout: float | None = None
    ) -> Flow[TaskDocument]:
        """Submit the task of a schedule now. A lost answer raises `ConnectionLost`: a second call would be a second task."""
        request = Request("POST", path_of("schedules", name, "run", query=_whose(owner)), repeatable=False)
        return task_document_of((yield from answer_to(request, self.deadline(timeout))))

    @call
    def delete_schedule(
        self, name: str, /, *, owner: str | None = None, timeout: float | None = None
    ) -> Flow[None]:
        """Delete a schedule. Its tasks stay."""
        request = Request("DELETE", path_of("schedules", name, query=_whose(owner)), repeatable=False)
        yield from answer_to(request, self.deadline(timeout))

    def _of_schedule(
        self, method: str, *parts: str, owner: str | None, timeout: float | None
    ) -> Flow[Schedule]:
        request = Request(method, path_of("schedules", *parts, query=_whose(owner)))
        answer = yield from answer_to(request, self.deadline(timeout))
        return cast("Schedule", object_of(answer, "name", "submit"))


def _whose(owner: str | None) -> list[tuple[str, str]]:
    return [] if owner is None else [("owner", owner)]
