"""HTTP connections whose answers have one deadline, headers included, and whose end can be checked.

The timeout of requests holds for each piece that arrives: a server that trickles its headers would be waited
for without end. Sending, on the other hand, gets the timeout of connecting, too short for a large insert.
"""

import functools
import http.client
import io
import socket
import time
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class BoundedAdapter(HTTPAdapter):
    """Keeps one connection per host.

    Args:
        seconds: how long sending a request may take, and then how long its answer may take to arrive whole.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        super().__init__(pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Sees to it that the pools make connections of ours."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pools(HTTPConnectionPool, HTTPConnection, self._seconds),
            "https": _pools(HTTPSConnectionPool, HTTPSConnection, self._seconds),
        }


def has_more(response: requests.Response) -> bool:
    """Whether more bytes have come than the answer announced; asked when its body has been read."""
    answer: Any = response.raw._original_response  # noqa: SLF001 - requests itself finds it there
    return bool(answer.stream.has_more)


def _pools(pool: type, connection: type, seconds: float) -> Any:
    bounded = type("Bounded", (_Bounded, connection), {"seconds": seconds})
    return type("BoundedPool", (pool,), {"ConnectionCls": bounded})


if TYPE_CHECKING:
    _Connection = HTTPConnection
else:
    _Connection = object  # HTTPConnection or HTTPSConnection


class _Bounded(_Connection):
    seconds: float

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.sock.settimeout(self.seconds)
        super().send(data)

    def getresponse(self) -> Any:
        made: Any = functools.partial(_Response, deadline=time.monotonic() + self.seconds)
        self.response_class = made
        return super().getresponse()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, deadline: float, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self.fp = self.stream = _Stream(_Source(sock, deadline))


class _Stream(io.BufferedReader):
    """What is read of an answer; looks at its end whether there is more."""

    raw: "_Source"
    has_more = False

    def close(self) -> None:
        if not self.closed:
            self.raw.only_what_is_there = True
            self.has_more = bool(self.peek(1))
        super().close()


class _Source(io.RawIOBase):
    """The bytes that arrive at a socket until a moment of the monotonic clock."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)
        self._deadline = deadline
        self.only_what_is_there = False

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def readinto(self, buffer: Any) -> int | None:
        if self.only_what_is_there:
            try:
                self._sock.settimeout(0)
                return self._file.readinto(buffer)
            except OSError:  # of TLS, which wants to be asked again; or of a connection that has ended
                return None
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(seconds)
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()
