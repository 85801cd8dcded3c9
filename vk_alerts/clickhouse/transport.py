"""Requests to ClickHouse's HTTP interface: what goes where, for how long, and which answers count."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import requests
import urllib3

from vk_alerts.clickhouse.bounded import BoundedAdapter, has_more
from vk_alerts.clickhouse.embedded.lifecycle import ensure_running
from vk_alerts.clickhouse.faults import error_in, query_is_too_long, refused
from vk_alerts.clickhouse.outages import unreachable, unreadable, was_refused
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseDenied, ClickHouseQueryError

_PIECE_BYTES = 1 << 20
_ERROR_BYTES = 16_384
# The parser reads at most max_query_size bytes, by default this many; longer text needs a larger setting.
_DEFAULT_QUERY_BYTES = 262_144
# Servers close idle connections after 3 to 10 s. A write must not find that out while it is being sent:
# nobody could tell whether it arrived.
_FRESH_SECONDS = 1.0
# Of the embedded engine, for one request: somebody may end it again before it has heard us.
_STARTS = 5
_NOT_OURS = {requests.codes.unavailable, requests.codes.forbidden}


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer of status 200.

    Attributes:
        body: its bytes.
        zone: the zone the server names for times without one; empty when it names none.
    """

    body: bytes
    zone: str


@dataclass(frozen=True, slots=True)
class _Request:
    payload: bytes
    parameters: Mapping[str, str]
    is_read: bool

    def with_parameter(self, name: str, value: str) -> "_Request":
        return replace(self, parameters={**self.parameters, name: value})


class Transport:
    """Sends queries over connections that are kept, one per thread.

    Args:
        target: where to, and as whom.
        connect_timeout_seconds: how long to wait for the connection.
        read_timeout_seconds: how long sending may take, and then how long until the whole answer is there.
    """

    def __init__(
        self, target: Target, *, connect_timeout_seconds: float, read_timeout_seconds: float
    ) -> None:
        self.target = target
        self._connect_timeout_seconds = connect_timeout_seconds
        self._read_timeout_seconds = read_timeout_seconds
        self._local = threading.local()

    def send(
        self,
        sql: str,
        *,
        body: bytes | None = None,
        options: Mapping[str, str] | None = None,
        is_read: bool = False,
    ) -> Reply:
        """The server's answer to a query, after the query has ended.

        The query travels in the body and the password in a header: neither fits into a URL, nor belongs
        there.

        Args:
            sql: the query; of an INSERT up to and with its FORMAT.
            body: the rows of an INSERT, in that format.
            options: further URL parameters.
            is_read: whether the query changes nothing, so that nobody need wonder whether it ran.

        Raises:
            ClickHouseUnavailable: no answer, not in time, or not whole.
            ClickHouseDenied: wrong user, password or rights.
            ClickHouseQueryError: the server refused the query.
        """
        text = sql.encode()
        request = _Request(
            payload=text if body is None else b"".join((text, b"\n", body)),
            parameters={"database": self.target.database, "wait_end_of_query": "1", **(options or {})},
            is_read=is_read,
        )
        if len(text) <= _DEFAULT_QUERY_BYTES - _ERROR_BYTES:
            return self._send(request)
        try:
            return self._send(request.with_parameter("max_query_size", str(len(text) + _ERROR_BYTES)))
        except ClickHouseDenied as error:
            if "max_query_size" not in str(error):
                raise
        try:
            return self._send(request)  # the user may not raise it, but it may be large enough
        except ClickHouseQueryError as error:
            if error.name != "SYNTAX_ERROR":
                raise
            raise query_is_too_long(self.target, len(text)) from error

    def _send(self, request: "_Request") -> Reply:
        starts_left = _STARTS if self.target.home else 0
        while True:
            try:
                return self._exchange(request)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                if not (starts_left and self.target.home and was_refused(error)):
                    is_connecting = isinstance(error, requests.ConnectTimeout)
                    seconds = self._connect_timeout_seconds if is_connecting else self._read_timeout_seconds
                    raise unreachable(
                        self.target, error, timeout_seconds=seconds, is_read=request.is_read
                    ) from error
            # The embedded engine has gone idle, or was killed: nothing was sent, so start it and send.
            starts_left -= 1
            self.target = ensure_running(self.target.home)

    def _exchange(self, request: "_Request") -> Reply:
        session = self._session(must_be_fresh=not request.is_read)
        with session.post(
            f"{self.target.address}/",
            params=dict(request.parameters),
            data=request.payload,
            stream=True,
            allow_redirects=False,
            timeout=(self._connect_timeout_seconds, self._read_timeout_seconds),
            verify=str(self.target.ca_file) if self.target.ca_file else True,
        ) as response:
            is_clickhouse = any(name.lower().startswith("x-clickhouse-") for name in response.headers)
            if self.target.home and (response.status_code in _NOT_OURS or not is_clickhouse):
                # The embedded engine is about to end, or somebody else has its port by now: nothing was done.
                raise requests.ConnectionError(ConnectionRefusedError())
            failed = "X-ClickHouse-Exception-Code" in response.headers
            if response.status_code != requests.codes.ok or failed or not is_clickhouse:
                text = response.raw.read1(_ERROR_BYTES).decode(errors="replace")
                raise refused(self.target, response.status_code, response.headers, text)
            body = self._whole_body(response)
            broken_off = error_in(body)
            if broken_off:
                raise refused(self.target, response.status_code, response.headers, broken_off)
            self._local.last_used = time.monotonic()
            return Reply(body, response.headers.get("X-ClickHouse-Timezone", ""))

    def _whole_body(self, response: requests.Response) -> bytes:
        headers = response.headers
        is_chunked = headers.get("Transfer-Encoding", "").lower() == "chunked"
        length = headers.get("Content-Length", "")
        if not (is_chunked or (length.isascii() and length.isdigit())):
            raise unreadable(self.target, "of unknown length, of which a cut one looks whole")
        if headers.get("Content-Encoding", "identity") != "identity":
            raise unreadable(self.target, "that are compressed, unasked")
        pieces = []
        # read1 returns what is there, so that nothing is copied twice.
        while piece := response.raw.read1(_PIECE_BYTES):
            pieces.append(piece)
        if has_more(response):
            raise unreadable(self.target, "longer than they say")
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
            session.mount(scheme, BoundedAdapter(self._read_timeout_seconds))
        session.headers.update(
            {
                "X-ClickHouse-User": self.target.user.encode(),
                "X-ClickHouse-Key": self.target.password.encode(),
                "Accept-Encoding": "identity",
                "User-Agent": "vk-alerts",
            }
        )
        return session
