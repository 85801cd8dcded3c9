"""Whoever asks for the embedded engine's process shows its token to that process only."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from vk_alerts.clickhouse.embedded import ensure_running, lifecycle, running
from vk_alerts.clickhouse.embedded.endpoint import Endpoint, Home
from vk_alerts.clickhouse.target import Target
from vk_alerts_tests.unit.clickhouse.faulty_server import FaultyServer, faulty_server, reply

TOKEN = "t" + "oken"


def identity(pid: int, status: int = 200) -> Callable[..., None]:
    told = str(pid).encode()
    return reply(b"HTTP/1.1 %d Told\r\nContent-Length: %d\r\n\r\n%s" % (status, len(told), told))


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


@pytest.mark.parametrize(
    "answer", [identity(1), *(identity(os.getpid(), status) for status in (201, 403, 500))]
)
def test_another_process_at_the_port_is_not_the_engine(tmp_path: Path, answer: Callable[..., None]) -> None:
    with faulty_server(answer) as stranger:
        serves(tmp_path / "home", stranger)

        assert running(tmp_path / "home") is None


def is_locked(file: Path) -> bool:
    with file.open() as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_who_has_waited_for_another_starter_takes_what_that_one_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it runs is looked up again under the lock, and nothing is started beside it."""
    pytest.importorskip("chdb", reason="the embedded engine is not installed")
    started = Target(scheme="http", host="127.0.0.1", port=1)
    locks: list[bool] = []

    def found_at_second_sight(home: Path) -> Target | None:
        file = Home.of(home).start_lock
        locks.append(file.exists() and is_locked(file))
        return started if len(locks) == 2 else None

    monkeypatch.setattr(lifecycle, "running", found_at_second_sight)
    monkeypatch.setattr(lifecycle, "_start", lambda *_: pytest.fail("a second process was started"))

    assert ensure_running(tmp_path) is started
    assert locks == [False, True]


def test_one_process_is_started_under_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("chdb", reason="the embedded engine is not installed")
    started = Target(scheme="http", host="127.0.0.1", port=1)
    locks: list[bool] = []

    def start(files: Home, *_: object) -> Target:
        locks.append(is_locked(files.start_lock))
        return started

    monkeypatch.setattr(lifecycle, "_start", start)

    assert ensure_running(tmp_path) is started
    assert locks == [True]
    assert not is_locked(Home.of(tmp_path).start_lock)
