"""Measures whether the rate of a key holds across two processes of the API."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection

from celeriac.access.limits import Limits
from lab.bench.figures import Figures
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import take_turns
from lab.bench.stores.key import new_key
from lab.harness.stage import Stage

RATE = 100
PROCESSES, CLIENTS = 2, 8
# A burst is this many times as long as the turns of other measurements.
LENGTH = 5
BODY = json.dumps({"x": 4, "y": 5})
CELERIAC = "Celeriac, two processes"
COLUMNS = [Column("fewest in a second"), Column("most in a second"), Column("refused")]


@dataclass(frozen=True)
class Accepted:
    """When tasks were accepted, in seconds by the clock of Redis, and how many submissions got 429."""

    moments: Sequence[float]
    refused: int


def measure(plan: Plan) -> None:
    """One key submits as fast as it can, at two processes at once; the seconds are those of `created_at`."""
    seconds = max(round(plan.seconds * LENGTH), 1)
    with Stage() as stage:
        key = new_key(stage.url(0), limits=Limits(rate=RATE))
        ports = [stage.celeriac(0).port for _ in range(PROCESSES)]
        results = take_turns(
            plan.console, {CELERIAC: lambda: _figures(ports, key, seconds)}, rounds=min(plan.rounds, 2)
        )
    title = f"Limits: a key with {RATE} submissions a second, {CLIENTS} clients, {seconds} s, two processes"
    show(plan.console, title, COLUMNS, results, reference=CELERIAC)
    rounds = results[CELERIAC]
    judge(
        plan.console,
        Goal("fewest accepted in a second", min(each[0] for each in rounds), at_least=0.95 * RATE),
        Goal("most accepted in a second", max(each[1] for each in rounds), at_most=1.05 * RATE),
    )


def _figures(ports: Sequence[int], key: str, seconds: int) -> Figures:
    until = time.monotonic() + seconds + 1  # the last second is whole
    with ThreadPoolExecutor(CLIENTS) as clients:
        reports = list(
            clients.map(lambda number: _submit(ports[number % PROCESSES], key, until), range(CLIENTS))
        )
    moments = sorted(moment for report in reports for moment in report.moments)
    by_second = Counter(int(moment - moments[0]) for moment in moments)
    counts = [by_second[second] for second in range(seconds)]
    return min(counts), max(counts), sum(report.refused for report in reports)


def _submit(port: int, key: str, until: float) -> Accepted:
    """Submit again and again up to this moment of the monotonic clock."""
    headers = {"Authorization": key, "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    moments, refused = [], 0
    try:
        while time.monotonic() < until:
            connection.request("POST", "/add", BODY, headers)
            response = connection.getresponse()
            document = json.load(response)
            match response.status:
                case 202:
                    moments.append(datetime.fromisoformat(document["created_at"]).timestamp())
                case 429:
                    refused += 1
                case status:
                    raise ValueError(f"An answer was {status}: {document}")
    finally:
        connection.close()
    return Accepted(moments, refused)
