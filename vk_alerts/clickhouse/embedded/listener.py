"""ClickHouse's HTTP protocol on a port of 127.0.0.1, spoken to whoever knows the token."""

import hmac
import os
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from vk_alerts.clickhouse.embedded.clock import Clock
from vk_alerts.clickhouse.embedded.engine import Engine, EngineError
from vk_alerts.clickhouse.embedded.request import BadRequest, Request, parse_request, read_body
from vk_alerts.clickhouse.statement import named_format

MAX_BODY_BYTES = 1 << 30
_SOCKET_IDLE_SECONDS = 300.0
# How long a client that sends too much may go on before it must listen.
_DISCARD_SECONDS = 30.0
_DISCARD_PIECE_BYTES = 1 << 20
_LAST_WORDS_SECONDS = 0.2
_NOT_FOUND_CODES = {16, 46, 47, 60, 81}
_DENIED_CODE = 516


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
        self._somebody_waits = True

    def turn_away_the_rest(self) -> None:
        """Stop listening; who has connected meanwhile is answered: closing would break their requests."""
        self.shutdown()
        self.timeout = 0
        while self._somebody_waits:
            self.handle_request()
        self.server_close()
        time.sleep(_LAST_WORDS_SECONDS)  # for the threads that answer them

    def handle_timeout(self) -> None:
        """Nobody waits to be accepted."""
        self._somebody_waits = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error of ours."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    timeout = _SOCKET_IDLE_SECONDS

    has_more_to_come = False

    def do_GET(self) -> None:
        """Run the query in the URL."""
        self._answer()

    def do_POST(self) -> None:
        """Run the query in the URL and the body."""
        self._answer()
        if self.has_more_to_come:
            self._discard_body()

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
                self.close_connection = self.has_more_to_come = True
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

    def _discard_body(self) -> None:
        """Read what is still being sent: who sends does not listen, and closing would destroy the answer."""
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + _DISCARD_SECONDS
        while time.monotonic() < deadline and self.rfile.read1(_DISCARD_PIECE_BYTES):
            pass

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
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("X-ClickHouse-Server-Display-Name", "vk-alerts")
        self.send_header("X-ClickHouse-Timezone", "UTC")
        if code:
            self.send_header("X-ClickHouse-Exception-Code", str(code))
        if output_format:
            self.send_header("X-ClickHouse-Format", output_format)
        self.end_headers()
        self.wfile.write(body)
