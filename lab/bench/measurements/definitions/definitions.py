"""Measures what hundreds of announced definitions cost an API, beside one."""

from functools import partial

from lab.bench.figures import middle, ratio
from lab.bench.measurements.definitions import browser, serving
from lab.bench.measurements.definitions.announced import announce_shop
from lab.bench.plan import Plan
from lab.bench.report import Goal, judge, show
from lab.bench.rounds import Measure, Results, take_turns
from lab.harness.stage import Stage

# The databases.
ONE, MANY = 0, 1
# "within a second"
SECOND = 1000
ROUNDS_OF_BROWSER = 2


def measure(plan: Plan) -> None:
    """API processes beside an announcer, which is no worker: nothing is run."""
    with Stage() as stage:
        announce_shop(stage.url(ONE), 1)
        announce_shop(stage.url(MANY), plan.definitions)
        _measure_start(plan, stage)
        _measure_changes(plan, stage)
        _measure_document(plan, stage)
        _measure_browser(plan, stage)


def _measure_start(plan: Plan, stage: Stage) -> None:
    contenders = {
        name: partial(serving.start, stage, number, database=database)
        for name, number, database in _stores(plan)
    }
    take_turns(plan.console, contenders, rounds=1)  # so that all is in the cache of the system
    results = take_turns(plan.console, contenders, rounds=plan.rounds)
    single, many = contenders
    show(plan.console, "Definitions: start of an API", serving.OF_START, results, reference=single)
    more = middle(results[many], serving.ALL_SERVED) - middle(results[single], serving.ALL_SERVED)
    judge(plan.console, Goal("until all are served, ms more than one", more, at_most=SECOND))


def _measure_changes(plan: Plan, stage: Stage) -> None:
    servers, url = [stage.celeriac(MANY) for _ in range(2)], stage.url(MANY)
    ports = [server.port for server in servers]
    title = f"one of {plan.definitions} changes"
    changes = take_turns(plan.console, {title: partial(serving.changes, url, ports)}, rounds=plan.rounds)
    show(
        plan.console,
        "Definitions: until a change is served by two processes",
        serving.OF_CHANGES,
        changes,
        reference=title,
    )
    most = max(figures[serving.MOST] for figures in changes[title])
    judge(plan.console, Goal("the slowest change, ms", most, at_most=SECOND))
    nothing, often = "nothing changes", "one changes ten times a second"
    submit = partial(serving.submissions, ports[0], seconds=plan.seconds)
    contenders: dict[str, Measure] = {nothing: partial(submit, url=None), often: partial(submit, url=url)}
    results = take_turns(plan.console, contenders, rounds=plan.rounds)
    text = f"Definitions: POST /add beside {plan.definitions}, {serving.CLIENTS} clients"
    show(plan.console, text, serving.OF_SUBMISSIONS, results, reference=nothing)
    slower = ratio(results[often], results[nothing], serving.P99)
    judge(plan.console, Goal("p99 / of nothing changes", slower, at_most=2))
    for server in servers:
        server.stop()


def _measure_document(plan: Plan, stage: Stage) -> None:
    contenders = {name: partial(_document, stage, database) for name, _, database in _stores(plan)}
    results = take_turns(plan.console, contenders, rounds=plan.rounds)
    single, many = contenders
    show(plan.console, "Definitions: GET /openapi.json", serving.OF_DOCUMENT, results, reference=single)
    after = middle(results[many], serving.AFTER_A_CHANGE)
    judge(plan.console, Goal("after a change, ms", after, at_most=SECOND))


def _document(stage: Stage, database: int) -> tuple[float, ...]:
    server = stage.celeriac(database)
    try:
        return serving.document(server, stage.url(database))
    finally:
        server.stop()


def _measure_browser(plan: Plan, stage: Stage) -> None:
    if not browser.is_installed():
        plan.console.print("Chromium or playwright is not installed: /docs and the page were not measured.")
        return
    servers = [stage.celeriac(database) for database in (ONE, MANY)]
    with browser.running_browser() as chromium:
        contenders = {
            name: partial(browser.visit, chromium, server.port, number)
            for server, (name, number, _) in zip(servers, _stores(plan), strict=True)
        }
        results: Results = take_turns(plan.console, contenders, rounds=min(plan.rounds, ROUNDS_OF_BROWSER))
    single, many = contenders
    show(
        plan.console,
        "Definitions: /docs and the page in Chromium",
        browser.COLUMNS,
        results,
        reference=single,
    )
    ours, theirs = results[many], results[single]
    judge(
        plan.console,
        Goal("/docs / with one", ratio(ours, theirs, browser.DOCS), at_most=2),
        Goal("one task opened / with one", ratio(ours, theirs, browser.OPENED), at_most=2),
        Goal("page / with one", ratio(ours, theirs, browser.PAGE), at_most=2),
    )


def _stores(plan: Plan) -> list[tuple[str, int, int]]:
    """Name, number of definitions and database of each."""
    return [("1 announced", 1, ONE), (f"{plan.definitions} announced", plan.definitions, MANY)]
