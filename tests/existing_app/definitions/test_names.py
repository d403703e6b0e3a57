"""By which names a task can be submitted."""

from typing import Any

import pytest
from celery import Celery

from celeriac_worker.existing_app.definitions.catalog import catalog_of
from celeriac_worker.existing_app.definitions.names import Names
from tests.existing_app.definitions.shop import NOWHERE


def an_app(*names: str, **options: Any) -> Celery:
    """One with tasks of these names."""
    app = Celery("named", broker=NOWHERE, set_as_current=False, **options)
    for name in names:
        app.task(name=name, shared=False)(_echo)
    return app


def _echo(x: int) -> int:
    return x


def aliases(app: Celery, names: Names | None) -> dict[str, tuple[str, ...]]:
    """The aliases of each task that has some."""
    definitions = catalog_of(app, names=names).definitions
    return {each.name: each.aliases for each in definitions if each.aliases}


def test_a_name_that_is_no_part_of_a_url_is_refused_with_a_sentence() -> None:
    wrong = [
        "shop/charge",
        "größe",
        "two words",
        ".hidden",
        "a" * 101,
        "x\ud800",
        "tasks",
        "docs",
        "catalog",
        "celeriac.mine",
        "celery.mine",
    ]
    catalog = catalog_of(an_app("shop.charge", "a" * 100, *wrong))
    assert dict(catalog.refusals).keys() == set(wrong)
    for name, sentence in catalog.refusals:
        assert sentence.endswith(".")
        assert ("reserved" in sentence or "belong to Celery" in sentence) == (name in wrong[-5:])
    assert all(each.template is None for each in catalog.definitions if each.refusal)


def test_short_names_are_the_last_parts_where_they_are_unique() -> None:
    app = an_app(
        "shop.tasks.charge", "shop.tasks.send", "blog.tasks.send", "other.docs", "charges", "x.charges"
    )
    assert aliases(app, "short") == {"shop.tasks.charge": ("charge",)}
    assert catalog_of(app, names="short").refused_aliases == ()


def test_a_mapping_or_a_function_chooses_other_names() -> None:
    app = an_app("shop.tasks.charge", "shop.tasks.send")
    assert aliases(app, {"shop.tasks.charge": "charge", "unknown": "x"}) == {"shop.tasks.charge": ("charge",)}
    assert aliases(app, {"shop.tasks.send": ["mail", "send"]}) == {"shop.tasks.send": ("mail", "send")}
    assert aliases(app, lambda name: name.replace(".", "-")) == {
        "shop.tasks.charge": ("shop-tasks-charge",),
        "shop.tasks.send": ("shop-tasks-send",),
    }
    assert aliases(app, lambda _: None) == {}
    assert aliases(app, None) == {}


def test_a_name_that_cannot_be_used_is_left_out_with_a_sentence() -> None:
    app = an_app("a.one", "a.two", "a.three", "a.four")
    names = {"a.one": "same", "a.two": "same", "a.three": "a.four", "a.four": "tasks"}
    catalog = catalog_of(app, names=names)
    assert [each.aliases for each in catalog.definitions] == [()] * len(catalog.definitions)
    assert len(catalog.refused_aliases) == 4
    assert catalog.refusals == []


def test_a_rule_that_is_none_says_so() -> None:
    with pytest.raises(TypeError, match="use a dict, a function, or 'short'"):
        catalog_of(an_app("a.one"), names="long")  # type: ignore[arg-type]  # on purpose
