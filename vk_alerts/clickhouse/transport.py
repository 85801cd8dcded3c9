"""Requests to ClickHouse's HTTP interface: what goes where, for how long, and which answers count."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import requests
import urllib3
from requests.adapters import HTTPAdapter

from vk_alerts.clickhouse.embedded.lifecycle import ensure_running
from vk_alerts.clickhouse.faults import refused, unreachable, was_refused
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseUnavailable

_PIECE_BYTES = 1 << 20
_ERROR_BYTES = 16_384
# The parser reads at most max_query_size bytes, by default this many; longer text needs a larger setting.
_DEFAULT_QUERY_BYTES = 262_144
# Servers close idle connections after 3 to 10 s. A write must not find that out while it is being sent:
# nobody could tell whether it arrived.
_FRESH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer of status 200.

    Attributes:
        body: its bytes.
        zone: the zone the server names for times without one; empty when it names none.
    """

    body: bytes
    zone: str


class Transport:
    """Sends queries over connections that are kept, one per thread.

    Args:
        target: where to, and as whom.
        connect_timeout_seconds: how long to wait for the connection.
        read_timeout_seconds: how long to wait for the first byte, for each next one, and for the whole body.
    """

    def __init__(
        self, target: Target, *, connect_timeout_seconds: float, read_timeout_seconds: float
    ) -> None:
        self.target = target
        self._connect_timeout_seconds = connect_timeout_seconds
        self._read_timeout_seconds = read_timeout_seconds
        self._local = threading.local()

    def send(self, sql: str, *, body: bytes | None = None, options: Mapping[str, str] | None = None) -> Reply:
        """The server's answer to a query, after the query has ended.

        The query travels in the body and the password in a header: neither fits into a URL, nor belongs
        there.

        Args:
            sql: the query; of an INSERT up to and with its FORMAT.
            body: the rows of an INSERT, in that format.
            options: further URL parameters.

        Raises:
            ClickHouseUnavailable: no answer, not in time, or not whole.
            ClickHouseDenied: wrong user, password or rights.
            ClickHouseQueryError: the server refused the query.
        """
        text = sql.encode()
        parameters = {"database": self.target.database, "wait_end_of_query": "1", **(options or {})}
        if len(text) > _DEFAULT_QUERY_BYTES - _ERROR_BYTES:
            parameters["max_query_size"] = str(len(text) + _ERROR_BYTES)
        payload = text if body is None else b"".join((text, b"\n", body))
        try:
            try:
                return self._exchange(payload, parameters, is_write=body is not None)
            except requests.ConnectionError as error:
                if not (self.target.home and was_refused(error)):
                    raise
                # The embedded engine has gone idle, or was killed: nothing was sent, so start it and send.
                self.target = ensure_running(self.target.home)
                return self._exchange(payload, parameters, is_write=body is not None)
        except requests.ConnectTimeout as error:
            raise self._unreachable(error, self._connect_timeout_seconds) from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._unreachable(error, self._read_timeout_seconds) from error

    def _unreachable(self, error: Exception, timeout_seconds: float) -> ClickHouseUnavailable:
        return unreachable(self.target, error, timeout_seconds=timeout_seconds)

    def _exchange(self, payload: bytes, parameters: Mapping[str, str], *, is_write: bool) -> Reply:
        session = self._session(must_be_fresh=is_write)
        with session.post(
            f"{self.target.address}/",
            params=dict(parameters),
            data=payload,
            stream=True,
            allow_redirects=False,
            timeout=(self._connect_timeout_seconds, self._read_timeout_seconds),
            verify=str(self.target.ca_file) if self.target.ca_file else True,
        ) as response:
            is_clickhouse = any(name.lower().startswith("x-clickhouse-") for name in response.headers)
            if response.status_code == requests.codes.unavailable and self.target.home:
                # The embedded engine is about to end, and has not looked at the query.
                raise requests.ConnectionError(ConnectionRefusedError())
            failed = "X-ClickHouse-Exception-Code" in response.headers
            if response.status_code != requests.codes.ok or failed or not is_clickhouse:
                text = response.raw.read1(_ERROR_BYTES).decode(errors="replace")
                raise refused(self.target, response.status_code, response.headers, text)
            body = self._whole_body(response)
            self._local.last_used = time.monotonic()
            return Reply(body, response.headers.get("X-ClickHouse-Timezone", ""))

    def _whole_body(self, response: requests.Response) -> bytes:
        headers = response.headers
        if "Content-Length" not in headers and headers.get("Transfer-Encoding", "").lower() != "chunked":
            raise ClickHouseUnavailable(
                f"ClickHouse at {self.target.address} sends answers of unknown length, of which a "
                "cut one looks whole; is a proxy between? check VK_ALERTS_CLICKHOUSE_URL"
            )
        deadline = time.monotonic() + self._read_timeout_seconds
        pieces = []
        # read1 returns what is there; read would wait for a whole piece, and so for ever on a trickle.
        while piece := response.raw.read1(_PIECE_BYTES):
            pieces.append(piece)
            if time.monotonic() > deadline:
                raise requests.ReadTimeout
        return b"".join(pieces)

    def _session(self, *, must_be_fresh: bool) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None or self._local.target != self.target:
            session = self._local.session = self._new_session()
            self._local.target = self.target
        elif must_be_fresh and time.monotonic() - self._local.last_used > _FRESH_SECONDS:
            session.close()  # drops the idle connections; the session opens new ones
        self._local.last_used = getattr(self._local, "last_used", time.monotonic())
        return session

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        # Proxies, .netrc and REQUESTS_CA_BUNDLE would each change who sees the password.
        session.trust_env = False
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(pool_maxsize=1, max_retries=0))
        session.headers.update(
            {
                "X-ClickHouse-User": self.target.user.encode(),
                "X-ClickHouse-Key": self.target.password.encode(),
                "Accept-Encoding": "identity",
                "User-Agent": "vk-alerts",
            }
        )
        return session
