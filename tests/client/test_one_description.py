"""Both clients come from one description, and their users see its types."""

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import celeriac
from celeriac.client import documents
from celeriac.client.client import AsyncBatch, AsyncClient, AsyncTask, Batch, Client, Task
from lab.harness.checkout import ROOT
from lab.harness.servers import environment

PAIRS = [(Client, AsyncClient), (Task, AsyncTask), (Batch, AsyncBatch)]
USER_CODE = Path(__file__).with_name("user_code.py")
# The schema of each type, where its name is another one.
SCHEMAS = {
    "Attempt": "AttemptDocument",
    "BlockedBy": "BlockedByDocument",
    "Delivery": "DeliveryDocument",
    "WebhookSecret": "SecretDocument",
    "PlaceInBatch": "PlaceDocument",
    "ProgressDocument": "Progress",
    "RejectedMessage": "RejectedMessageDocument",
    "RulesOfKey": "RulesDocument",
}


def public(kind: type[Any]) -> dict[str, Any]:
    """The methods and properties of a class that its users may use."""
    names = [name for name in dir(kind) if not name.startswith("_")]
    return {name: inspect.getattr_static(kind, name) for name in names}


@pytest.mark.parametrize(("sync", "asynchronous"), PAIRS, ids=["clients", "tasks", "batches"])
def test_both_have_the_same_methods_arguments_and_docs(sync: type[Any], asynchronous: type[Any]) -> None:
    assert public(sync).keys() == public(asynchronous).keys()
    for name in public(sync):
        ours, theirs = getattr(sync, name), getattr(asynchronous, name)
        assert inspect.getdoc(ours), name
        assert inspect.getdoc(ours) == inspect.getdoc(theirs), name
        if inspect.isfunction(ours) and name not in {"task", "handle", "batch_handle"}:
            one, other = inspect.signature(ours), inspect.signature(theirs)
            assert list(one.parameters.values()) == list(other.parameters.values()), name
    assert inspect.signature(sync).parameters.keys() == inspect.signature(asynchronous).parameters.keys()


def test_a_method_of_the_class_is_a_function_that_describes_itself() -> None:
    assert inspect.isfunction(Client.queues)
    assert inspect.iscoroutinefunction(AsyncClient.queues)
    assert not inspect.iscoroutinefunction(Client.queues)
    assert Client.queues.__name__ == "queues"
    assert "list[celeriac.client.documents.QueueDocument]" in str(inspect.signature(Client.queues))
    assert str(inspect.signature(Client(away=0).queue)).startswith("(name: str, /, *, timeout")


def test_pyright_sees_exact_types_in_the_code_of_a_user_as_mypy_does_in_make_check(tmp_path: Path) -> None:
    code = tmp_path / "user_code.py"
    code.write_text(USER_CODE.read_text())
    (tmp_path / "pyrightconfig.json").write_text(
        json.dumps({"typeCheckingMode": "strict", "extraPaths": [str(ROOT)], "pythonVersion": "3.11"})
    )
    command = [sys.executable, "-m", "basedpyright", "--level", "error", str(code)]
    check = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout + check.stderr


def typed_documents() -> list[type[Any]]:
    """The types of documents."""
    return [kind for kind in vars(documents).values() if inspect.isclass(kind) and hasattr(kind, "__total__")]


@pytest.mark.parametrize("kind", typed_documents(), ids=lambda kind: kind.__name__)
def test_a_type_has_the_members_of_its_schema(kind: type[Any]) -> None:
    schemas = json.loads((ROOT / "openapi.json").read_text())["components"]["schemas"]
    schema = schemas[SCHEMAS.get(kind.__name__, kind.__name__)]
    hints = get_type_hints(kind)
    assert hints.keys() == schema["properties"].keys()
    for name, member in schema["properties"].items():
        is_nullable = {"type": "null"} in member.get("anyOf", [])
        assert (type(None) in getattr(hints[name], "__args__", ())) == is_nullable or name == "result", name


def loaded_by(program: str) -> set[str]:
    """The modules that a program has loaded at its end."""
    command = [sys.executable, "-c", f"{program}; import sys; print(*sys.modules)"]
    output = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True)
    return set(output.stdout.split())


def test_the_http_library_is_loaded_by_the_use_of_the_client_alone() -> None:
    assert "httpx" not in loaded_by("import celeriac, celeriac.client, celeriac.client.errors")
    loaded = loaded_by("from celeriac import Client; Client()")
    assert "httpx" in loaded
    assert not {"pydantic", "redis", "celery", "fastapi", "opentelemetry"} & loaded


def test_the_names_are_public() -> None:
    assert celeriac.Client is Client
    assert celeriac.AsyncClient is AsyncClient
