"""Builds the pages of this repository into a site: `make docs`.

A warning is an error: a link that leads nowhere fails the build.
"""

import argparse
import sys
from pathlib import Path

from sphinx.cmd.build import main as build

from lab.harness.checkout import ROOT

OPTIONS = ("--builder", "html", "--fresh-env", "--fail-on-warning", "--keep-going", "--quiet")


def main() -> int:
    """The exit code of Sphinx; what it has read and parsed is in a hidden folder of the site."""
    parser = argparse.ArgumentParser(description="Builds the documentation as a site.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "site", help="default: site/")
    folder = parser.parse_args().folder
    failure = build([*OPTIONS, "--conf-dir", str(ROOT / "docs"), str(ROOT), str(folder)])
    if not failure:
        sys.stdout.write(f"Open {folder / 'index.html'}\n")
    return failure


if __name__ == "__main__":
    sys.exit(main())
