"""Whoever asks for the embedded engine's process shows its token to that process only."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vk_alerts.clickhouse.embedded import running
from vk_alerts.clickhouse.embedded.endpoint import Endpoint, Home
from vk_alerts_tests.unit.clickhouse.faulty_server import FaultyServer, faulty_server, reply

TOKEN = "t" + "oken"


def identity(pid: int) -> Callable[..., None]:
    told = str(pid).encode()
    return reply(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(told), told))


def serves(home: Path, server: FaultyServer) -> None:
    """Writes down that the engine of a home is that server, and this process."""
    home.mkdir()
    Endpoint(port=server.target.port, token=TOKEN, pid=os.getpid()).write(Home.of(home).endpoint)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_in_the_environment_learns_no_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for other in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(other, raising=False)
    with faulty_server(identity(os.getpid())) as engine, faulty_server(identity(os.getpid())) as proxy:
        monkeypatch.setenv(name, proxy.target.address)
        serves(tmp_path / "home", engine)

        found = running(tmp_path / "home")

        assert found is not None
        assert found.port == engine.target.port
        assert proxy.requests == []


def test_a_redirect_is_not_followed_with_the_token(tmp_path: Path) -> None:
    with faulty_server(identity(os.getpid())) as elsewhere:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {elsewhere.target.address}/\r\nContent-Length: 0\r\n\r\n"
        with faulty_server(reply(moved.encode())) as stranger:
            serves(tmp_path / "home", stranger)

            assert running(tmp_path / "home") is None
            assert elsewhere.requests == []


@pytest.mark.parametrize("answer", [identity(1), reply(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")])
def test_another_process_at_the_port_is_not_the_engine(tmp_path: Path, answer: Callable[..., None]) -> None:
    with faulty_server(answer) as stranger:
        serves(tmp_path / "home", stranger)

        assert running(tmp_path / "home") is None
