"""An authority of the tests' own, and Redis servers that speak TLS by it."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from celeriac.stack.processes.ports import free_port
from lab.harness.program import listens
from lab.harness.servers import environment
from lab.harness.waiting import wait_until

# The Valkey of the wheel is built without TLS.
SERVER = shutil.which("redis-server")
OPENSSL = shutil.which("openssl")
CAN_SPEAK_TLS = bool(SERVER and OPENSSL)


def make_certificates(where: Path) -> Path:
    """Write the authority's certificate, and what it has signed for server and client, as `ca.crt`, `server.key` and so on."""
    where.mkdir()
    (where / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    _openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -subj /CN=ca -days 2", where)
    for name in ("server", "client"):
        _openssl(f"req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}", where)
        sign = f"x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out {name}.crt -days 2"
        _openssl(f"{sign} -extfile names", where)
    return where


@contextmanager
def server_with_tls(certificates: Path, *options: str, clients: str, directory: Path) -> Iterator[int]:
    """A Redis that speaks TLS alone, on this port; `clients` is whether it wants certificates of them."""
    port = free_port()
    command = [SERVER or "redis-server", "--port", "0", "--tls-port", str(port), "--appendonly", "yes"]
    command += ["--save", "", "--tls-auth-clients", clients, "--dir", str(directory)]
    for name, file in {"cert": "server.crt", "key": "server.key", "ca-cert": "ca.crt"}.items():
        command += [f"--tls-{name}-file", str(certificates / file)]
    with subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, env=environment()) as server:
        try:
            wait_until(lambda: listens(port) or server.poll() is not None, what="a Redis with TLS")
            if server.poll() is not None:
                raise RuntimeError("redis-server has ended at its start")
            yield port
        finally:
            server.kill()


def _openssl(words: str, where: Path) -> None:
    subprocess.run([OPENSSL or "openssl", *words.split()], cwd=where, check=True, capture_output=True)
