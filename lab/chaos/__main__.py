"""`python -m lab.chaos`: runs a trial for each seed; exits with 1 for harm."""

import argparse
import dataclasses
import sys
from pathlib import Path

from rich.console import Console

from lab.chaos.plan import Plan
from lab.chaos.sabotage import GUARDS
from lab.chaos.trial import carry_out
from lab.chaos.verdict.judge import Verdict, judge, table
from lab.twins.chaos import SamplePlan
from lab.twins.chaos import carry_out as carry_out_sample

# Of a file or a pipe, which has no width of its own.
WIDTH = 170
MOST_SHOWN = 10


def main() -> int:
    """Carry out the trials, and show what each came to."""
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    if options.app == "sample":
        return _of_sample(options, console)
    plan = Plan(
        seed=options.seed,
        tasks=options.tasks,
        rate=options.rate,
        appendfsync=options.appendfsync,
        servers=options.servers,
        without=options.without,
        directory=options.directory,
    )
    verdicts: dict[int, Verdict] = {}
    for seed in range(options.seed, options.seed + options.seeds):
        verdicts[seed] = judge(carry_out(dataclasses.replace(plan, seed=seed)))
        console.print(f"seed {seed}: {'holds' if verdicts[seed].holds else 'fails'}")
        for sentence in _complaints(verdicts[seed]):
            console.print(f"seed {seed}: {sentence}")
    console.print(table(verdicts))
    return 0 if all(verdict.holds for verdict in verdicts.values()) else 1


def _of_sample(options: argparse.Namespace, console: Console) -> int:
    """The same beside an existing app, whose tasks know nothing of Celeriac."""
    harm = 0
    for seed in range(options.seed, options.seed + options.seeds):
        account = carry_out_sample(SamplePlan(seed, options.tasks, options.rate))
        console.print(f"seed {seed}: {account.tasks} tasks: {account.states}; {dict(account.disasters)}")
        for sentence in account.harm[:MOST_SHOWN]:
            console.print(f"seed {seed}: {sentence}")
        harm += len(account.harm)
    return 1 if harm else 0


def _complaints(verdict: Verdict) -> list[str]:
    return [f"{kind}: {each}" for kind, all_of_it in verdict.harm.items() for each in all_of_it[:MOST_SHOWN]]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.chaos", description=__doc__)
    parser.add_argument(
        "--app", choices=("own", "sample"), default="own", help="sample: an existing app with the line (own)"
    )
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--seeds", type=int, default=1, help="how many, one after the other (1)")
    parser.add_argument("--tasks", type=int, default=1000, help="tasks submitted in each trial (1000)")
    parser.add_argument("--rate", type=float, default=60, help="submissions a second (60)")
    parser.add_argument(
        "--servers", type=int, choices=(1, 2), default=1, help="2: the queues have a server of their own (1)"
    )
    parser.add_argument("--appendfsync", choices=("always", "everysec"), default="always")
    parser.add_argument(
        "--without", choices=sorted(GUARDS), help="take this guard out: the trial has to fail"
    )
    parser.add_argument("--directory", type=Path, help="a new one, where logs, data and witness are kept")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
