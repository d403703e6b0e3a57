"""Submit a hundred tasks, then collect their results: `python examples/submit_many.py`.

Set CELERIAC_URL if the API is not at http://127.0.0.1:8000.
"""

import os
import sys
import time
from typing import Any

import httpx

URL = os.environ.get("CELERIAC_URL", "http://127.0.0.1:8000")


def main() -> None:
    """Double the numbers from 1 to 100, and add the results."""
    with httpx.Client(base_url=URL, timeout=30) as client:
        tasks = [checked(client.post("/add", json={"x": n, "y": n})).json() for n in range(1, 101)]
        print(f"{len(tasks)} tasks accepted")
        results = [result(client, task) for task in tasks]
    print(f"{len(results)} results, together {sum(results)}")


def result(client: httpx.Client, task: dict[str, Any]) -> Any:
    """The bare result. `Prefer` lets the API hold each request until the task has ended, 10 seconds at most."""
    while True:
        response = checked(client.get(task["links"]["result"], headers={"Prefer": "wait=10"}))
        if response.status_code == httpx.codes.OK:
            return response.json()
        time.sleep(int(response.headers["Retry-After"]))


def checked(response: httpx.Response) -> httpx.Response:
    """The response; a refusal, or the failure of a task, ends the script with its reason (docs/reference/errors.md)."""
    if response.headers.get("Content-Type") == "application/problem+json":
        sys.exit(response.json()["detail"])
    return response.raise_for_status()


if __name__ == "__main__":
    try:
        main()
    except httpx.TransportError as error:
        sys.exit(f"No answer from {URL} ({error}). Start the API with `make run`, or set CELERIAC_URL.")
