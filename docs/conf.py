"""Tells Sphinx how to build these pages into a site: `make docs`."""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / place) for place in ("", "api", "worker")]

from celeriac.version import VERSION  # noqa: E402 - found by the line above

project = "Celeriac"
release = VERSION
copyright = ""
extensions = ["myst_parser", "sphinx.ext.autodoc", "lab.site.extension"]

# The pages are read on GitHub, too: the source directory is the repository, so that each link leads to the same file in both places.
include_patterns = ["*.md", "docs/**.md"]
exclude_patterns = [
    ".*",
    "site",
    "**/__pycache__",
    "api",
    "celeriac",
    "deploy",
    "examples",
    "lab",
    "requirements",
    "tests",
    "worker",
]
root_doc = "docs/index"
contents_pages = ["docs/index", "docs/decisions/README"]

# Headings have the anchors that GitHub gives them.
myst_heading_anchors = 6
# Docstrings put code between single backticks.
default_role = "code"
# Signatures contain types that have no page here.
nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]
autoclass_content = "both"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"

# `--` in a text of the command stays as it is typed.
smartquotes = False

html_theme = "furo"
html_title = "Celeriac"
html_search_scorer = str(ROOT / "lab/site/search_scores.js")
html_copy_source = False
html_show_sphinx = False
