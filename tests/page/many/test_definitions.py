"""The definitions of an app: what holds for their tasks, and which are not offered."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from celeriac.stack.valkey import Valkey
from tests.http.definitions.announcer import definition, tell


@pytest.fixture(autouse=True)
def no_shop(valkey: Valkey) -> Iterator[None]:
    """Nothing is announced afterwards."""
    yield
    tell(valkey.url, "shop")


def fact(page: Page, name: str) -> Locator:
    """What a definition says of this."""
    return page.locator("dl > div", has=page.get_by_text(name, exact=True)).locator("dd")


def test_the_list_follows_what_is_announced_without_a_reload(page: Page, valkey: Valkey) -> None:
    page.get_by_role("link", name="New task").click()
    expect(page.get_by_role("link", name="primes")).to_be_visible()
    refused = definition("shop.old", app="shop", refusal="It takes a file handle.")
    tell(valkey.url, "shop", definition("shop.charge", app="shop"), refused)
    expect(page.get_by_role("link", name="shop.charge")).to_contain_text("Do shop.charge.")
    card = page.get_by_role("listitem").filter(has_text="shop.old")
    expect(card).to_contain_text("It takes a file handle.")
    expect(card.locator(".badge")).to_have_text("not offered")
    expect(card.get_by_role("link")).to_have_count(0)
    tell(
        valkey.url,
        "shop",
        definition("shop.charge", app="shop", summary="Charge a card."),
        definition("shop.old", app="shop"),
    )
    expect(page.get_by_role("link", name="shop.charge")).to_contain_text("Charge a card.")
    expect(page.get_by_role("link", name="shop.old")).to_be_visible()
    tell(valkey.url, "shop")
    expect(page.get_by_role("link", name="shop.charge")).to_have_count(0)
    expect(page.get_by_role("link", name="primes")).to_be_visible()


def test_a_definition_shows_what_holds_for_its_tasks(page: Page, valkey: Valkey) -> None:
    charge = definition("shop.charge", app="shop", rate_limit="10/s", soft_time_limit=50, time_limit=90, celery_priority=3,
                        ignore_result=True)  # fmt: skip
    tell(valkey.url, "shop", charge, definition("shop.old", app="shop", refusal="It takes a file handle."))
    page.get_by_role("link", name="New task").click()
    page.get_by_role("link", name="shop.charge").click()
    for name, value in (
        ("App", "shop"),
        ("Queue", "default"),
        ("Priority", "3 of 9"),
        ("Rate limit", "10/s each worker"),
        ("Time limit", "1 min 30 s"),
        ("Soft time limit", "50 s"),
        ("Result", "not kept"),
    ):
        expect(fact(page, name)).to_have_text(value)
    expect(page.get_by_role("button", name="Submit")).to_be_visible()
    for view in ("new", "new-schedule"):
        page.goto(f"/#/{view}/shop.old")
        expect(page.get_by_text("This task is not offered. It takes a file handle.")).to_be_visible()
        expect(page.get_by_role("button", name="Submit")).to_have_count(0)
        expect(page.locator("form")).to_have_count(0)


def test_a_task_of_our_own_shows_its_limits_and_no_app(page: Page) -> None:
    page.goto("/#/new/add")
    expect(fact(page, "Priority")).to_have_text("normal")
    expect(fact(page, "Time limit")).to_have_text("30 min 30 s")
    for name in ("App", "Rate limit", "Result"):
        expect(fact(page, name)).to_have_count(0)
