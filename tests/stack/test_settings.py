"""A wrong setting stops the start with its name, value and remedy."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from celeriac.settings import LOCAL_REDIS, PREFIX, Settings, SettingsError
from lab.harness.checkout import ROOT
from lab.harness.servers import ALONE, environment

API = ["uvicorn", "--factory", "celeriac_api.app:create_app"]
WORKER = ["celery", "-A", "celeriac_worker.app", "worker", *ALONE]
# For each wrong setting: its value, and the words that follow it.
WRONG = {
    ("REDIS_URL", "localhost:6379"): "write it as redis://HOST:PORT/DATABASE",
    ("REDIS_URL", "http://localhost"): "write it as redis://HOST:PORT/DATABASE",
    ("REDIS_URL", "redis://localhost:port/0"): "write it as redis://HOST:PORT/DATABASE",
    ("REDIS_URL", "redis://localhost:6379/zero"): "write it as redis://HOST:PORT/DATABASE",
    ("REDIS_URL", "redis://:with/slash@localhost/0"): "percent-encoded",
    ("REDIS_URL", "redis://localhost:6379/0,redis://other:6379/0"): "write it as redis://HOST:PORT/DATABASE",
    ("BROKER_URL", "amqp://localhost"): "write it as redis://HOST:PORT/DATABASE",
    ("RESULT_BACKEND", "rpc://"): "write it as redis://HOST:PORT/DATABASE",
    ("TASKS", "worker/tasks"): "write importable package names, separated by commas",
    ("TASKS", "tasks,,shop"): "write importable package names, separated by commas",
    ("TASKS", "tasks;shop"): "write importable package names, separated by commas",
    ("DEFAULT_QUEUE", "a b"): "String should match pattern",
    ("DEFAULT_QUEUE", "x" * 65): "String should match pattern",
    ("PORT", "0"): "greater than or equal to 1",
    ("PORT", "65536"): "less than or equal to 65535",
    ("PORT", "http"): "valid integer",
    ("SOFT_TIME_LIMIT", "0"): "must be longer than 0 seconds",
    ("SOFT_TIME_LIMIT", "-5"): "must be longer than 0 seconds",
    ("SOFT_TIME_LIMIT", "soon"): "write a duration: seconds (90, 0.5)",
    ("SOFT_TIME_LIMIT", "nan"): "write a duration: seconds (90, 0.5)",
    ("SOFT_TIME_LIMIT", "inf"): "write a duration: seconds (90, 0.5)",
    ("RESULT_TTL", "1 fortnight"): "write a duration: seconds (90, 0.5)",
    ("RESULT_TTL", "1e+30"): "write a duration: seconds (90, 0.5)",
    ("RESULT_TTL", "90 minutes"): "a number with s, m, h, d or w (90m, 1.5h)",
    ("RESULT_TTL", "01:30:00"): "or ISO 8601 (PT1H30M)",
    ("RESULT_TTL", "P1M"): "write a duration",
    ("DEFAULT_QUEUE", "unacked"): "Celery uses keys with this name in Redis; choose another name",
    ("DEFAULT_QUEUE", "_kombu.binding.x"): "Celery uses keys with this name",
    ("RESULT_TTL", "0"): "must be longer than 0 seconds",
    ("MAX_BODY_BYTES", "0"): "greater than or equal to 1",
    ("MAX_BODY_BYTES", "1 MiB"): "valid integer",
    ("SHOW_TRACEBACKS", "maybe"): "valid boolean",
    ("SHUTDOWN_GRACE", "0"): "must be longer than 0 seconds",
    ("LOG_FORMAT", "yaml"): "Input should be 'text' or 'json'",
}


@pytest.mark.parametrize(("name", "value"), WRONG, ids=lambda text: text[:20])
def test_a_wrong_setting_is_refused_with_its_name_its_value_and_what_to_do(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.read({PREFIX + name: value})
    sentence = str(refused.value)
    assert sentence.startswith(f"CELERIAC_{name}={value.replace(':with/slash', '***')} is wrong: ")
    assert WRONG[name, value] in sentence
    assert "\n" not in sentence


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.read({"CELERIAC_PORT": "http", "CELERIAC_REDIS_URL": "localhost", "CELERIAC_TASKS": "-"})
    lines = str(refused.value).splitlines()
    assert sorted(line.partition("=")[0] for line in lines) == [
        "CELERIAC_PORT",
        "CELERIAC_REDIS_URL",
        "CELERIAC_TASKS",
    ]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("REDIS_ULR", "REDIS_URL"),
        ("BODY_MAX_BYTES", "MAX_BODY_BYTES"),
        ("TASK", "TASKS"),
        ("RESULT_TLL", "RESULT_TTL"),
    ],
)
def test_a_name_with_a_slip_is_refused_with_the_one_that_was_meant(typed: str, meant: str) -> None:
    with pytest.raises(
        SettingsError, match=f"CELERIAC_{typed} is not a setting; did you mean CELERIAC_{meant}?"
    ):
        Settings.read({f"CELERIAC_{typed}": "1"})


def test_a_name_that_is_like_no_other_is_refused_with_the_place_of_the_list() -> None:
    with pytest.raises(
        SettingsError, match=r"CELERIAC_QQQQQ is not a setting; docs/reference/settings\.md lists them all"
    ):
        Settings.read({"CELERIAC_QQQQQ": "1"})


def test_variables_of_the_client_are_no_settings_and_are_allowed() -> None:
    of_client = dict.fromkeys(("CELERIAC_URL", "CELERIAC_KEY", "CELERIAC_PROFILE", "CELERIAC_CONFIG"), "x")
    assert Settings.read(of_client) == Settings.read({})


def test_variables_of_others_are_no_concern() -> None:
    assert Settings.read({"PORT": "http", "celeriac_port": "http", "REDIS_URL": "x"}) == Settings.read({})


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert Settings.read({"CELERIAC_PORT": "", "CELERIAC_REDIS_URL": ""}) == Settings.read({})


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90", timedelta(seconds=90)),
        ("0.5", timedelta(seconds=0.5)),
        ("1e3", timedelta(seconds=1_000)),
        ("PT1H30M", timedelta(hours=1, minutes=30)),
        ("P1D", timedelta(days=1)),
        ("90m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("30 s", timedelta(seconds=30)),
        ("2w", timedelta(days=14)),
    ],
)
def test_a_duration_is_seconds_a_number_with_a_unit_or_iso_8601(text: str, duration: timedelta) -> None:
    assert Settings.read({"CELERIAC_RESULT_TTL": text}).result_ttl == duration


def test_one_url_serves_both_and_each_can_be_given_alone() -> None:
    assert (Settings.read({}).broker, Settings.read({}).backend) == (LOCAL_REDIS, LOCAL_REDIS)
    one, broker, backend = "redis://one:1/0", "redis://broker:2/0", "rediss://user:secret@backend:3/0"
    both = Settings.read({"CELERIAC_REDIS_URL": one})
    assert (both.broker, both.backend) == (one, one)
    apart = Settings.read({"CELERIAC_BROKER_URL": broker, "CELERIAC_RESULT_BACKEND": backend})
    assert (apart.broker, apart.backend) == (broker, backend)
    mixed = Settings.read({"CELERIAC_REDIS_URL": one, "CELERIAC_RESULT_BACKEND": backend})
    assert (mixed.broker, mixed.backend) == (one, backend)


@pytest.mark.parametrize(
    "url",
    [
        "redis://localhost",
        "redis://localhost/",
        "redis://:6379/1",
        "redis://[::1]:6379/0",
        "rediss://user:p%40ss:word@redis.example:6380/15?ssl_cert_reqs=none",
    ],
)
def test_a_url_of_redis_may_leave_out_what_has_a_default(url: str) -> None:
    assert Settings.read({"CELERIAC_REDIS_URL": url}).broker == url


@pytest.mark.parametrize("command", [API, WORKER], ids=["api", "worker"])
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"port": "http"}, "CELERIAC_PORT=http is wrong: Input should be a valid integer"),
        (
            {"redis_url": "localhost"},
            "CELERIAC_REDIS_URL=localhost is wrong: write it as redis://HOST:PORT/DATABASE",
        ),
        ({"redis_ulr": "x"}, "CELERIAC_REDIS_ULR is not a setting; did you mean CELERIAC_REDIS_URL?"),
        ({"tasks": "nowhere"}, "The tasks in nowhere cannot be loaded: No module named 'nowhere'"),
        ({"tasks": "reserved_name"}, "Task name 'docs' is reserved for the API itself: choose another"),
        (
            {"tasks": "same_name"},
            "Task name 'same' is declared twice, in same_name and in same_name: rename one",
        ),
        ({"tasks": "unsafe_name"}, "Task name 'a/b' cannot be part of a URL: use letters, digits"),
        ({"tasks": "opaque_type"}, "which has no JSON form: use JSON types"),
        ({"tasks": "heavy_import"}, "heavy_import imports PIL at its top"),
        ({"tasks": "no_python"}, "The tasks in no_python cannot be loaded: SyntaxError: "),
        (
            {"tasks": "unknown_option"},
            "cannot be loaded: TypeError: task() got an unexpected keyword argument 'retries' (",
        ),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, dict) else "",
)
def test_what_is_wrong_at_the_start_ends_it_with_a_sentence_and_no_traceback(
    command: list[str], settings: dict[str, str], sentence: str, modules: Path
) -> None:
    variables = environment(**settings)
    variables["PYTHONPATH"] += f":{modules}"
    ended = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 2
    assert sentence in said
    assert len(said.splitlines()) == 2
    assert said.startswith(f"The {'API' if 'uvicorn' in command else 'worker'} cannot start.\n")
    assert "Traceback" not in said


@pytest.fixture(scope="module")
def modules(directory: Path) -> Path:
    """Modules of tasks, each with one thing wrong."""
    task = "from celeriac import task\n@task(name='{name}')\ndef {function}({parameter}) -> None: ...\n"
    texts = {
        "reserved_name": task.format(name="docs", function="one", parameter=""),
        "same_name": task.format(name="same", function="one", parameter="")
        + task.format(name="same", function="two", parameter=""),
        "unsafe_name": task.format(name="a/b", function="one", parameter=""),
        "opaque_type": "class Opaque: ...\n"
        + task.format(name="opaque", function="one", parameter="x: Opaque"),
        "no_python": "def (:\n",
        "unknown_option": "from celeriac import task\n@task(retries=3)\ndef one() -> None: ...\n",
        "heavy_import": "import PIL\n" + task.format(name="heavy", function="one", parameter=""),
    }
    for name, text in texts.items():
        (directory / f"{name}.py").write_text(text)
    return directory
