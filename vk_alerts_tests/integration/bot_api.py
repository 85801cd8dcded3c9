"""A strict Bot API server on loopback: it accepts what Telegram accepts, and fails on demand.

Source of the rules: https://core.telegram.org/bots/api. Faults strike before or after acceptance; what was
accepted is kept apart from what was called, and tests assert on what was accepted.
"""

import json
import re
import socket
import struct
import threading
import time
import zlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from vk_alerts_tests.integration.telegram_html import BadHtmlError, Shown, parse_html

TOKEN = f"{123456789}:AAF-an_honest_double_of_a_bots_token"  # not for whoever scans for real ones
CAPTION_LIMIT, TEXT_LIMIT, CALLBACK_BYTES = 1024, 4096, 64
PHOTO_BYTES, PHOTO_SIDES, PHOTO_RATIO = 10 * 2**20, 10_000, 20
FILE_ID = re.compile(r"[A-Za-z0-9_-]{20,}")


class Way(Enum):
    """How a fault shows on the wire."""

    ANSWER = auto()
    """A whole answer, with the fault's status and body."""
    RESET = auto()
    """The connection is reset."""
    CLOSE = auto()
    """The connection is closed without an answer."""
    HALF = auto()
    """The head says more than the body then holds."""
    HANG = auto()
    """No answer as long as the server lives."""


@dataclass(frozen=True)
class Fault:
    way: Way
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"


def api_error(status: int, description: str, **parameters: Any) -> Fault:
    """A refusal as the Bot API words it."""
    content: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        content["parameters"] = parameters
    return Fault(Way.ANSWER, status, json.dumps(content).encode())


def web_page(status: int, text: str = "") -> Fault:
    """What a proxy or a captive portal answers."""
    page = f"<html><body><h1>{status}</h1>{text}</body></html>"
    return Fault(Way.ANSWER, status, page.encode(), "text/html")


@dataclass
class Accepted:
    """A message as the chat shows it."""

    chat: str
    message_id: int
    shown: Shown
    photo: bytes | None
    silent: bool
    reply_to: int | None
    preview: bool
    markup: str | None = None
    edits: int = 0


class RefusalError(Exception):
    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.fault = api_error(status, description, **parameters)


@dataclass
class BotApi:
    """The server's state; fields may be changed between calls.

    Attributes:
        root: what ``VK_ALERTS_TELEGRAM_API`` would hold.
        chats: chats the bot may write to.
        kicked: chats it was thrown out of.
        migrated: old id to new id.
        per_chat: at most so many messages in so many seconds; None = no limit.
        calls: methods called with a valid token, faults included, with their fields.
        accepted: messages that chats show.
        before: faults to strike before acceptance, the next first; None lets a call pass.
        after: faults to strike after acceptance.
    """

    root: str = ""
    chats: set[str] = field(default_factory=lambda: {"-1001"})
    kicked: set[str] = field(default_factory=set)
    migrated: dict[str, str] = field(default_factory=dict)
    per_chat: tuple[int, float] | None = None
    clock: Callable[[], float] = time.monotonic
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    before: deque[Fault | None] = field(default_factory=deque)
    after: deque[Fault | None] = field(default_factory=deque)
    stopping: threading.Event = field(default_factory=threading.Event)
    _sent_at: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _files: dict[str, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, path: str, fields: dict[str, Any]) -> tuple[dict[str, Any], Fault | None]:
        """The result of a call and the fault that shall hide it; a refusal is raised."""
        match = re.fullmatch(r"/bot([^/]+)/(\w+)", path)
        if not match or not re.fullmatch(r"\d+:[\w-]{30,}", unquote(match[1])):
            raise RefusalError(404, "Not Found")
        if unquote(match[1]) != TOKEN:
            raise RefusalError(401, "Unauthorized")
        with self._lock:
            self.calls.append((match[2], fields))
            fault = self.before.popleft() if self.before else None
            if fault:
                return {}, fault
            methods = {
                "getMe": self._get_me,
                "sendMessage": self._send_message,
                "sendPhoto": self._send_photo,
                "editMessageCaption": self._edit_caption,
            }
            if match[2] not in methods:
                raise RefusalError(404, "Not Found: method not found")
            result = methods[match[2]](fields)
            return result, self.after.popleft() if self.after else None

    def _get_me(self, _fields: dict[str, Any]) -> dict[str, Any]:
        return {"id": 1, "is_bot": True, "first_name": "double", "username": "double_bot"}

    def _send_message(self, fields: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat(fields)
        shown = _shown(fields, "text", TEXT_LIMIT, "message is too long")
        if not shown.text:
            raise RefusalError(400, "Bad Request: message text is empty")
        return self._accept(chat, fields, shown, None)

    def _send_photo(self, fields: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat(fields)
        shown = _shown(fields, "caption", CAPTION_LIMIT, "message caption is too long")
        return self._accept(chat, fields, shown, self._photo(fields))

    def _edit_caption(self, fields: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat(fields)
        wanted = int(fields.get("message_id", 0))
        shown = _shown(fields, "caption", CAPTION_LIMIT, "message caption is too long")
        markup = _keyboard(fields)
        for message in self.accepted:
            if (message.chat, message.message_id) == (chat, wanted):
                if message.shown == shown and message.markup == markup:
                    raise RefusalError(
                        400,
                        "Bad Request: message is not modified: specified new message content and reply "
                        "markup are exactly the same as a current content and reply markup of the message",
                    )
                message.shown, message.markup = shown, markup
                message.edits += 1
                return _told(message)
        raise RefusalError(400, "Bad Request: message to edit not found")

    def _chat(self, fields: dict[str, Any]) -> str:
        chat = str(fields.get("chat_id", ""))
        if not chat:
            raise RefusalError(400, "Bad Request: chat_id is empty")
        if chat in self.kicked:
            raise RefusalError(403, "Forbidden: bot was kicked from the supergroup chat")
        if chat in self.migrated:
            raise RefusalError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=int(self.migrated[chat]),
            )
        if chat not in self.chats:
            raise RefusalError(400, "Bad Request: chat not found")
        return chat

    def _photo(self, fields: dict[str, Any]) -> bytes:
        photo = fields.get("photo", b"")
        if isinstance(photo, str) and photo.startswith("attach://"):
            photo = fields.get(photo.removeprefix("attach://"), b"")
        if isinstance(photo, str):
            if not FILE_ID.fullmatch(photo) or photo not in self._files:
                raise RefusalError(400, "Bad Request: wrong file identifier/HTTP URL specified")
            return self._files[photo]
        if not photo:
            raise RefusalError(400, "Bad Request: file must be non-empty")
        if len(photo) > PHOTO_BYTES:
            raise RefusalError(413, "Request Entity Too Large")
        check_png(photo)
        self._files[f"file-{zlib.crc32(photo):08x}-{len(photo):012d}"] = photo
        return bytes(photo)

    def _accept(self, chat: str, fields: dict[str, Any], shown: Shown, photo: bytes | None) -> dict[str, Any]:
        reply_to = None
        if "reply_parameters" in fields:
            reply = json.loads(fields["reply_parameters"])
            if any((m.chat, m.message_id) == (chat, reply["message_id"]) for m in self.accepted):
                reply_to = reply["message_id"]
            elif not reply.get("allow_sending_without_reply"):
                raise RefusalError(400, "Bad Request: message to be replied not found")
        markup = _keyboard(fields)
        self._spend(chat)
        preview = json.loads(fields.get("link_preview_options", "{}"))
        message = Accepted(
            chat,
            len(self.accepted) + 101,
            shown,
            photo,
            silent=str(fields.get("disable_notification", "false")).lower() == "true",
            reply_to=reply_to,
            preview=photo is None and not preview.get("is_disabled", False),
            markup=markup,
        )
        self.accepted.append(message)
        return _told(message)

    def _spend(self, chat: str) -> None:
        if self.per_chat is None:
            return
        most, seconds = self.per_chat
        now = self.clock()
        recent = [at for at in self._sent_at[chat] if now - at < seconds]
        if len(recent) >= most:
            wait = max(1, round(recent[0] + seconds - now))
            raise RefusalError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        self._sent_at[chat] = [*recent, now]


def _told(message: Accepted) -> dict[str, Any]:
    told: dict[str, Any] = {
        "message_id": message.message_id,
        "date": 1_769_858_100,
        "chat": {"id": int(message.chat) if message.chat.lstrip("-").isdigit() else -1, "type": "supergroup"},
    }
    if message.photo is None:
        return told | {"text": message.shown.text}
    file_id = f"file-{zlib.crc32(message.photo):08x}-{len(message.photo):012d}"
    size = {"file_id": file_id, "file_unique_id": file_id[:13], "width": 1280, "height": 720}
    return told | {"caption": message.shown.text, "photo": [size]}


def _shown(fields: dict[str, Any], name: str, limit: int, too_long: str) -> Shown:
    text = str(fields.get(name, ""))
    if fields.get("parse_mode") == "HTML":
        try:
            shown = parse_html(text)
        except BadHtmlError as error:
            raise RefusalError(400, f"Bad Request: can't parse entities: {error}") from None
    else:
        shown = Shown(text.strip())
    if shown.units > limit:
        raise RefusalError(400, f"Bad Request: {too_long}")
    return shown


def _keyboard(fields: dict[str, Any]) -> str | None:
    if "reply_markup" not in fields:
        return None
    for row in json.loads(fields["reply_markup"]).get("inline_keyboard", []):
        for button in row:
            if len(button.get("callback_data", "").encode()) > CALLBACK_BYTES:
                raise RefusalError(400, "Bad Request: BUTTON_DATA_INVALID")
            url = button.get("url")
            if url is not None and "." not in (urlsplit(url).hostname or ""):
                raise RefusalError(
                    400, f"Bad Request: inline keyboard button URL '{url}' is invalid: Wrong HTTP URL"
                )
    return str(fields["reply_markup"])


def check_png(photo: bytes) -> None:
    """Signature, checksums of all chunks, IEND at the end, and Telegram's limits for sides."""
    if not photo.startswith(b"\x89PNG\r\n\x1a\n"):
        raise RefusalError(400, "Bad Request: IMAGE_PROCESS_FAILED")
    position, kinds = 8, []
    while position + 12 <= len(photo):
        (size,) = struct.unpack_from(">I", photo, position)
        kind, content = photo[position + 4 : position + 8], photo[position + 8 : position + 8 + size]
        check = photo[position + 8 + size : position + 12 + size]
        if len(check) < 4 or zlib.crc32(kind + content) != struct.unpack(">I", check)[0]:
            raise RefusalError(400, "Bad Request: IMAGE_PROCESS_FAILED")
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", content)
            if width + height > PHOTO_SIDES or max(width, height) > PHOTO_RATIO * min(width, height):
                raise RefusalError(400, "Bad Request: PHOTO_INVALID_DIMENSIONS")
        kinds.append(kind)
        position += 12 + size
    if position != len(photo) or kinds[:1] != [b"IHDR"] or kinds[-1:] != [b"IEND"]:
        raise RefusalError(400, "Bad Request: IMAGE_PROCESS_FAILED")


def parse_multipart(body: bytes, boundary: bytes) -> dict[str, Any]:
    """Fields of a multipart body: files as bytes, all else as text; malformed bodies raise `RefusalError`."""
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if parts[0] or not parts[-1].startswith(b"--"):
        raise RefusalError(400, "Bad Request: malformed multipart body")
    fields: dict[str, Any] = {}
    for part in parts[1:-1]:
        head, separator, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if not separator or not name:
            raise RefusalError(400, "Bad Request: malformed multipart body")
        is_file = b"filename=" in head
        fields[name[1].decode()] = content if is_file else content.decode("utf-8")
    return fields


def _fields(content_type: str, body: bytes) -> dict[str, Any]:
    kind, _, rest = content_type.partition(";")
    if kind == "multipart/form-data":
        return parse_multipart(body, rest.partition("boundary=")[2].strip('"').encode())
    if kind == "application/json":
        return dict(json.loads(body))
    return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(body)))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: BotApi

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            fields = _fields(self.headers.get("Content-Type", ""), body)
            result, fault = self.api.handle(urlsplit(self.path).path, fields)
        except RefusalError as refusal:
            self._answer(refusal.fault)
            return
        except (UnicodeDecodeError, ValueError):
            self._answer(api_error(400, "Bad Request: strings must be encoded in UTF-8"))
            return
        if fault is None:
            fault = Fault(Way.ANSWER, 200, json.dumps({"ok": True, "result": result}).encode())
        self._answer(fault)

    do_GET = do_POST  # noqa: N815 - the base class looks for this name

    def _answer(self, fault: Fault) -> None:
        if fault.way is Way.HANG:
            self.api.stopping.wait(30)
        if fault.way is Way.RESET:
            # Linger 0: close() sends RST instead of FIN.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if fault.way in (Way.HANG, Way.RESET, Way.CLOSE):
            self.close_connection = True
            return
        missing = 1000 if fault.way is Way.HALF else 0
        try:
            self.send_response(fault.status)
            self.send_header("Content-Type", fault.content_type)
            self.send_header("Content-Length", str(len(fault.body) + missing))
            self.end_headers()
            self.wfile.write(fault.body)
        except OSError:
            self.close_connection = True
        if missing:
            self.close_connection = True

    def log_message(
        self,
        format: str,  # noqa: A002 - the base class's name
        *args: Any,
    ) -> None:
        """Tests read `BotApi.calls`."""


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
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
