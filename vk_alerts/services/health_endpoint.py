"""An address that a load balancer or a watchdog asks: 200 while alerts would come, else 503 and why."""

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from vk_alerts import pipeline
from vk_alerts.clickhouse.embedded import running
from vk_alerts.errors import ClickHouseUnavailable, ConfigurationError, VkAlertsError
from vk_alerts.pipeline import CheckResult
from vk_alerts.settings import read_settings

LOGGER = logging.getLogger(__name__)

PATH = "/health"
# However often it is asked, the databases are asked this often.
_KEPT_SECONDS = 5.0

Look = Callable[[], Sequence[CheckResult]]


@dataclass(slots=True)
class Pulse:
    """What the endpoint answers, looked up at most every few seconds.

    Attributes:
        look: makes the checks.
    """

    look: Look
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _until: float = -1.0
    _answer: tuple[HTTPStatus, bytes] = (HTTPStatus.SERVICE_UNAVAILABLE, b"")

    def answer(self) -> tuple[HTTPStatus, bytes]:
        """The status, and JSON: ``status``, ``reason``, and each check with its figures."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._answer = _answer(self.look)
                self._until = time.monotonic() + _KEPT_SECONDS
            return self._answer


def look_at_stores() -> list[CheckResult]:
    """The checks without which nobody would be alerted, on the stores that the environment names.

    Raises:
        VkAlertsError: a store cannot be used.
    """
    settings = read_settings()
    if settings.clickhouse_url is None and running(settings.home) is None:
        raise ClickHouseUnavailable("the embedded engine does not run; start 'vk-alerts up'")
    stores = pipeline.open_stores(settings)
    try:
        return pipeline.check_alive(stores, datetime.now(UTC))
    finally:
        stores.close()


def health_server(host: str, port: int, pulse: Pulse) -> ThreadingHTTPServer:
    """A server that answers ``GET /health``; the caller lets it serve and closes it. Port 0: a free one.

    Raises:
        ConfigurationError: it cannot listen there.
    """

    class _Handler(BaseHTTPRequestHandler):
        timeout = 10  # seconds: who connects and says nothing holds a thread

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != PATH:
                self._reply(HTTPStatus.NOT_FOUND, json.dumps({"reason": f"ask for {PATH}"}).encode())
                return
            self._reply(*pulse.answer())

        def _reply(self, status: HTTPStatus, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing: it is asked every few seconds."""

    try:
        return ThreadingHTTPServer((host, port), _Handler)
    except OSError as error:
        raise ConfigurationError(
            f"health: cannot listen on {host}:{port} ({error.strerror or error}); choose another --port"
        ) from error


def _answer(look: Look) -> tuple[HTTPStatus, bytes]:
    try:
        results = look()
    except VkAlertsError as error:
        return _reply(HTTPStatus.SERVICE_UNAVAILABLE, str(error), ())
    except Exception as error:  # noqa: BLE001 - whoever asks is to hear that it fails, whatever the cause
        LOGGER.warning("check=health outcome=failed error=%s", type(error).__name__)
        return _reply(HTTPStatus.SERVICE_UNAVAILABLE, f"the checks failed: {type(error).__name__}", ())
    wrong = [result.reason for result in results if not result.passed]
    status = HTTPStatus.SERVICE_UNAVAILABLE if wrong else HTTPStatus.OK
    return _reply(status, "; ".join(wrong) or "alerts would come", results)


def _reply(status: HTTPStatus, reason: str, results: Sequence[CheckResult]) -> tuple[HTTPStatus, bytes]:
    checks = {
        result.check.value: {
            "passed": result.passed,
            "reason": result.reason,
            "figures": dict(result.figures),
        }
        for result in results
    }
    word = "ok" if status is HTTPStatus.OK else "failing"
    body = {"status": word, "reason": reason, "checks": checks}
    return status, json.dumps(body, ensure_ascii=False).encode()
