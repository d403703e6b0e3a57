"""Debian's nginx, as a proxy before the API under a path of its own."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from celeriac.stack.processes import process
from celeriac.stack.processes.ports import free_port
from celeriac.stack.processes.readiness import answers_over_http
from lab.harness.waiting import wait_until

PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
# What a proxy says of itself, as docs/deploy/proxy.md has it.
SAYS_ALL = (
    "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; "
    "proxy_set_header X-Forwarded-Prefix {prefix};"
)
CONFIGURATION = """
daemon off; {user} worker_processes 1; pid {directory}/pid; error_log stderr;
events {{}}
http {{
  access_log off; proxy_buffering off; proxy_http_version 1.1; proxy_read_timeout 75s;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location = / {{ return 200; }}
    {locations}
  }}
}}
"""


@contextmanager
def running_nginx(directory: Path, locations: Mapping[str, tuple[int, str]]) -> Iterator[int]:
    """A proxy that takes these prefixes off, each for the port of an API, and says more of itself. Its port."""
    directory.mkdir()
    port = free_port()
    commands = "".join(
        f"location {prefix}/ {{ proxy_pass http://127.0.0.1:{api}/; {says.format(prefix=prefix)} }}\n"
        for prefix, (api, says) in locations.items()
    )
    # A process that may do all would make one that may not, which finds no way to the directory.
    user = "user root;" if Path.home() == Path("/root") else ""
    configuration = directory / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(directory=directory, port=port, locations=commands, user=user), encoding="utf-8"
    )
    command = [str(PROGRAM), "-c", str(configuration), "-p", str(directory), "-e", "stderr"]
    server = process.start(command, environment={}, output=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers_over_http("127.0.0.1", port, "/"), what="the start of nginx")
        yield port
    finally:
        process.kill(server)
