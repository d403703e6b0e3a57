"""Light and dark, on a phone, and without a mouse."""

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from lab.harness.servers import API
from tests.page.chromium import PHONE, opened
from tests.support.door import ended, run, submit

VIEWS = (
    "#/tasks",
    "#/new",
    "#/new/primes",
    "#/new/thumbnail",
    "#/new/sign_in",
    "#/batches",
    "#/schedules",
    "#/schedules/wide",
    "#/new-schedule/primes",
    "#/webhooks",
    "#/endpoints",
    "#/queues",
    "#/limits",
    "#/workers",
    "#/audit",
    "#/nothing",
)
WIDE = {
    "submit": {"name": "word_count", "input": {"text": "x" * 500}},
    "at": ["2060-01-01T00:00:00Z", "2060-01-02T00:00:00Z"],
}
# Contrast as WCAG 2.2 has it (1.4.3), of the text of all badges, links and small print against what is behind them.
CONTRAST = """
() => {
  const parse = (colour) => {
    const numbers = colour.match(/[\\d.]+/g).map(Number);
    const scale = colour.startsWith("color(") ? 1 : 255;
    return [...numbers.slice(0, 3).map((one) => one / scale), numbers[3] ?? 1];
  };
  const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3]));
  const behind = (node) => {
    if (!node) return [1, 1, 1];
    return over(parse(getComputedStyle(node).backgroundColor), behind(node.parentElement));
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const texts = [...document.querySelectorAll("main *, #notice *")].filter(
    (node) => node.checkVisibility() && [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim()),
  );
  return texts.map((node) => {
    const back = behind(node);
    const [one, other] = [light(over(parse(getComputedStyle(node).color), back)), light(back)].sort((a, b) => b - a);
    return [(one + 0.05) / (other + 0.05), node.textContent.slice(0, 40)];
  });
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_light_or_dark_as_the_system_is_and_can_be_read(
    scheme: str, browser: Browser, api: API, client: httpx.Client
) -> None:
    failed = run(client, "fail", message="no such invoice")
    run(client, "add", x=1, y=2)
    submit(client, "unserved")
    client.put("/schedules/wide", json=WIDE)
    with opened(browser, api.port, color_scheme=scheme) as page:
        shade = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
        assert (int(shade) < 64) == (scheme == "dark")
        for view in (
            "#/tasks",
            f"#/tasks/{failed['task_id']}",
            "#/queues",
            "#/new/primes",
            "#/schedules",
            "#/schedules/wide",
            "#/new-schedule/add",
            "#/batches",
            *webhooks(client),
            *batch_and_graph(client),
        ):
            page.goto(f"/{view}")
            expect(page.locator("main td, main dd, main small").first).to_be_visible()
            texts = page.evaluate(CONTRAST)
            assert len(texts) > 5
            assert [text for contrast, text in texts if contrast < 4.5] == []


def batch_and_graph(client: httpx.Client) -> tuple[str, str]:
    """The views of a batch whose task failed, and of a task after it."""
    items = [{"name": "fail", "input": {"message": "x" * 500}}]
    batch = client.post("/batches", json=items, params={"label": "y" * 200}).json()["batch_id"]
    body = {"name": "add", "input": {"x": 1, "y": 2}, "after": [batch], "when": "ended"}
    return f"#/batches/{batch}", f"#/tasks/{client.post('/tasks', json=body).json()['task_id']}"


def webhooks(client: httpx.Client) -> tuple[str, str]:
    """The views of deliveries and endpoints: one that is disabled, and a delivery that nobody takes."""
    url = f"http://127.0.0.1:1024/{'x' * 500}"
    client.put("/webhooks/wide", json={"url": url, "names": ["y" * 100], "disabled": True})
    body = {"name": "add", "input": {"x": 1, "y": 2}, "notify": [{"url": url}]}
    ended(client, client.post("/tasks", json=body).json())
    return "#/webhooks", "#/endpoints"


def test_nothing_is_wider_than_a_phone(browser: Browser, api: API, client: httpx.Client) -> None:
    failed = run(client, "fail", message="x" * 500)
    client.put("/schedules/wide", json=WIDE)
    with opened(browser, api.port, viewport=PHONE) as page:
        for view in (*VIEWS, f"#/tasks/{failed['task_id']}", *webhooks(client), *batch_and_graph(client)):
            page.goto(f"/{view}")
            expect(page.get_by_role("heading").first).to_be_visible()
            expect(page.locator("main .late")).to_have_count(0)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], view


def test_a_task_is_submitted_and_run_again_without_a_mouse(page: Page) -> None:
    expect(page.get_by_label("Filters")).to_be_visible()
    press_until(page, "Skip to the content", role="link")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Live")).to_be_focused()
    page.get_by_role("link", name="New task").press("Enter")
    press_until(page, "add Add two integers, exactly, however large.", role="link")
    page.keyboard.press("Enter")
    for name, value in (("x", "4"), ("y", "5")):
        press_until(page, name, role="textbox")
        page.keyboard.type(value)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Result", exact=True)).to_have_text("9")
    first = page.url
    press_until(page, "Retry", role="button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Go back")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Retry")).to_be_focused()
    page.keyboard.press("Enter")
    press_until(page, "Run it again", role="button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=first.rpartition("/")[2])).to_be_visible()


def test_a_changed_filter_keeps_the_focus(page: Page) -> None:
    failed = page.get_by_label("States").get_by_role("link", name="failed")
    failed.press("Enter")
    expect(failed).to_be_focused()
    expect(failed).to_have_attribute("aria-current", "true")


def press_until(page: Page, name: str, *, role: str) -> None:
    """Press Tab until this has the focus; fails when the focus comes round without."""
    wanted = page.locator("*:focus").and_(page.get_by_role(role, name=name, exact=True))  # type: ignore[arg-type]  # any role
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.count():
            return
    raise AssertionError(f"no {role} {name!r} can be reached with the keyboard")
