"""Finds free ports on this machine."""

import errno
import os
import random
import socket
from pathlib import Path

# Below the ports that systems give to outgoing connections (from 32768 on Linux): a client that keeps asking for
# a server which is away would now and then be given that server's own port, and keep it from coming back.
CANDIDATES = range(20_000, 32_000)
# Whoever starts several of us side by side gives each a share of them, "0/4" being the first of four: what one is about
# to listen on the others do not find free.
SHARE = "PORTS_SHARE"
# In a data directory: the port of the server that had it last.
KEPT = "port"


def free_port(host: str = "127.0.0.1") -> int:
    """A port on which nothing listens now. It is not reserved: use it soon."""
    share, shares = map(int, os.environ.get(SHARE, "0/1").split("/"))
    for port in random.sample(CANDIDATES[share::shares], k=100):
        if is_free(host, port):
            return port
    raise OSError(f"No free port found on {host} between {CANDIDATES[0]} and {CANDIDATES[-1]}.")


def kept_port(directory: Path) -> int:
    """The port that was kept in this directory, if it is free; else another one."""
    port = last_port(directory)
    return port if port is not None and port in CANDIDATES and is_free("127.0.0.1", port) else free_port()


def last_port(directory: Path) -> int | None:
    """The port of the server that had this directory last, or has it now; None if there is none."""
    try:
        return int((directory / KEPT).read_text())
    except (FileNotFoundError, ValueError):
        return None


def keep_port(directory: Path, port: int) -> None:
    """Make `kept_port` return this port from now on; the caller must own the directory."""
    (directory / KEPT).write_text(f"{port}\n")


def is_free(host: str, port: int) -> bool:
    """Whether a server can listen there. `OSError` if this machine or user cannot listen there at all."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as trial:
        # As servers do: connections of a server that has ended do not keep the next one out.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(address)
            trial.listen()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket at this address, on which nobody listens yet. It is for servers of which one follows the other."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # as servers do that bind by name
    bound.bind(address)
    return bound
