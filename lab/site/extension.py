"""The extension of Sphinx that docs/conf.py names: it connects the modules of this package."""

from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from lab.site import contents, files, generated, signatures

FIRST_PAGE = '<!doctype html>\n<title>Celeriac</title>\n<meta http-equiv="refresh" content="0; url={page}">\n<a href="{page}">Celeriac</a>\n'


def setup(app: Sphinx) -> dict[str, bool]:
    """What Sphinx calls when it loads an extension."""
    app.add_config_value("contents_pages", [], "env", [list])
    # The site shows them as plain text: Pygments does not know the one, and a program that draws the other is large.
    for language in ("caddy", "mermaid"):
        app.add_lexer(language, TextLexer)
    app.connect("source-read", generated.fill)
    app.connect("autodoc-process-signature", signatures.tidy)
    # Before Sphinx collects what is in the toctrees.
    app.connect("doctree-read", contents.add_toctrees, priority=100)
    app.connect("doctree-read", files.link_to_pages, priority=100)
    app.connect("doctree-read", signatures.unlink_builtins)
    app.connect("html-collect-pages", files.pages)
    app.connect("build-finished", _write_first_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write_first_page(app: Sphinx, problem: Exception | None) -> None:
    if problem is None and app.builder.format == "html":
        page = app.builder.get_target_uri(app.config.root_doc)
        (Path(app.outdir) / "index.html").write_text(FIRST_PAGE.format(page=page), encoding="utf-8")
