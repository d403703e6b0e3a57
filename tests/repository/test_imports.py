"""Imports form a tree, and the API loads nothing heavy."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import celeriac
from celeriac.contract.catalog import HEAVY
from celeriac.stack.valkey import Valkey
from lab.harness.checkout import ROOT, python_path
from lab.harness.servers import environment

# For each package of ours: the modules of others that it may import.
MAY_IMPORT = {
    "celeriac.values": set[str](),
    "celeriac.version": set[str](),
    "celeriac.settings": {"celeriac.values"},
    # It makes the app of a project one with a ledger, by the public name `install`.
    "celeriac.shim": {"celeriac"},
    "celeriac.files": {"celeriac.values"},
    "celeriac.contract": {"celeriac.files", "celeriac.values"},
    "celeriac.ledger": {"celeriac.contract", "celeriac.files", "celeriac.settings", "celeriac.values"},
    "celeriac.access": {"celeriac.ledger", "celeriac.settings", "celeriac.values"},
    "celeriac.schedules": {
        "celeriac.access",
        "celeriac.contract",
        "celeriac.ledger",
        "celeriac.settings",
        "celeriac.values",
    },
    "celeriac.telemetry": {"celeriac.ledger", "celeriac.settings", "celeriac.values", "celeriac.contract"},
    "celeriac.stack": {"celeriac.settings", "celeriac.values", "celeriac.telemetry", "celeriac.contract"},
    # Nothing of the services: programs that use it have none of their packages.
    "celeriac.client": {"celeriac.files", "celeriac.values", "celeriac.version"},
    "celeriac.command": {
        "celeriac.client",
        "celeriac.access",
        "celeriac.values",
        "celeriac.ledger",
        "celeriac.settings",
        "celeriac.stack",
        "celeriac.version",
    },
    # It runs the code of both services in the process of a test.
    "celeriac.testing": {
        "celeriac.client",
        "celeriac.command.task_place",
        "celeriac.contract",
        "celeriac.ledger",
        "celeriac.settings",
        "celeriac.stack",
        "celeriac_api",
        "celeriac_worker",
    },
    "celeriac_worker": {"celeriac"},
    "celeriac_api": {"celeriac"},
    # The scripts talk HTTP; a file of tasks imports its `task`.
    "examples": {"celeriac"},
    # It starts the services as programs, and imports nothing of theirs.
    "lab": {"celeriac"},
    "lab.harness": {"celeriac"},
    "lab.bench": {"celeriac", "lab.harness"},
    "lab.chaos": {"celeriac", "lab.harness", "lab.twins"},
    "lab.soak": {"celeriac", "lab.harness", "lab.bench.cpu"},
    "tests": {"celeriac", "celeriac_api", "celeriac_worker", "tasks", "lab", "examples"},
}
OURS = {"celeriac", "celeriac_api", "celeriac_worker", "tasks", "lab", "examples", "tests"}
# Where a package is that does not lie at the root of the checkout.
PLACES = {"celeriac_api": "api", "celeriac_worker": "worker", "tasks": "worker"}
# What the API never needs, of what is installed beside it.
FORBIDDEN = HEAVY | {
    "celeriac_worker",
    "celeriac.stack",
    # Only for an identity provider; redis-py imports the package itself to learn its version.
    "cryptography.hazmat",
    "jwt",
    # Only where files are in S3.
    "obstore",
    "lab",
    "tests",
    "pytest",
    "schemathesis",
}

SERVE_AND_TELL = """
import asyncio, sys
import httpx
from celeriac_api.app import create_app

async def serve():
    app = create_app()
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            accepted = await client.post("/add", json={"x": 4, "y": 5}, params={"wait": 1})
            assert accepted.status_code == 202, accepted.text
            for path in (accepted.headers["location"], "/livez", "/readyz", "/docs", "/openapi.json", "/nothing"):
                await client.get(path)

asyncio.run(serve())
print(*sys.modules)
"""


def test_an_api_that_has_served_every_route_has_loaded_nothing_heavy(quiet_url: str) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", SERVE_AND_TELL],
        cwd=ROOT,
        env=environment(redis_url=quiet_url),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "tasks.images" in loaded
    assert {name for name in loaded if name in FORBIDDEN or name.partition(".")[0] in FORBIDDEN} == set()


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_stands_below_it(package: str) -> None:
    allowed = {package, *MAY_IMPORT[package]}
    wrong = {
        (module, imported)
        for module in modules(package)
        for imported in imports(module)
        if imported.partition(".")[0] in OURS and not any(within(imported, one) for one in allowed)
    }
    assert wrong == set()


def test_a_starter_task_imports_only_the_public_names_of_celeriac() -> None:
    wrong = {
        (module, imported)
        for module in modules("tasks")
        for imported in imports(module)
        if imported.partition(".")[0] in OURS and imported != "celeriac"
    }
    assert wrong == set()


def test_in_the_api_no_room_imports_one_above_it() -> None:
    floors = {
        "response": 0,
        "request": 1,
        "access": 1,
        "acceptance": 2,
        "definitions": 2,
        "files": 2,
        "submissions": 2,
        "server": 2,
        "page": 3,
        "routes": 3,
    }
    for module in modules("celeriac_api"):
        room = module.split(".")[1] if "." in module else ""
        above = {
            imported
            for imported in imports(module)
            if imported.startswith("celeriac_api.")
            and floors.get(imported.split(".")[1], 4) > floors.get(room, 4)
        }
        assert above == set(), module


def test_no_import_leads_back_to_where_it_came_from() -> None:
    names = {name for package in OURS for name in modules(package)}
    TopologicalSorter({name: names.intersection(imports(name)) for name in names}).prepare()


@pytest.mark.parametrize(
    "module",
    [
        "celeriac.contract.declaration",
        "celeriac.contract.catalog",
        "celeriac.contract.signature",
        "celeriac.contract.context",
        "celeriac.contract.definition",
        "celeriac.contract.implementation",
    ],
)
def test_what_the_api_needs_of_the_worker_loads_without_celery(module: str) -> None:
    command = [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"]
    loaded = subprocess.run(
        command, env=environment(), capture_output=True, text=True, check=True
    ).stdout.split()
    assert HEAVY.isdisjoint(loaded)


def test_importing_celeriac_loads_no_other_module_until_a_name_is_asked_for() -> None:
    program = (
        "import sys, celeriac; print(*(m for m in sys.modules if m.partition('.')[0] in "
        "('celeriac', 'celery', 'fastapi', 'redis', 'pydantic'))); "
        "from celeriac import RetryPolicy, context, task; print(task.__module__, context.__name__)"
    )
    command = [sys.executable, "-c", program]
    told = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True).stdout
    assert told.splitlines() == ["celeriac", "celeriac.contract.declaration celeriac.contract.context"]


def test_a_public_name_of_celeriac_is_found_by_dir_and_an_unknown_one_is_refused() -> None:
    assert set(celeriac.__all__) <= set(dir(celeriac))
    assert all(hasattr(celeriac, name) for name in celeriac.__all__)
    with pytest.raises(ImportError, match="cannot import name 'tsk' from 'celeriac'"):
        exec("from celeriac import tsk")  # noqa: S102 - as a file of tasks would


def test_an_api_starts_also_where_celery_is_not_installed(valkey: Valkey, tmp_path: Path) -> None:
    for name in ("celery", "kombu", "billiard", "PIL"):
        (tmp_path / f"{name}.py").write_text("raise ImportError('not installed here')")
    variables = environment(redis_url=valkey.url)
    variables["PYTHONPATH"] = f"{tmp_path}:{python_path()}"
    command = [sys.executable, "-c", "from celeriac_api.app import create_app; create_app().openapi()"]
    subprocess.run(command, cwd=tmp_path, env=variables, check=True)


def within(name: str, package: str) -> bool:
    """Whether a module is this one or in it."""
    return name == package or name.startswith(package + ".")


def modules(package: str) -> Iterator[str]:
    """The names of a package's modules, or the name of the one module that it is."""
    place = path_of(package)
    if not place.is_dir():
        yield package
        return
    for file in sorted(place.rglob("*.py")):
        inner = ".".join(file.relative_to(place).with_suffix("").parts)
        yield f"{package}.{inner}".removesuffix(".__init__")


def imports(module: str) -> set[str]:
    """All that a module imports at its top; for `from a import b` both `a` and, where that is a module, `a.b`."""
    path = path_of(module)
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    names: set[str] = set()
    for node in ast.parse(file.read_text()).body:
        match node:
            case ast.Import():
                names.update(alias.name for alias in node.names)
            case ast.ImportFrom():
                parent = node.module or ""
                inner = {f"{parent}.{alias.name}" for alias in node.names}
                found = {name for name in inner if is_module(name)}
                names |= found or {parent}
    return names


def is_module(name: str) -> bool:
    """Whether this is the name of a module of ours."""
    path = path_of(name)
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def path_of(name: str) -> Path:
    """Where a module of ours lies, without its suffix, or its directory."""
    return ROOT / PLACES.get(name.partition(".")[0], "") / name.replace(".", "/")
