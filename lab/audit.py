"""Asks whether a locked package has a known weakness: `make audit`.

pip-audit leaves out what its database does not answer for, and ends well all the same. Here that is a failure: what was not
looked at did not pass. `--allow-unreachable` makes it a warning, for a place without a way to the database.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab.harness.checkout import ROOT

LOCKS = ("api", "worker", "otel", "run", "build")
WEAK, NOT_ASKED = 1, 3
TIMEOUT_SECONDS = 120


def main() -> int:
    """The exit code: 0 when nothing is known against any package, 1 for a weakness, 3 where the database could not be asked."""
    options = _options()
    weak, unanswered = set[str](), set[str]()
    for lock in options.locks:
        report = _audit(ROOT / "requirements" / f"{lock}.txt", options.command)
        if report is None:
            unanswered.add(f"all of {lock}.txt")
            continue
        for package in report["dependencies"]:
            name = f"{package['name']} {package.get('version', '')}".strip()
            if "skip_reason" in package:
                unanswered.add(name)
            weak.update(f"{name}: {finding['id']}" for finding in package.get("vulns", ()))
    return _conclude(weak, unanswered, allow_unreachable=options.allow_unreachable)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Looks for known weaknesses in the locked packages.")
    parser.add_argument("locks", nargs="*", default=LOCKS, help=f"of requirements/: {', '.join(LOCKS)}")
    parser.add_argument("--allow-unreachable", action="store_true", help="pass where nobody answers")
    parser.add_argument(
        "--command", default=f"{sys.executable} -m pip_audit", help="how pip-audit is started"
    )
    return parser.parse_args()


def _audit(lock: Path, command: str) -> Any:
    """pip-audit's report in JSON; None where it made none."""
    arguments = ["--requirement", str(lock), "--require-hashes", "--disable-pip", "--format", "json"]
    try:
        ended = subprocess.run(
            [*command.split(), *arguments, "--progress-spinner", "off"],
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
        return json.loads(ended.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None


def _conclude(weak: set[str], unanswered: set[str], *, allow_unreachable: bool) -> int:
    for finding in sorted(weak):
        sys.stdout.write(f"weak: {finding}\n")
    if unanswered:
        some = ", ".join(sorted(unanswered)[:5])
        sys.stdout.write(
            f"NOT AUDITED: the database of known weaknesses could not be asked about {len(unanswered)} packages or locks "
            f"({some}, …). Nothing is known of them.\n"
        )
    if weak:
        return WEAK
    if unanswered and not allow_unreachable:
        return NOT_ASKED
    sys.stdout.write("No weakness is known in what was audited.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
