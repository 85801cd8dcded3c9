"""The process that owns chDB and speaks ClickHouse's HTTP protocol on 127.0.0.1.

Run as ``python -m vk_alerts.clickhouse.embedded.server --home …``; `ensure_running` does.
"""

import argparse
import hmac
import logging
import os
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from vk_alerts.clickhouse.embedded.endpoint import Endpoint, Home
from vk_alerts.clickhouse.embedded.engine import Engine, EngineError
from vk_alerts.clickhouse.embedded.request import BadRequest, Request, parse_request, read_body
from vk_alerts.clickhouse.statement import named_format

_LOG = logging.getLogger(__name__)
MAX_BODY_BYTES = 1 << 30
MAX_RESULT_BYTES = 1 << 29
_TICK_SECONDS = 0.5
_DRAIN_SECONDS = 20.0
_SOCKET_IDLE_SECONDS = 300.0
_NOT_FOUND_CODES = {16, 46, 47, 60, 81}
_DENIED_CODE = 516


class Clock:
    """Counts what is being done, so that the process stops when it has been idle, and only then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active = 0
        self._last_end = time.monotonic()
        self._closing = False
        self.wanted = threading.Event()

    @contextmanager
    def request(self) -> Iterator[bool]:
        """Counts a request; False when the process is about to end and takes none."""
        with self._lock:
            accepted = not self._closing
            self._active += accepted
        try:
            yield accepted
        finally:
            with self._lock:
                self._active -= accepted
                self._last_end = time.monotonic()

    def close_if_idle(self, seconds: float) -> bool:
        """Take no more requests if none has come for so long; whether that is so."""
        with self._lock:
            if not self._active and time.monotonic() - self._last_end >= seconds:
                self._closing = True
            return self._closing

    def refuse(self) -> None:
        """Take no more requests."""
        with self._lock:
            self._closing = True

    def drained(self) -> bool:
        """Whether all requests have ended, within a grace period."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < deadline:
            with self._lock:
                if not self._active:
                    return True
            time.sleep(_TICK_SECONDS / 10)
        return False


class Server(ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1; a thread per connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, engine: Engine, clock: Clock, token: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.engine = engine
        self.clock = clock
        self.token = token


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    timeout = _SOCKET_IDLE_SECONDS

    def do_GET(self) -> None:
        """Run the query in the URL."""
        self._answer()

    def do_POST(self) -> None:
        """Run the query in the URL and the body."""
        self._answer()

    def handle_expect_100(self) -> bool:
        """Let the client send its body now, not when the buffer of our answer is full."""
        accepted = super().handle_expect_100()
        self.wfile.flush()
        return accepted

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is inherited
        """Nothing per request: URLs may hold credentials."""

    def _answer(self) -> None:
        with self.server.clock.request() as accepted:
            headers = {name.title(): value for name, value in self.headers.items()}
            try:
                request = parse_request(self.path, headers)
                body = read_body(self.rfile.read, self.rfile.readline, headers, limit=MAX_BODY_BYTES)
            except BadRequest as error:
                self.close_connection = True  # the rest of the body may still be on its way
                self._send(error.status, f"Code: 1002. DB::Exception: {error}\n".encode(), code=1002)
                return
            if not accepted:
                self.close_connection = True
                self._send(503, b"the embedded engine is stopping\n")
            elif request.path == "/ping":
                self._send(200, b"Ok.\n")
            elif not hmac.compare_digest(request.password.encode(), self.server.token.encode()):
                text = b"Code: 516. DB::Exception: default: Authentication failed (AUTHENTICATION_FAILED)\n"
                self._send(403, text, code=_DENIED_CODE)
            elif request.path == "/identity":
                self._send(200, str(os.getpid()).encode())
            elif request.path == "/stop":
                self._send(200, b"Ok.\n")
                self.server.clock.wanted.set()
            elif request.path != "/":
                self._send(404, b"there is nothing at this path; queries go to /\n")
            else:
                self._run(request, body)

    def _run(self, request: Request, body: bytes) -> None:
        sql = b"\n".join(part for part in (request.query.encode(), body) if part)
        if not sql.strip():
            self._send(200, b"Ok.\n")
            return
        try:
            result = self.server.engine.run(
                sql,
                database=request.database,
                output_format=request.output_format,
                settings=request.settings,
            )
        except EngineError as error:
            status = 404 if error.code in _NOT_FOUND_CODES else 500
            self._send(status, f"{error}\n".encode(errors="replace"), code=error.code)
            return
        told = named_format(sql[-1024:].decode(errors="replace")) or request.output_format
        self._send(200, result, output_format=told)

    def _send(self, status: int, body: bytes, *, code: int = 0, output_format: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-ClickHouse-Server-Display-Name", "vk-alerts")
        self.send_header("X-ClickHouse-Timezone", "UTC")
        if code:
            self.send_header("X-ClickHouse-Exception-Code", str(code))
        if output_format:
            self.send_header("X-ClickHouse-Format", output_format)
        self.end_headers()
        self.wfile.write(body)


def serve(home: Path, *, idle_seconds: float) -> None:
    """Serve until told to stop, idle for so long, or forgotten: replaced by another, or the home is gone."""
    files = Home.of(home)
    wanted = threading.Event()
    engine = Engine(files.database, max_result_bytes=MAX_RESULT_BYTES)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: wanted.set())
    clock = Clock()
    clock.wanted = wanted
    server = Server(engine, clock, secrets.token_urlsafe(24))
    endpoint = Endpoint(port=server.server_port, token=server.token, pid=os.getpid())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint.write(files.endpoint)
    _LOG.info("event=started pid=%d port=%d", endpoint.pid, endpoint.port)
    while not wanted.wait(_TICK_SECONDS):
        if clock.close_if_idle(idle_seconds) or Endpoint.read(files.endpoint) != endpoint:
            break
    # First nobody new finds us, then what runs ends, then the engine closes: a successor waits for its lock.
    # What still comes over open connections is told to go elsewhere.
    clock.refuse()
    if Endpoint.read(files.endpoint) == endpoint:
        files.endpoint.unlink(missing_ok=True)
    server.shutdown()
    server.server_close()
    is_drained = clock.drained()
    if is_drained:
        engine.close()
    _LOG.info("event=stopped pid=%d drained=%s", endpoint.pid, is_drained)
    logging.shutdown()
    # Threads of keep-alive connections are still there; destructors of the engine must not run under them.
    os._exit(0 if is_drained else 1)


def main() -> None:
    """The command line of the process."""
    parser = argparse.ArgumentParser(description="The embedded engine of vk-alerts, on a port of 127.0.0.1")
    parser.add_argument("--home", type=Path, required=True, help="the folder of the installation")
    parser.add_argument(
        "--idle-seconds", type=float, required=True, help="stop after so long without requests"
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s level=%(levelname)s %(message)s")
    try:
        serve(arguments.home, idle_seconds=arguments.idle_seconds)
    except EngineError as error:
        _LOG.error("event=failed reason=%s", " ".join(str(error).split())[:300])
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
