"""A large file goes in and out while the API stays small, and answers others."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab.harness.memory import peak_bytes
from lab.harness.servers import running_api, running_worker
from tests.support.door import ended

TASKS = "tests.tasks,tasks"
MIB = 1_048_576


@contextmanager
def posting(client: httpx.Client) -> Iterator[list[float]]:
    """Submit small tasks meanwhile; the seconds that each took."""
    seconds: list[float] = []
    is_over = threading.Event()

    def post() -> None:
        while not is_over.wait(0.02):
            begun = time.perf_counter()
            assert client.post("/unserved", json={"x": 1}).status_code == 202
            seconds.append(time.perf_counter() - begun)

    thread = threading.Thread(target=post)
    thread.start()
    try:
        yield seconds
    finally:
        is_over.set()
        thread.join()


@pytest.mark.parametrize(
    "size", [64 * MIB, pytest.param(2_000_000_000, marks=[pytest.mark.trial, pytest.mark.timeout(1_200)])]
)
def test_a_large_file_goes_in_and_out_and_the_api_stays_small(
    size: int, new_database: Any, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {"redis_url": new_database(), "files": tmp_path / "kept", "tasks": TASKS}
    source = tmp_path / "source"
    with source.open("wb") as file:
        block = os.urandom(MIB)
        for start in range(0, size, MIB):
            file.write(block[: size - start])
    with (
        running_worker(tmp_path, "-Q", "default", **settings),
        running_api(tmp_path, **settings) as api,
        api.client() as client,
        api.client() as other,
    ):
        for _ in range(50):
            other.post("/unserved", json={"x": 1})
        before = peak_bytes(api.pid, anew=True)
        with posting(other) as seconds:
            begun = time.monotonic()
            with source.open("rb") as file:
                accepted = client.post("/file_size", files={"file": ("large.bin", file)})
            assert accepted.status_code == 202, accepted.text
            sent = time.monotonic() - begun
            task = ended(client, accepted.json())
            assert task["result"] == size
            made = ended(
                client, client.post("/zeros", json={"size": size, "directory": str(tmp_path)}).json()
            )
            assert made["state"] == "succeeded", made
            begun, received = time.monotonic(), 0
            with client.stream("GET", made["links"]["result"], headers={"Accept": "*/*"}) as answer:
                for chunk in answer.iter_raw():
                    received += len(chunk)
            assert received == size
            got = time.monotonic() - begun
        most = peak_bytes(api.pid)
        seconds.sort()
        p99 = seconds[int(len(seconds) * 0.99)]
        figures = (
            f"in {sent:.1f} s, out {got:.1f} s, {(most - before) / MIB:.0f} MiB more, p99 {p99 * 1000:.0f} ms"
        )
        print(f"{size:,} bytes: {figures} of {len(seconds)} submissions")  # noqa: T201 - the figures of a trial
        assert most - before < 50 * MIB
