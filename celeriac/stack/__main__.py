"""`make run`: start Valkey, the worker and the API, say where they are, and keep them together until Ctrl-C."""

import asyncio
import os
import signal
import subprocess
import sys
from functools import partial
from urllib.parse import urlsplit

from celeriac.redis_address import place
from celeriac.settings import PREFIX, LogFormat, Settings, SettingsError
from celeriac.stack import services, valkey
from celeriac.stack.errors import CannotStart
from celeriac.stack.processes.ports import is_free, keep_port, kept_port
from celeriac.stack.processes.readiness import redis_refusal
from celeriac.stack.processes.supervisor import FAILED, SIGNALS, WRONG_START, Supervisor
from celeriac.stack.terminal import Terminal
from celeriac.stack.valkey import Valkey


def main() -> int:
    """The exit code: 0 after Ctrl-C or SIGTERM, 1 when a part could not start or crashed, 2 for a wrong setting or task file."""
    try:
        settings = Settings.read()
    except SettingsError as wrong:
        _say_why(wrong)
        return WRONG_START
    try:
        _require_port(settings)
        return asyncio.run(_run(settings))
    except CannotStart as refusal:
        _say_why(refusal)
        return FAILED


def _say_why(refusal: Exception) -> None:
    words = f"Celeriac cannot start.\n{refusal}"
    if os.environ.get(PREFIX + "LOG_FORMAT") == LogFormat.JSON:
        Terminal(LogFormat.JSON).say(words)
    else:
        sys.stderr.write(words + "\n")


async def _run(settings: Settings) -> int:
    terminal = Terminal(settings.log_format)
    code = await Supervisor(terminal).run(partial(_start, settings, terminal))
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # all has ended: one Ctrl-C more than needed is no error
    return code


async def _start(settings: Settings, terminal: Terminal, supervisor: Supervisor) -> None:
    """Each part when the one that it needs is there."""
    if settings.given_redis:
        redis_url = None
        await asyncio.to_thread(_require_redis, settings)
    else:
        redis_url = await _start_valkey(settings, supervisor)
    worker_grace = settings.shutdown_grace + services.MARGIN
    worker = supervisor.add("worker", services.start_worker(redis_url), grace=worker_grace)
    api_grace = services.API_GRACE + services.MARGIN
    api = supervisor.add("api", services.start_api(settings, redis_url), grace=api_grace)
    await asyncio.to_thread(services.wait_for_worker, worker)
    await asyncio.to_thread(services.wait_for_api, api, settings)
    terminal.say(*_banner(settings, redis_url))


async def _start_valkey(settings: Settings, supervisor: Supervisor) -> str:
    server = Valkey(settings.data_dir, port=kept_port(settings.data_dir), server=settings.valkey_server)
    supervisor.add("valkey", server.launch(subprocess.PIPE), grace=valkey.GRACE)
    keep_port(settings.data_dir, server.port)
    await asyncio.to_thread(server.wait)
    return server.url


def _require_port(settings: Settings) -> None:
    where = f"{settings.host}:{settings.port}"
    try:
        if not is_free(settings.host, settings.port):
            advice = f"Stop what listens there, or choose another: make run PORT={settings.port + 10}"
            raise CannotStart(
                f"Port {settings.port} is taken: {where} is in use by another program. {advice}"
            )
    except OSError as error:
        advice = "Choose another: make run HOST=127.0.0.1 PORT=8010"
        raise CannotStart(f"The API cannot listen on {where}: {error.strerror}. {advice}") from error


def _require_redis(settings: Settings) -> None:
    for url in {settings.broker, settings.backend}:
        refusal = redis_refusal(url)
        if refusal is not None:
            raise CannotStart(
                f"The Redis at {urlsplit(place(url)).netloc} cannot be used: {refusal}. Start it, or leave REDIS_URL and the "
                "CELERIAC_ variables with an address of Redis out: then make run starts its own."
            )


def _banner(settings: Settings, redis_url: str | None) -> list[str]:
    """`redis_url` is that of our own Valkey, None where another Redis is used."""
    url = services.api_url(settings)
    data = f"{settings.data_dir.resolve()} (kept)" if redis_url else "in the Redis that you named"
    return [
        "",
        "Celeriac is ready.",
        "",
        f"  API   {url}",
        f"  Docs  {url}/docs",
        f"  Try   curl -X POST {url}/add -H 'content-type: application/json' -d '{{\"x\": 4, \"y\": 5}}'",
        *([f"  Redis {redis_url}"] if redis_url else []),
        f"  Data  {data}",
        "  Stop  Ctrl-C",
        "",
    ]


if __name__ == "__main__":
    sys.exit(main())
