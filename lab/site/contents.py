"""Makes the sidebar from the lists of links in a page of contents."""

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx


def add_toctrees(app: Sphinx, doctree: nodes.document) -> None:
    """Give each section of a page of contents a hidden toctree of the pages that its lists link to."""
    page = app.env.current_document.docname
    if page not in app.config.contents_pages:
        return
    for section in doctree.findall(nodes.section):
        linked = [
            (link.astext(), link["reftarget"])
            for part in section.children
            if isinstance(part, nodes.bullet_list)
            for link in part.findall(addnodes.pending_xref)
            if link["refdomain"] == "doc"
        ]
        if linked:
            caption = None if section.parent is doctree else section.next_node(nodes.title).astext()
            section.append(_toctree(page, linked, caption))


def _toctree(page: str, linked: list[tuple[str, str]], caption: str | None) -> nodes.Node:
    toctree = addnodes.toctree(
        parent=page,
        entries=linked,
        includefiles=[name for _, name in linked],
        maxdepth=-1,
        caption=caption,
        rawcaption=caption,
        glob=False,
        hidden=True,
        includehidden=False,
        numbered=0,
        titlesonly=True,
    )
    return nodes.compound("", toctree, classes=["toctree-wrapper"])
