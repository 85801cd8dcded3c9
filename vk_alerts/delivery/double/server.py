"""The double's HTTP server."""

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from vk_alerts.alerting.markup import plain
from vk_alerts.delivery.double.faults import Fault, RefusalError, Way, api_error
from vk_alerts.delivery.double.forms import read_fields
from vk_alerts.delivery.double.methods import handle
from vk_alerts.delivery.double.state import BotApi, Call

# How long a hanging server hangs at most, should nobody stop it.
_HANG_SECONDS = 30
_TRICKLE_SECONDS = 0.02


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes: the second one would wait 40 ms for the client to confirm the first.
    disable_nagle_algorithm = True
    api: BotApi

    def do_POST(self) -> None:
        """Every method comes this way."""
        path = urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fields: dict[str, Any] = {}
        try:
            fields = read_fields(self.headers.get("Content-Type", ""), body)
            result, fault = handle(self.api, path, fields)
        except RefusalError as refusal:
            fault = refusal.fault
        except (UnicodeDecodeError, ValueError):
            fault = api_error(400, "Bad Request: strings must be encoded in UTF-8")
        if fault is None:
            fault = Fault(Way.ANSWER, 200, json.dumps({"ok": True, "result": result}).encode())
        self.api.log.append(_call(path, fields, len(body), fault))
        self._answer(fault)

    do_GET = do_POST  # noqa: N815 - the base class looks for this name

    def _answer(self, fault: Fault) -> None:
        if fault.way is Way.HANG:
            self.api.stopping.wait(_HANG_SECONDS)
        if fault.way is Way.RESET:
            # Linger 0: close() sends RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if fault.way is not Way.ANSWER:
            self.close_connection = True
        if fault.way in (Way.HANG, Way.RESET, Way.CLOSE):
            return
        missing = 0 if fault.way is Way.ANSWER else 100_000
        try:
            self.send_response(fault.status)
            self.send_header("Content-Type", fault.content_type)
            self.send_header("Content-Length", str(len(fault.body) + missing))
            self.end_headers()
            self.wfile.write(fault.body)
            while fault.way is Way.TRICKLE and not self.api.stopping.wait(_TRICKLE_SECONDS):
                self.wfile.write(b" ")
        except OSError:
            self.close_connection = True

    def log_message(
        self,
        format: str,  # noqa: A002 - the base class's name
        *args: Any,
    ) -> None:
        """Who wants to look on reads `BotApi.log`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in the middle are part of the tests."""


@contextmanager
def bot_api() -> Iterator[BotApi]:
    """A running server; it ends with the block."""
    api = BotApi()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": api}))
    api.root = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        api.stopping.set()
        api.arrived.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _call(path: str, fields: dict[str, Any], size: int, fault: Fault) -> Call:
    answered = fault.way is Way.ANSWER
    said = fault.way.name.lower()
    if answered:
        try:
            said = str(json.loads(fault.body).get("description", ""))
        except (ValueError, AttributeError):
            said = "not an answer of the Bot API"
    chat = str(fields.get("chat_id", ""))
    status = fault.status if answered else 0
    return Call(path.rsplit("/", 1)[-1], chat, size, status, said, _text(fields))


def _text(fields: dict[str, Any]) -> str:
    """What a call would show; the caption of new media stands with them."""
    holder = fields
    try:
        if "media" in fields:
            holder = json.loads(fields["media"])
        return plain(str(holder.get("text") or holder.get("caption") or ""))
    except (ValueError, TypeError, AttributeError):
        return ""
