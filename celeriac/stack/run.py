"""Starts Valkey, the worker and the API, and keeps them together until Ctrl-C."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from functools import partial
from urllib.parse import urlsplit

from celeriac.settings import PREFIX, LogFormat, Settings, SettingsError
from celeriac.stack import valkey
from celeriac.stack.errors import CannotStart
from celeriac.stack.example_call import example_call
from celeriac.stack.processes.ports import is_free, keep_port, kept_port
from celeriac.stack.processes.readiness import redis_refusal
from celeriac.stack.processes.supervisor import FAILED, SIGNALS, WRONG_START, Supervisor
from celeriac.stack.reload import Reloading
from celeriac.stack.terminal import Terminal
from celeriac.stack.valkey import Valkey
from celeriac.stack.worker_and_api import WorkerAndApi, api_url
from celeriac.values.addresses.redis_address import place

# Where the client and the command look for an API if nothing names one.
CLIENTS_DEFAULT = "http://127.0.0.1:8000"


def run(*, reload: bool = False) -> int:
    """Run Valkey, worker and API with the settings of the environment; with `reload`, restart them when tasks are saved. The exit code: 0 after Ctrl-C or SIGTERM, 1 when a part could not start or crashed, 2 for a wrong setting or task file."""
    try:
        settings = Settings.read()
    except SettingsError as wrong:
        _say_why(wrong)
        return WRONG_START
    try:
        _require_port(settings)
        return asyncio.run(_run(settings, reload=reload))
    except CannotStart as refusal:
        _say_why(refusal)
        return FAILED


def _say_why(refusal: Exception) -> None:
    words = f"Celeriac cannot start.\n{refusal}"
    if os.environ.get(PREFIX + "LOG_FORMAT") == LogFormat.JSON:
        Terminal(LogFormat.JSON).say(words)
    else:
        sys.stderr.write(words + "\n")


async def _run(settings: Settings, *, reload: bool) -> int:
    terminal = Terminal(settings.log_format)
    start = partial(_start_and_reload if reload else _start, settings, terminal)
    code = await Supervisor(terminal).run(start)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # all has ended: one Ctrl-C more than needed is no error
    return code


async def _start(settings: Settings, terminal: Terminal, supervisor: Supervisor) -> None:
    """Each part when the one that it needs is there."""
    redis_url = await _start_redis(settings, supervisor)
    await WorkerAndApi(settings, supervisor, redis_url).start()
    await _say_ready(settings, terminal, redis_url)


async def _start_and_reload(settings: Settings, terminal: Terminal, supervisor: Supervisor) -> None:
    """The same, as soon as the tasks can be loaded; and again whenever they were saved."""
    from celeriac.stack.saved_files import saved_files  # noqa: PLC0415 - watchfiles is of an extra

    redis_url = await _start_redis(settings, supervisor)
    reloading = Reloading(settings, supervisor, redis_url)
    is_running = False
    async for files in saved_files(settings.tasks):
        began = time.monotonic()
        refusal = await reloading.load()
        if refusal is not None:
            terminal.say(refusal, "Correct the file and save it: Celeriac then loads it again.")
        elif is_running:
            terminal.say(f"{' and '.join(files)} was saved: restarting the worker and the API.")
            await reloading.replace()
            terminal.say(f"Reloaded in {time.monotonic() - began:.1f} s.")
        else:
            await reloading.start()
            await _say_ready(settings, terminal, redis_url)
            is_running = True


async def _start_redis(settings: Settings, supervisor: Supervisor) -> str | None:
    """The address of our own Valkey; None where the settings name a Redis."""
    if settings.given_redis:
        await asyncio.to_thread(_require_redis, settings)
        return None
    return await _start_valkey(settings, supervisor)


async def _start_valkey(settings: Settings, supervisor: Supervisor) -> str:
    server = Valkey(settings.data_dir, port=kept_port(settings.data_dir), server=settings.valkey_server)
    supervisor.add("valkey", server.launch(subprocess.PIPE), grace=valkey.GRACE)
    keep_port(settings.data_dir, server.port)
    await asyncio.to_thread(server.wait)
    return server.url


def _require_port(settings: Settings) -> None:
    address = f"{settings.host}:{settings.port}"
    try:
        if not is_free(settings.host, settings.port):
            advice = f"Stop what listens there, or choose another: celeriac up --port {settings.port + 10}"
            raise CannotStart(
                f"Port {settings.port} is taken: {address} is in use by another program. {advice}"
            )
    except OSError as error:
        advice = "Choose another: celeriac up --host 127.0.0.1 --port 8010"
        raise CannotStart(f"The API cannot listen on {address}: {error.strerror}. {advice}") from error


def _require_redis(settings: Settings) -> None:
    for url in {settings.broker, settings.backend}:
        refusal = redis_refusal(url)
        if refusal is not None:
            raise CannotStart(
                f"The Redis at {urlsplit(place(url)).netloc} cannot be used: {refusal}. Start it, or remove --redis-url and the "
                "CELERIAC_ variables that name a Redis: celeriac up then starts its own Valkey."
            )


async def _say_ready(settings: Settings, terminal: Terminal, redis_url: str | None) -> None:
    """`redis_url` is that of our own Valkey, None where another Redis is used."""
    url = api_url(settings)
    call = await asyncio.to_thread(example_call, url)
    data = f"{settings.data_dir.resolve()} (kept)" if redis_url else "in the Redis that you named"
    terminal.say(
        "",
        "Celeriac is ready.",
        "",
        f"  API   {url}",
        f"  Docs  {url}/docs",
        *([f"  Try   {call}"] if call else []),
        *([f"  Shell export CELERIAC_URL={url}"] if url != CLIENTS_DEFAULT else []),
        *([f"  Redis {redis_url}"] if redis_url else []),
        f"  Data  {data}",
        "  Stop  Ctrl-C",
        "",
    )
