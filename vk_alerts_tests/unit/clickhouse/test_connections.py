"""Connections are kept for reads, fresh for writes, and waiting for anything ends in time."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pandas as pd
import pytest

from vk_alerts.clickhouse import client as client_module
from vk_alerts.clickhouse import transport
from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.spec import Column, TableSpec
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseUnavailable
from vk_alerts_tests.unit.clickhouse.faulty_server import HEADERS, faulty_server, whole

SPEC = TableSpec("t", (Column("x", "String"),), "ENGINE = Memory")
ROW = pd.DataFrame({"x": ["a"]})


class Polite(BaseHTTPRequestHandler):
    """Keeps connections, and notes from which each request came."""

    protocol_version = "HTTP/1.1"
    ports: list[int]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.ports.append(self.client_address[1])
        self.send_response(200)
        self.send_header("X-ClickHouse-Timezone", "UTC")
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b"x\nUInt8\n1\n")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def polite_server() -> Iterator[tuple[Target, list[int]]]:
    """Where it listens, and the client's port of each request."""
    ports: list[int] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Noting", (Polite,), {"ports": ports}))
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Target(scheme="http", host="127.0.0.1", port=server.server_port), ports
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_reads_share_a_connection() -> None:
    with polite_server() as (target, ports):
        client = ClickHouse(target)
        for _ in range(3):
            client.read("SELECT 1 AS x")

    assert len(ports) == 3
    assert len(set(ports)) == 1


def test_a_write_does_not_take_a_connection_that_may_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    with polite_server() as (target, ports):
        client = ClickHouse(target)
        client.read("SELECT 1 AS x")
        client.insert(SPEC, ROW)
        assert len(set(ports)) == 1

        monkeypatch.setattr(transport, "_FRESH_SECONDS", 0.0)
        client.insert(SPEC, ROW)
        client.execute("INSERT INTO t SELECT 1")
        assert len(set(ports)) == 3

        client.read("SELECT 1 AS x")
        assert len(set(ports)) == 3


@pytest.mark.parametrize(
    ("rows", "is_whole_by_itself"),
    [
        (pd.DataFrame({"x": ["a"] * 10}), True),
        (pd.DataFrame({"x": ["a"] * 1001}), False),
        (pd.DataFrame({"x": ["a" * 4000]}), False),
        # Ten bytes of text, and five times as much in memory.
        (pd.DataFrame({"x": [""] * 900}), False),
    ],
    ids=["small", "many rows", "many bytes", "many values"],
)
def test_what_a_server_would_cut_into_blocks_is_asked_to_be_kept_whole(
    monkeypatch: pytest.MonkeyPatch, rows: pd.DataFrame, is_whole_by_itself: bool
) -> None:
    monkeypatch.setattr(client_module, "_BLOCK_ROWS", 1000)
    monkeypatch.setattr(client_module, "_BLOCK_BYTES", 3000)
    with faulty_server(whole(b"")) as server:
        ClickHouse(server.target).insert(SPEC, rows)

        (request,) = server.requests
    asked = request.partition(b" HTTP/1.1")[0]
    assert (b"min_insert_block_size_bytes=" in asked) != is_whole_by_itself


def test_a_host_that_takes_no_connection_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        place = listener.getsockname()
        waiting = []
        for _ in range(8):  # until the queue of connections is full, and the kernel drops what comes
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex(place)
            waiting.append(connection)
        client = ClickHouse(
            Target(scheme="http", host="127.0.0.1", port=place[1]), connect_timeout_seconds=0.3
        )
        started = time.monotonic()
        with pytest.raises(
            ClickHouseUnavailable, match=r"no connection within 0\.3 s; is it running\? check"
        ):
            client.ping()
        assert time.monotonic() - started < 2
        for connection in waiting:
            connection.close()


@contextmanager
def slow_server(*, pause_seconds: float, piece_bytes: int) -> Iterator[Target]:
    """Reads what it is sent in small pieces, and answers at the end."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    done = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        received = bytearray()
        while not received.endswith(b'the end"\n') and not done.is_set():
            piece = connection.recv(piece_bytes)
            received += piece
            if not piece or done.wait(pause_seconds):
                break
        connection.sendall(HEADERS + b"Content-Length: 0\r\n\r\n")
        connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Target(scheme="http", host="127.0.0.1", port=listener.getsockname()[1])
    finally:
        done.set()
        listener.close()
        thread.join()


def test_sending_may_take_longer_than_connecting() -> None:
    rows = pd.DataFrame({"x": ["y" * 8_000_000, "the end"]})
    with slow_server(pause_seconds=0.005, piece_bytes=1 << 16) as target:
        client = ClickHouse(target, connect_timeout_seconds=0.2, read_timeout_seconds=10)
        started = time.monotonic()

        assert client.insert(SPEC, rows) == 2

    assert time.monotonic() - started > 0.4


def test_a_server_that_stops_listening_is_given_up_in_time() -> None:
    rows = pd.DataFrame({"x": ["y" * 20_000_000, "the end"]})
    with slow_server(pause_seconds=30, piece_bytes=1) as target:
        client = ClickHouse(target, connect_timeout_seconds=0.2, read_timeout_seconds=0.5)
        started = time.monotonic()
        with pytest.raises(
            ClickHouseUnavailable, match=r"did not finish within 0\.5 s.*may have been carried"
        ):
            client.insert(SPEC, rows)

    assert time.monotonic() - started < 3
