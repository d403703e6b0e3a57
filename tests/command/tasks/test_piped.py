"""The commands about tasks, in a pipe: data on standard output, exit codes that tell."""

import base64
import json
from pathlib import Path

import httpx
import pytest

from celeriac.command.tasks.definition.find import unknown
from celeriac.stack.processes.ports import free_port
from lab.harness.waiting import wait_until
from tests.command.running import Celeriac
from tests.command.tasks.conftest import Ask
from tests.http.access.keys import Locked

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_run_prints_the_bare_result_and_nothing_else(ask: Ask) -> None:
    ended = ask("run", "add", "x=4", "y=5")
    assert (ended.code, ended.output, ended.words) == (0, "9\n", "")
    large = "9" * 60
    assert ask("run", "add", f"x={large}", "y=1").output == f"{int(large) + 1}\n"


def test_submit_prints_the_id_or_the_document(ask: Ask, client: httpx.Client) -> None:
    ended = ask("submit", "add", "x=4", "y=5")
    assert (ended.code, ended.words) == (0, "")
    assert client.get(f"/tasks/{ended.output.strip()}").json()["name"] == "add"
    assert json.loads(ask("submit", "add", "x=4", "y=5", "--json").output)["name"] == "add"
    waited = ask("submit", "add", "x=4", "y=5", "--json", "--wait")
    assert (waited.code, json.loads(waited.output)["result"]) == (0, 9)


def test_a_task_runs_after_others(ask: Ask, client: httpx.Client) -> None:
    first = ask("submit", "add", "x=1", "y=2", "--delay", "1").output.strip()
    second = ask("submit", "add", "x=4", "y=5", "--after", first[:13], "--when", "ended").output.strip()
    document = client.get(f"/tasks/{second}").json()
    assert (document["state"], document["blocked_by"]["tasks"]) == ("blocked", [first])
    assert first in ask("get", second).output
    assert ask("run", "add", "x=4", "y=5", "--after", second).output == "9\n"
    assert ask("submit", "add", "x=4", "y=5", "--when", "ended").code == 2
    assert ask("submit", "add", "x=4", "y=5", "--queue", "no-such-queue").code == 2
    tagged = ask("submit", "add", "x=4", "y=5", "--tag", "piped", "--tag", "blue").output
    assert ask("list", "--tag", "piped", "--tag", "blue", "--output", "ids").output == tagged


def test_an_input_is_words_json_a_file_or_standard_input(ask: Ask, piped: Ask, tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    file.write_text('{"x": 4, "y": 5}')
    for words in (
        ["--json", '{"x": 4, "y": 5}'],
        ['--json={"x": 4, "y": 5}'],
        ["--input", f"@{file}"],
        ["--json", f"@{file}"],
        [f"@{file}"],
        ["--", "x=4", "y:=5"],
    ):
        assert ask("run", "add", *words).output == "9\n", words
    assert piped("run", "add", "--json", "-", stdin=b'\n{"x": 4,\n "y": 5}').output == "9\n"
    assert piped("run", "word_count", "text=@-", stdin=b"to be or not to be").output.startswith(
        '{\n  "to": 2'
    )
    both = ask("run", "add", "x=4", "--json", '{"x": 4}')
    assert (both.code, both.output) == (2, "")
    assert "as KEY=VALUE, and as a whole" in both.words


@pytest.mark.parametrize("size", [2, 100_000])
def test_a_file_keeps_its_name(ask: Ask, tmp_path: Path, size: int) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"x" * size)
    described = ask("run", "described_file", f"file=@{path}")
    assert described.code == 0, described
    assert '"name": "notes.txt"' in described.output


def test_bytes_come_from_a_file_and_go_to_one(ask: Ask, tmp_path: Path) -> None:
    image, result = tmp_path / "photo.png", tmp_path / "small.png"
    image.write_bytes(PNG)
    ended = ask("run", "thumbnail", f"image=@{image}", "width=1", "-o", result)
    assert (ended.code, ended.output) == (0, ""), ended
    assert result.read_bytes().startswith(b"\x89PNG")
    assert ask("run", "flaky", "failures=0", "--raw").output == "succeeded on attempt 1\n"
    assert ask("run", "flaky", "failures=0").output == '"succeeded on attempt 1"\n'
    nowhere = ask("run", "flaky", "-o", tmp_path / "missing" / "file")
    assert (nowhere.code, nowhere.output) == (2, "")
    assert "cannot be written" in nowhere.words


def test_a_task_that_fails_is_exit_1_with_type_and_message_on_standard_error(ask: Ask) -> None:
    for words in (["run"], ["submit", "--wait"]):
        ended = ask(*words[:1], "fail", "message=no such invoice", *words[1:])
        assert ended.code == 1
        assert "RuntimeError: no such invoice" in ended.words
        assert "celeriac get " in ended.words
    assert ask("run", "fail", "message=x").output == ""


def test_an_input_that_the_server_refuses_is_exit_2_with_the_names_of_parameters(ask: Ask) -> None:
    ended = ask("submit", "primes", "limit=-1")
    assert (ended.code, ended.output) == (2, "")
    assert "Why:   limit: Input should be greater than or equal to 0" in ended.words
    nested = ask("run", "give_back", "person.name=Ada", "person.born=1815-13-10", "person.address.street=x")
    assert "person.born: " in nested.words
    assert "person.address.since: Field required" in nested.words
    assert "--delay: " in ask("submit", "add", "x=1", "y=2", "--delay", "1e9").words
    keyed = ask("submit", "primes", "limit=-1", "--idempotency-key", "wrong")
    assert "Why:   limit: " in keyed.words, "the pointer has no place for the name then"


def test_words_that_are_wrong_are_exit_2_or_3_and_say_what_to_write(ask: Ask) -> None:
    for words, code, sentence in (
        (["add", "x=four"], 2, "Error: x is an integer (given: 'four').\nTry:   x=4\n"),
        (
            ["add", "--x", "4"],
            2,
            "Error: There is no option --x.\nWhy:   The parameters of a task are written as KEY",
        ),
        (
            ["add", "x=1", "y=1", "--delay", "soon"],
            2,
            "Error: --delay is not a duration: 'soon'.\nTry:   write",
        ),
        (["ad", "x=4"], 3, "Error: The server has no task definition 'ad'.\nTry:   Did you mean add?"),
        (["ad"], 3, "Error: "),
    ):
        ended = ask("submit", *words)
        assert (ended.code, ended.output) == (code, ""), ended
        assert ended.words.startswith(sentence)


def test_a_time_that_is_over_is_exit_6_and_the_task_goes_on(ask: Ask, client: httpx.Client) -> None:
    submitted = ask("submit", "unserved", "--wait=0.1")
    assert submitted.code == 6
    task_id = submitted.output.strip()
    assert f"has not ended in time, and goes on.\nTry:   celeriac watch {task_id}" in submitted.words
    assert client.get(f"/tasks/{task_id}").json()["state"] == "queued"
    assert ask("run", "unserved", "--timeout", "0.1").code == 6
    document = ask("submit", "unserved", "--wait", "0.1", "--json")
    assert (document.code, json.loads(document.output)["state"]) == (6, "queued")


def test_a_cancelled_or_expired_task_is_exit_7(ask: Ask) -> None:
    task_id = ask("submit", "unserved").output.strip()
    cancelled = ask("cancel", task_id)
    assert (cancelled.code, cancelled.output) == (0, f"{task_id}\n")
    watched = ask("watch", task_id)
    assert (watched.code, watched.output) == (7, "")
    assert ask("submit", "unserved", "--follow", "--wait=0.1").code == 6
    assert "was cancelled" in watched.words
    assert ask("run", "unserved", "--expires", "0.1").code == 7


def test_the_cancel_of_a_running_task_says_what_ends_it_for_certain(
    ask: Ask, client: httpx.Client, tmp_path: Path
) -> None:
    task_id = ask("submit", "hold", f"until={tmp_path / 'never'}").output.strip()
    wait_until(lambda: client.get(f"/tasks/{task_id}").json()["state"] == "running")
    assert "If it does not end by itself, add --terminate." in ask("cancel", task_id).words
    assert "add --terminate" not in ask("cancel", task_id, "--terminate").words
    assert client.get(f"/tasks/{task_id}?wait=30").json()["state"] == "cancelled"


def test_the_last_part_of_a_name_is_answered_with_the_whole_name() -> None:
    assert (
        unknown("charge", ["shop.tasks.change", "shop.tasks.charge"]).advice
        == "Did you mean shop.tasks.charge?"
    )


def test_watch_prints_log_lines_and_output_and_as_json_every_event(ask: Ask) -> None:
    task_id = ask("submit", "tell_all", "lines=2").output.strip()
    watched = ask("watch", task_id[:13])
    assert (watched.code, watched.output) == (0, "line 0\nline 1\nfirst second\n")
    assert f"tell_all {task_id} succeeded in " in watched.words
    events = [json.loads(line) for line in ask("watch", task_id, "--json").output.splitlines()]
    assert {event["task_id"] for event in events} == {task_id}
    assert [event["data"] for event in events if event["event"] == "log"] == [
        {"line": "line 0"},
        {"line": "line 1"},
    ]
    assert (events[-1]["event"], events[-1]["data"]["result"]) == ("done", "told")
    failed = ask("submit", "fail", "message=boo").output.strip()
    both = ask("watch", task_id, failed)
    assert (both.code, both.output.splitlines()[0]) == (1, f"{task_id[:8]}  line 0")
    assert f"fail {failed} failed in " in both.words
    followed = ask("submit", "tell_all", "lines=1", "--follow").output.splitlines()
    assert followed[1:] == ["line 0", "first second"]


def test_many_inputs_are_submitted_once_and_failures_are_counted(piped: Ask) -> None:
    lines = b'{"x": 1, "y": 2}\n{"x": 1}\n\nnonsense\n' + b'{"x": 4, "y": 5}\n' * 50
    first = piped("submit", "add", "-", "--idempotency-key", "of-a-test-7", stdin=lines)
    assert first.code == 2
    assert len(set(first.output.split())) == 51
    assert "line 2: The server refuses the input of add. y: Field required" in first.words
    assert "line 4: The line is not valid JSON" in first.words
    assert first.words.endswith("51 submitted, 2 not.\n")
    again = piped("submit", "add", "-", "--idempotency-key", "of-a-test-7", stdin=lines)
    assert again.output == first.output, "the same tasks, in the order of the lines"


def test_failed_tasks_are_retried_and_forgotten_by_a_pipe(ask: Ask, piped: Ask, client: httpx.Client) -> None:
    ids = [ask("submit", "fail", f"message={number}", "--wait").output.strip() for number in range(3)]
    queued = ask("submit", "unserved").output.strip()
    text = "\n".join([*ids, "0" * 8 + "-0000-4000-8000-000000000000", queued]).encode()
    retried = piped("retry", "-", stdin=text)
    assert retried.code == 1, "one is unknown, and one has not ended"
    new = retried.output.split()
    assert [client.get(f"/tasks/{task_id}").json()["retry_of"] for task_id in new] == ids
    assert retried.words.endswith("3 retried, 2 not.\n")
    forgotten = piped("forget", "-", stdin="\n".join(ids).encode())
    assert (forgotten.code, forgotten.output.split()) == (0, ids)
    assert client.get(f"/tasks/{ids[0]}").status_code == 410
    assert ask("watch", ids[0]).code == 3


def test_a_retry_can_have_another_input(ask: Ask, client: httpx.Client) -> None:
    first = ask("submit", "add", "x=4", "y=5", "--wait").output.strip()
    second = ask("retry", first, "--json", '{"x": 4, "y": 6}').output.strip()
    wait_until(lambda: client.get(f"/tasks/{second}").json()["ready"])
    assert client.get(f"/tasks/{second}").json()["result"] == 10
    assert "KEY=VALUE" not in ask("retry", first, "--x", "4").words
    wrong = ask("retry", first, "--json", '{"x": 4}')
    assert (wrong.code, "y: Field required" in wrong.words) == (2, True)


def test_the_help_of_a_definition_lists_its_parameters_with_an_example(ask: Ask) -> None:
    ended = ask("submit", "thumbnail", "--help")
    assert ended.code == 0
    assert "celeriac submit thumbnail [KEY=VALUE]... [OPTIONS]" in ended.output
    assert "image  bytes, required. A PNG or JPEG file." in ended.output
    assert "width  integer (1 to 4096), default 128. Width of the result, in pixels." in ended.output
    assert "Example:\n  celeriac submit thumbnail image=@FILE width=1" in ended.output
    assert ended.words == ""


def test_without_a_server_the_help_is_general_and_a_command_ends_with_exit_5(celeriac: Celeriac) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    helped = celeriac("run", "--help", "add", url=nowhere)
    assert (helped.code, "KEY=VALUE" in helped.output) == (0, True)
    assert helped.words == f"The parameters of add are not known here: {nowhere} cannot be reached.\n"
    for words in (["run", "add", "x=4"], ["submit", "add"], ["watch", "0" * 32], ["retry", "0" * 32]):
        ended = celeriac(*words, url=nowhere)
        assert (ended.code, ended.output) == (5, ""), ended
        assert f"{nowhere} cannot be reached." in ended.words


def test_a_key_that_is_wrong_is_exit_4_and_one_that_may_only_submit_is_enough(
    celeriac: Celeriac, locked: Locked
) -> None:
    def with_key(name: str, *words: str) -> tuple[int, str]:
        ended = celeriac(*words, url=locked.client.base_url, key=locked.secrets[name])
        assert locked.secrets[name] not in ended.words
        return ended.code, ended.output

    assert with_key("wrong", "submit", "add", "x=4", "y=5") == (4, "")
    assert with_key("lacks-submit", "submit", "add", "x=4", "y=5") == (4, "")
    code, task_id = with_key("has-submit", "submit", "word_count", "text=4")
    assert (code, len(task_id)) == (0, 37), "its types come from the OpenAPI document"
    assert with_key("lacks-cancel", "cancel", task_id.strip()) == (4, "")


@pytest.mark.parametrize(
    "name", ["types_of", "guessable", "constrained", "sign_in", "retry_in_an_hour", "with_defaults"]
)
def test_the_help_of_every_kind_of_type_fits_into_80_columns(ask: Ask, name: str) -> None:
    ended = ask("run", name, "--help")
    assert max(map(len, ended.output.splitlines())) <= 80
    assert f"Example:\n  celeriac run {name}" in ended.output
