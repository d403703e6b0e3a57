"""The heartbeat of a pool of greenlets reaches Redis as all else does."""

from pathlib import Path

import pytest
from redis.exceptions import ResponseError

from celeriac.stack.valkey import Valkey
from celeriac_worker.existing_app.running.beat.plain_connection import PlainConnection
from lab.harness.tls import CAN_SPEAK_TLS, make_certificates, server_with_tls


def test_it_answers_and_refuses_in_the_database_of_its_address(own_url: str) -> None:
    connection = PlainConnection(own_url)
    assert connection.call("SET", "x", 1, "EX", 60) == b"OK"
    assert connection.call("GET", "x") == b"1"
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        connection.call("LPUSH", "x", 1)


def test_it_connects_again_after_its_connection_was_cut(valkey: Valkey) -> None:
    connection = PlainConnection(valkey.url)
    number = connection.call("CLIENT", "ID")
    PlainConnection(valkey.url).call("CLIENT", "KILL", "ID", number)
    with pytest.raises(OSError, match=r"."):
        connection.call("PING")
    assert connection.call("CLIENT", "ID") != number


@pytest.mark.skipif(not CAN_SPEAK_TLS, reason="no redis-server that speaks TLS")
@pytest.mark.parametrize("clients", ["no", "yes"])
def test_it_speaks_tls(tmp_path: Path, clients: str) -> None:
    certificates = make_certificates(tmp_path / "certificates")
    with server_with_tls(certificates, clients=clients, directory=tmp_path) as port:
        own = f"&ssl_certfile={certificates}/client.crt&ssl_keyfile={certificates}/client.key"
        address = f"rediss://localhost:{port}/0?ssl_ca_certs={certificates}/ca.crt"
        connection = PlainConnection(address + (own if clients == "yes" else ""))
        assert connection.call("ECHO", "x" * 100_000) == b"x" * 100_000
        with pytest.raises(OSError, match="certificate"):
            PlainConnection(f"rediss://localhost:{port}/0").call("PING")
