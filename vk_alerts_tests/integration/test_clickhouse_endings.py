"""The embedded engine ends cleanly, whoever is attached, and says so when it cannot."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from vk_alerts.cli import main
from vk_alerts.clickhouse import transport
from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.embedded import ensure_running, lifecycle, running, stop
from vk_alerts.clickhouse.embedded.endpoint import Endpoint, Home
from vk_alerts.clickhouse.embedded.ownership import StillOwned, owner, owning
from vk_alerts.clickhouse.spec import Column, TableSpec, create_statement
from vk_alerts.errors import ClickHouseQueryError, ClickHouseUnavailable, VkAlertsError
from vk_alerts_tests.unit.clickhouse.faulty_server import faulty_server, reply

pytest.importorskip("chdb", reason="the embedded engine is not installed")
pytestmark = pytest.mark.server
SPEC = TableSpec("t", (Column("x", "UInt64"),), "ENGINE = MergeTree ORDER BY x")
ENDINGS = 10


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "home"
    stop(tmp_path / "home")


def endpoint_of(home: Path) -> Endpoint:
    endpoint = Endpoint.read(Home.of(home).endpoint)
    assert endpoint is not None
    return endpoint


@contextmanager
def writing(home: Path) -> Iterator[list[str]]:
    """Somebody who inserts all the time, over new connections; what went wrong."""
    client = ClickHouse(ensure_running(home))
    client.execute(create_statement(SPEC))
    done = threading.Event()
    errors: list[str] = []
    written: list[int] = []

    def write() -> None:
        while not done.wait(0.01):
            try:
                client.insert(SPEC, pd.DataFrame({"x": [len(written)]}))
                written.append(len(written))
            except VkAlertsError as error:
                errors.append(str(error))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield errors
    finally:
        done.set()
        thread.join()
    assert client.read("SELECT x FROM t ORDER BY x")["x"].tolist() == written


@pytest.mark.slow
def test_ten_endings_with_clients_attached_are_clean_and_break_no_write(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_FRESH_SECONDS", 0.0)
    ended = set()
    with writing(home) as errors:
        for _ in range(ENDINGS):
            attached = [ClickHouse(ensure_running(home)) for _ in range(4)]
            for client in attached:
                client.ping()  # its connection stays open
            with pytest.raises(ClickHouseQueryError):
                attached[0].read("SELECT number, throwIf(number = 500000) FROM numbers(1000000)")
            pid = endpoint_of(home).pid
            process = next(child for child in lifecycle._children if child.pid == pid)
            os.kill(pid, signal.SIGTERM)
            assert process.wait(30) == 0
            ended.add(pid)

    assert errors == []
    assert len(ended) == ENDINGS
    assert Home.of(home).log.read_text().count("drained=True") >= ENDINGS


def test_a_process_that_hangs_is_named_with_the_way_to_end_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "_ANSWER_SECONDS", 0.3)
    ensure_running(home)
    pid = endpoint_of(home).pid
    os.kill(pid, signal.SIGSTOP)
    try:
        for word in ("start", "url", "stop"):
            result = CliRunner().invoke(main, ["clickhouse", word], env={"VK_ALERTS_HOME": str(home)})
            assert (result.exit_code, result.stdout) == (1, "")
            assert result.stderr == (
                f"vk-alerts: the embedded engine of {home} (process {pid}) has not answered for 0.3 s; "
                f"end it: kill -9 {pid}\n"
            )
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_successor_waits_for_a_process_that_is_ending(home: Path) -> None:
    client = ClickHouse(ensure_running(home))
    first = endpoint_of(home)
    slow = threading.Thread(target=client.read, args=("SELECT sleep(2) AS x",))
    slow.start()
    time.sleep(0.3)
    os.kill(first.pid, signal.SIGTERM)
    while Home.of(home).endpoint.exists():
        time.sleep(0.02)
    assert owner(Home.of(home).lock) == first.pid

    assert ClickHouse(ensure_running(home)).read("SELECT 1 AS x")["x"].tolist() == [1]

    slow.join()
    assert endpoint_of(home).pid != first.pid


def test_stopping_waits_for_a_process_that_is_ending_already(home: Path) -> None:
    ensure_running(home)
    os.kill(endpoint_of(home).pid, signal.SIGTERM)
    while Home.of(home).endpoint.exists():
        time.sleep(0.01)

    first, second = (
        CliRunner().invoke(main, ["clickhouse", "stop"], env={"VK_ALERTS_HOME": str(home)}).stdout
        for _ in range(2)
    )

    assert first == f"ClickHouse of {home} has ended.\n"
    assert second == f"ClickHouse of {home} was not running.\n"
    assert owner(Home.of(home).lock) is None


def test_somebody_else_at_the_old_port_is_not_our_process(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "_ANSWER_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        home.mkdir()
        Endpoint(port=silent.getsockname()[1], token="old", pid=os.getpid()).write(Home.of(home).endpoint)

        assert running(home) is None
        assert not stop(home)
        ClickHouse(ensure_running(home)).ping()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 404 Not Found", b"HTTP/1.1 200 OK"])
def test_a_client_finds_its_engine_again_when_somebody_else_has_the_port(home: Path, answer: bytes) -> None:
    target = ensure_running(home)
    with faulty_server(reply(answer + b"\r\nContent-Length: 3\r\n\r\nhi\n")) as stranger:
        client = ClickHouse(replace(target, port=stranger.target.port))

        assert client.read("SELECT 1 AS x")["x"].tolist() == [1]

    assert client.target == target


def test_a_client_of_a_process_that_has_been_replaced_gets_the_new_token(home: Path) -> None:
    client = ClickHouse(replace(ensure_running(home), password="of the one before"))

    client.execute("CREATE TABLE kept (x UInt8) ENGINE = Memory")

    assert client.target == running(home)


def test_it_listens_on_loopback_only(home: Path) -> None:
    ensure_running(home)
    port = endpoint_of(home).port

    with socket.create_server(("127.0.0.2", port)):  # would be taken, had it been bound to all addresses
        pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.3", port), timeout=1)


def test_the_lock_is_held_by_one_and_told_to_others(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    assert owner(lock) is None

    with owning(lock, wait_seconds=0):
        assert owner(lock) == os.getpid()
        with pytest.raises(StillOwned, match=f"process {os.getpid()}"), owning(lock, wait_seconds=0.1):
            pass
        lock.write_text("")  # a full disk
        assert owner(lock) == 0

    assert owner(lock) is None


def test_a_folder_that_another_process_keeps_is_told_with_its_number(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    with owning(Home.of(home).lock, wait_seconds=0):
        monkeypatch.setattr(lifecycle, "_STOP_SECONDS", 0.1)
        with pytest.raises(ClickHouseUnavailable, match=rf"\(process {os.getpid()}\) does not stop; end it"):
            stop(home)
