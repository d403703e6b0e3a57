"""`celeriac batch` submits, shows, waits for, cancels and retries batches."""

import json
from pathlib import Path

import httpx
import pytest

from tests.command.look.conftest import Ask, Open, piped
from tests.command.look.test_completion import complete
from tests.command.look.test_operating import lines

SUM = {"name": "add", "input": {"x": 4, "y": 5}}
FAILURE = {"name": "fail", "input": {"message": "no"}}


def written(file: Path, *items: object) -> Path:
    """A file with an item a line."""
    file.write_text("\n\n".join(map(json.dumps, items)))
    return file


def test_lines_are_submitted_waited_for_listed_and_their_results_printed(ask: Ask, tmp_path: Path) -> None:
    file = written(tmp_path / "items", {**SUM, "as": "sum"}, {**SUM, "after": ["sum"]})
    new = ask("batch", "submit", file, "--label", "sums", "--wait")
    assert (new.code, "2 succeeded" in new.words) == (0, True), new.words
    batch_id = new.output.strip()
    assert "2 succeeded" in ask("batch", "get", batch_id[:13]).output
    assert ask("batch", "wait", batch_id, "--json").code == 0
    listed = lines(ask("batch", "list", "--json").output)
    assert [batch["label"] for batch in listed if batch["batch_id"] == batch_id] == ["sums"]
    results = lines(ask("batch", "results", batch_id, "--order", "ends").output)
    assert [(line["number"], line["name"], line["result"]) for line in results] == [
        (0, "sum", 9),
        (1, None, 9),
    ]
    assert ask("batch", "forget", batch_id).code == 0
    gone = ask("batch", "get", batch_id)
    assert (gone.code, "celeriac batch list" in gone.words) == (3, True), gone.words


def test_an_array_is_read_and_failures_are_the_exit_code_and_run_again(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "items.json"
    file.write_text(f" [\n {json.dumps(SUM)}\n,{json.dumps(FAILURE)} , {json.dumps(SUM)} ]\n")
    failed = ask("batch", "submit", file, "--wait", "--json")
    document = json.loads(failed.output)
    assert (failed.code, document["total"], document["counts"]["failed"]) == (1, 3, 1), failed.words
    assert f"batch results {document['batch_id']}" in failed.words
    again = ask("batch", "retry", document["batch_id"], "--wait")
    assert (again.code, "1 failed" in again.words) == (1, True), again.words


def test_a_batch_goes_on_after_the_time_to_wait_and_is_cancelled(ask_quiet: Ask, tmp_path: Path) -> None:
    file = written(tmp_path / "items", {**SUM, "delay": 600})
    late = ask_quiet("batch", "submit", file, "--wait", "0.2", "--idempotency-key", "once")
    batch_id = late.output.strip()
    assert (late.code, f"batch wait {batch_id}" in late.words) == (6, True), late.words
    assert ask_quiet("batch", "wait", batch_id, "--timeout", "0.1").code == 6
    assert ask_quiet("batch", "submit", file, "--idempotency-key", "once").output.strip() == batch_id
    cancelled = json.loads(ask_quiet("batch", "cancel", batch_id, "--json").output)
    assert cancelled["cancel_requested"]
    ended = ask_quiet("batch", "wait", batch_id)
    assert (ended.code, "1 cancelled" in ended.words) == (7, True), ended.words


def test_a_refused_item_is_named_and_the_same_key_goes_on(ask_quiet: Ask, tmp_path: Path) -> None:
    file = written(tmp_path / "items", SUM, {"name": "add", "input": {"x": "four"}})
    refused = ask_quiet("batch", "submit", file, "--idempotency-key", "mended")
    assert (refused.code, refused.output) == (2, "")
    assert "item 2 (the first is 1). The 1 before it are accepted" in refused.words
    assert "/input/x" in refused.words
    assert "--idempotency-key mended goes on" in refused.words
    mended = ask_quiet("batch", "submit", written(file, SUM, SUM), "--idempotency-key", "mended", "--json")
    assert (mended.code, json.loads(mended.output)["total"]) == (0, 2), mended.words


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"name": "add"}\n{"name"', "Line 2 is not valid JSON"),
        ("[1.5]\n", "Item 1 is not an object."),
        ('"text"\n', "Line 1 is not an object."),
        ("[{}, ]", "Item 2 is not an object."),
        ("[1]", "Item 1 is not an object."),
        ('[{"name": "add"}, ', "The array ends before item 2."),
        ('[{"name": "add"} {}]', "After item 1, the array goes on with '{'."),
        ("[{}] {}", "After the array, the text goes on with '{'."),
        ('[{"a": 1, "a": 2}]', "'a' appears twice"),
        ('[{"a": tru}]', "Item 1 is not valid JSON"),
    ],
)
def test_what_is_not_an_item_is_named_and_nothing_is_sent(
    ask_quiet: Ask, tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "items"
    file.write_text(text)
    refused = ask_quiet("batch", "submit", file)
    assert (refused.code, refused.output, sentence in refused.words) == (2, "", True), refused.words


def test_many_lines_of_standard_input_are_one_batch_and_its_id_is_completed(
    ask_quiet: Ask, monkeypatch: pytest.MonkeyPatch, quiet: httpx.Client
) -> None:
    done = piped(
        """seq 3000 | sed 's/.*/{"name": "add", "delay": 600, "input": {"x": &, "y": 1}}/' | celeriac batch submit - --json""",
        url=quiet.base_url,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["total"] == 3_000
    offered = complete(ask_quiet, monkeypatch, f"celeriac batch get {document['batch_id'][:8]}")
    assert document["batch_id"] in offered
    assert ask_quiet("batch", "cancel", document["batch_id"]).code == 0


def test_a_bar_shows_what_has_ended_and_ctrl_c_leaves_the_batch_running(
    terminal: Open, ask_quiet: Ask, quiet: httpx.Client, tmp_path: Path
) -> None:
    file = written(tmp_path / "items", {**SUM, "delay": 600}, SUM)
    shown = terminal("batch", "submit", str(file), "--wait", url=str(quiet.base_url))
    shown.wait_for("0/2")
    shown.press_ctrl_c()
    assert (shown.exit_code(), "goes on." in shown.text) == (130, True), shown.text
    assert ask_quiet("batch", "cancel", shown.text.split()[0]).code == 0
