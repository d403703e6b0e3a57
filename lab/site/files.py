"""Gives each file that a page links to a page in the site."""

import os
from collections.abc import Iterator
from html import escape
from pathlib import Path

from docutils import nodes
from pygments.lexers import get_lexer_for_filename
from pygments.util import ClassNotFound
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.highlighting import PygmentsBridge

# Where their pages are in the site.
PLACE = "files"
# What marks a link to one of them.
MARK = "repository_file"


def link_to_pages(app: Sphinx, doctree: nodes.document) -> None:
    """Turn the links of a page to files and folders into links to their pages in the site."""
    page = app.env.current_document.docname
    for link in list(
        doctree.findall(lambda node: isinstance(node, addnodes.download_reference | addnodes.pending_xref))
    ):
        path = _path(app, page, link)
        if path is None:
            continue
        if (app.srcdir / path / "README.md").exists():
            target = app.builder.get_relative_uri(page, f"{path}/README")
            link.replace_self(nodes.reference("", "", *link.children, internal=True, refuri=target))
        else:
            target = app.builder.get_relative_uri(page, f"{PLACE}/{path}")
            link.replace_self(
                nodes.reference("", "", *link.children, internal=True, refuri=target, **{MARK: path})
            )


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, str], str]]:
    """The page of each file and folder that is linked to, and of each file in those folders."""
    waiting = sorted(_linked(app))
    done = set[str]()
    while waiting:
        path = waiting.pop()
        if path in done:
            continue
        done.add(path)
        if (app.srcdir / path).is_dir():
            inside = _files(app.srcdir, path)
            waiting += inside
            body = _listing(app, path, inside)
        else:
            body = _text(app, path)
        yield f"{PLACE}/{path}", {"title": path, "body": f"<h1>{escape(path)}</h1>{body}"}, "page.html"


def _path(app: Sphinx, page: str, link: nodes.Element) -> str | None:
    """Where the file or folder is in the repository, if this is a link to one that is not a page."""
    if isinstance(link, addnodes.pending_xref) and link.get("refdomain"):
        return None
    target = os.path.normpath(app.srcdir / Path(page).parent / link["reftarget"])
    is_there = Path(target).is_relative_to(app.srcdir) and Path(target).exists()
    return Path(target).relative_to(app.srcdir).as_posix() if is_there else None


def _linked(app: Sphinx) -> set[str]:
    documents = (app.env.get_doctree(page) for page in app.env.found_docs)
    return {
        link[MARK] for document in documents for link in document.findall(nodes.reference) if MARK in link
    }


def _files(root: Path, folder: str) -> list[str]:
    inside = (file for file in (root / folder).rglob("*") if file.is_file())
    return sorted(
        file.relative_to(root).as_posix()
        for file in inside
        if not any(part == "__pycache__" or part.startswith(".") for part in file.relative_to(root).parts)
    )


def _listing(app: Sphinx, folder: str, files: list[str]) -> str:
    def item(file: str) -> str:
        uri = app.builder.get_relative_uri(f"{PLACE}/{folder}", f"{PLACE}/{file}")
        return f'<li><a href="{uri}">{escape(os.path.relpath(file, folder))}</a></li>'

    return f"<ul>{''.join(item(file) for file in files)}</ul>"


def _text(app: Sphinx, file: str) -> str:
    """A file as HTML, in the colours of its language."""
    try:
        language = get_lexer_for_filename(file).aliases[0]
    except ClassNotFound:
        language = "text"
    text = (app.srcdir / file).read_text(encoding="utf-8")
    return str(PygmentsBridge().highlight_block(text, language, force=True))
