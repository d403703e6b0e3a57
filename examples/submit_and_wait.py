"""Submit a task and wait for its result: `python examples/submit_and_wait.py`.

Set CELERIAC_URL if the API is not at http://127.0.0.1:8000.
"""

import os
import sys
import time

import httpx

URL = os.environ.get("CELERIAC_URL", "http://127.0.0.1:8000")


def main() -> None:
    """Add two numbers in a worker."""
    with httpx.Client(base_url=URL, timeout=30) as client:
        response = checked(client.post("/add", json={"x": 4, "y": 5}))
        print(f"accepted as {response.json()['task_id']}")
        while not (task := response.json())["ready"]:
            time.sleep(int(response.headers["Retry-After"]))
            response = checked(client.get(task["links"]["self"]))
    if not task["successful"]:
        sys.exit(f"It {task['state']}: {task['error']['message']}")
    print(f"4 + 5 = {task['result']}")


def checked(response: httpx.Response) -> httpx.Response:
    """The response; a refusal ends the script with its reason (docs/reference/errors.md)."""
    if response.headers.get("Content-Type") == "application/problem+json":
        sys.exit(response.json()["detail"])
    return response.raise_for_status()


if __name__ == "__main__":
    try:
        main()
    except httpx.TransportError as error:
        sys.exit(f"No answer from {URL} ({error}). Start the API with `make run`, or set CELERIAC_URL.")
