"""Tasks that say something of themselves."""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from celeriac import context, task
from celeriac.contract.reports import LONGEST

lasting = ThreadPoolExecutor(1)


@task
def tell_all(lines: int, until: Path | None = None) -> str:
    """Say much at once; then, if asked, wait for a file."""
    for number in range(lines):
        context.log(f"line {number}")
        context.progress(number + 1, lines, "counting")
    context.emit("first ")
    context.emit("second")
    while until is not None and not until.exists():
        time.sleep(0.02)
    return "told"


@task
def tell_in_threads() -> list[int]:
    """Say a line in a thread, in a pool that lasts, and in one of this run; and give back which attempt each of them saw."""
    attempts = []

    def say(line: str) -> None:
        attempts.append(0 if context.cancelled() else context.attempt())
        context.log(line)
        context.progress(len(attempts))

    thread = threading.Thread(target=say, args=("thread",))
    thread.start()
    thread.join()
    lasting.submit(say, "lasting").result()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(say, ["pool", "pool"]))
    return attempts


@task
def leave_a_thread(until: Path) -> None:
    """End, and leave a thread that says something as soon as a file exists, and then makes another."""

    def say_later() -> None:
        while not until.exists():
            time.sleep(0.02)
        context.log("late")
        until.with_suffix(".done").touch()

    threading.Thread(target=say_later, daemon=True).start()


@task
def stop_in_a_thread() -> None:
    """Run until a thread has found out that it is cancelled."""

    def wait_until_cancelled() -> None:
        while not context.cancelled():
            time.sleep(0.02)
        raise context.Cancelled("asked to, in a thread")

    lasting.submit(wait_until_cancelled).result()


@task
def tell_at_length(lines: int, characters: int) -> int:
    """Log so many lines of so many characters; and give back how many they were."""
    for number in range(lines):
        context.log(f"{number} ".ljust(characters, "x"))
    return lines


@task
def tell_fast(until: Path) -> int:
    """Say a thousand lines and a thousand chunks a second, until this file exists; and give back how many they were."""
    count = 0
    while not until.exists():
        for _ in range(50):
            context.log(f"line {count} of a log in which there is much to be read")
            context.emit(f"chunk {count}{' ' if count % 2 else chr(10)}")
            count += 1
        time.sleep(0.05)
    return count


@task
def say_and_return(text: str) -> str:
    """Say a text in pieces, to log and output, and give it back whole."""
    for start in range(0, len(text), LONGEST):
        context.log(text[start : start + LONGEST])
        context.emit(text[start : start + LONGEST])
    return text


@task
def write_to_the_log(line: str, *, secret: str = "") -> str:
    """Logs a line as any code does, and fails or succeeds without a word about the rest of its input."""
    logging.getLogger("somebody.else").warning("the line: %s", line, extra={"number": 7})
    if line == "fail":
        raise RuntimeError("as it was told")
    return secret
