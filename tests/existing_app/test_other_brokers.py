"""A worker whose broker is not Redis runs as without our line, and says so."""

from pathlib import Path

from celery import Celery

from lab.harness.program import Program
from lab.harness.servers import ALONE, environment
from tests.existing_app.running.place import PYTHON
from tests.support.connections import close_app

PROJECT = """
from celery import Celery
import celeriac
from tests.existing_app.test_other_brokers import new_app
app = new_app({folder!r})
@app.task(name="add")
def add(x, y): return x + y
celeriac.install(app)
"""


def new_app(folder: str) -> Celery:
    """An app whose queues and results are files."""
    app = Celery("files", broker="filesystem://", backend=f"file://{folder}/results", set_as_current=False)
    app.conf.broker_connection_retry_on_startup = True
    app.conf.broker_transport_options = {
        "data_folder_in": f"{folder}/queue",
        "data_folder_out": f"{folder}/queue",
        "control_folder": f"{folder}/control",
    }
    return app


def test_a_worker_with_another_broker_runs_as_without_the_line(tmp_path: Path) -> None:
    for folder in ("results", "queue", "control"):
        (tmp_path / folder).mkdir()
    (tmp_path / "files.py").write_text(PROJECT.format(folder=str(tmp_path)))
    app = new_app(str(tmp_path))
    result = app.send_task("add", (1, 2))
    command = [PYTHON, "-m", "celery", "-A", "files", "worker", "-P", "solo", *ALONE]
    path = f"{environment()['PYTHONPATH']}:{tmp_path}"
    worker = Program(command, {**environment(), "PYTHONPATH": path}, tmp_path / "log")
    try:
        assert result.get(timeout=60) == 3
        assert "The broker of the app is 'filesystem'" in worker.log
        assert "the app runs as without it" in worker.log
    finally:
        worker.kill()
        close_app(app)
