"""Ports: which are free."""

import socket
from pathlib import Path

import pytest

from celeriac.stack.processes.ports import SHARE, free_port, is_free, keep_port, kept_port


def test_a_free_port_can_be_listened_on() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        assert server.getsockname()[1] > 0


def test_a_free_port_is_never_one_that_the_system_gives_to_outgoing_connections() -> None:
    assert all(20_000 <= free_port() < 32_000 for _ in range(20))


def test_who_has_a_share_of_the_ports_finds_none_of_another_share(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[set[int]] = []
    for share in ("0/2", "1/2"):
        monkeypatch.setenv(SHARE, share)
        found.append({free_port() for _ in range(200)})
    assert not found[0] & found[1]


def test_a_port_with_a_listener_is_taken_until_the_listener_is_gone() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free("127.0.0.1", port)
    assert is_free("127.0.0.1", port)


def test_a_port_taken_on_one_address_is_taken_for_all_addresses() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free("0.0.0.0", port)  # noqa: S104 - a listener on all addresses is the point


def test_an_address_of_another_machine_is_an_error_and_no_taken_port() -> None:
    with pytest.raises(OSError, match="assign"):
        is_free("192.0.2.1", free_port())


def test_a_port_that_was_kept_is_found_again_unless_somebody_has_taken_it(tmp_path: Path) -> None:
    port = kept_port(tmp_path)
    keep_port(tmp_path, port)
    assert kept_port(tmp_path) == port
    with socket.create_server(("127.0.0.1", port)):
        assert kept_port(tmp_path) != port
