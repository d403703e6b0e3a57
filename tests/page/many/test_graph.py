"""What waits for what, on the page of a task: drawn, live, and keyboard-usable."""

from pathlib import Path

import httpx
from playwright.sync_api import Page, expect

from tests.support.door import Document, cancel, document, submit, submit_with


def after(client: httpx.Client, *others: Document) -> Document:
    """A sum that runs after these."""
    ids = [other["task_id"] for other in others]
    body = {"name": "add", "input": {"x": 1, "y": 2}, "after": ids}
    task: Document = document(client.post("/tasks", json=body))
    return task


def test_a_graph_is_drawn_and_its_states_change_as_tasks_end(
    page: Page, client: httpx.Client, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    first = submit(client, "hold", until=str(gate))
    try:
        left, right = after(client, first), after(client, first)
        last = after(client, left, right)
        page.goto(f"/#/tasks/{left['task_id']}")
        graph = page.get_by_role("region", name="Graph")
        expect(graph).to_contain_text("It waits or waited for one task. One task waits or waited for it.")
        expect(graph.locator("a")).to_have_count(3)
        expect(graph.locator("path")).to_have_count(2)
        expect(graph.locator("[aria-current]")).to_have_attribute("data-id", left["task_id"])
        expect(graph.locator(".more")).to_have_text(["+1", "+1"])
        link = graph.get_by_role(
            "link", name=f"add {last['task_id'][:8]}, blocked; it waits for 2, 0 wait for it"
        )
        link.focus()
        gate.touch()
        expect(graph.locator("[data-state=succeeded]")).to_have_count(3)
        expect(graph.locator(f"[data-id='{last['task_id']}']")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("main")).to_contain_text(last["task_id"])
        expect(page.get_by_role("region", name="Graph").locator("a")).to_have_count(4)
    finally:
        gate.touch()


def test_a_large_graph_is_cut_and_the_task_itself_is_in_view(page: Page, client: httpx.Client) -> None:
    first = submit_with(client, "/add?delay=3600", x=1, y=2)
    for _ in range(30):
        after(client, first)
    page.goto(f"/#/tasks/{first['task_id']}")
    graph = page.get_by_role("region", name="Graph")
    expect(graph).to_contain_text("30 tasks wait or waited for it.")
    expect(graph.locator("a")).to_have_count(21)
    expect(graph.locator(".more")).to_have_text("+10")
    expect(graph.locator("[aria-current]")).to_be_in_viewport()
    cancel(client, first)
    expect(graph.locator("[data-state=cancelled]")).to_have_count(21)


def test_a_task_alone_has_no_graph(page: Page, client: httpx.Client) -> None:
    task = submit(client, "unserved")
    page.goto(f"/#/tasks/{task['task_id']}")
    expect(page.locator(".title .badge")).to_have_text("queued")
    expect(page.get_by_role("region", name="Graph")).to_be_hidden()
    cancel(client, task)
