"""A server which answers with exactly the bytes it is told to, for every way an answer can be wrong."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vk_alerts.clickhouse.target import Target

Reaction = Callable[[socket.socket], None]
HEADERS = b"HTTP/1.1 200 OK\r\nX-ClickHouse-Server-Display-Name: x\r\n"


class FaultyServer:
    """Listens on loopback and reacts to each connection in turn; the last reaction repeats.

    Attributes:
        target: where it listens, with a password that must never be seen.
        requests: what clients sent, one text per connection.
    """

    def __init__(self, reactions: list[Reaction]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self._reactions = reactions
        self._done = threading.Event()
        self._held: list[socket.socket] = []
        port = self._listener.getsockname()[1]
        self.target = Target(scheme="http", host="127.0.0.1", port=port, password="hunter2-secret")
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._done.set()
        self._listener.close()
        for connection in self._held:
            connection.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while not self._done.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            self._held.append(connection)
            connection.settimeout(5)
            self.requests.append(_read_request(connection))
            self._reactions[min(len(self.requests), len(self._reactions)) - 1](connection)


@contextmanager
def faulty_server(*reactions: Reaction) -> Iterator[FaultyServer]:
    server = FaultyServer(list(reactions))
    try:
        yield server
    finally:
        server.close()


def reply(data: bytes) -> Reaction:
    """Send the bytes and close."""

    def react(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.close()

    return react


def hang(connection: socket.socket) -> None:
    """Say nothing."""


def reset(connection: socket.socket) -> None:
    """Break the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drip(data: bytes, *, seconds: float) -> Reaction:
    """Send the headers, then a byte at a time."""

    def react(connection: socket.socket) -> None:
        try:
            connection.sendall(HEADERS + b"Content-Length: 100000\r\n\r\n")
            for i in range(100_000):
                connection.sendall(data[i % len(data) : i % len(data) + 1])
                time.sleep(seconds)
        except OSError:
            connection.close()

    return react


def drip_headers(connection: socket.socket) -> None:
    """Send a header without end, a byte at a time."""
    try:
        connection.sendall(HEADERS + b"X-Endless: ")
        for _ in range(10_000):
            connection.sendall(b"x")
            time.sleep(0.01)
    except OSError:
        connection.close()


def whole(body: bytes, *, extra: bytes = b"", status: bytes = b"200 OK") -> Reaction:
    """A proper answer."""
    head = HEADERS.replace(b"200 OK", status) + extra + b"Content-Length: %d\r\n\r\n" % len(body)
    return reply(head + body)


def _read_request(connection: socket.socket) -> bytes:
    received = b""
    try:
        while b"\r\n\r\n" not in received:
            received += connection.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
        )
        while len(body) < length:
            body += connection.recv(65536)
    except (OSError, StopIteration):
        return received
    return head + b"\r\n\r\n" + body
