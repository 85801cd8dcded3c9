"""Over https the server's certificate and name count, and one's own authority can be named."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseUnavailable
from vk_alerts_tests.unit.clickhouse.certificates import Certificates, key_of, make_certificates


class One(BaseHTTPRequestHandler):
    seen: list[str]
    excess = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(self.headers["X-ClickHouse-Key"])
        self.send_response(200)
        self.send_header("X-ClickHouse-Server-Display-Name", "x")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"1\n" + self.excess)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@contextmanager
def tls_server(certificate: Path, **attributes: object) -> Iterator[tuple[int, list[str]]]:
    """A port of 127.0.0.1 and the passwords that were heard there."""
    seen: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key_of(certificate))
    server = HTTPServer(("127.0.0.1", 0), type("Seen", (One,), {"seen": seen, **attributes}))
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port, seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def client_of(port: int, *, trusts: Path | None = None, scheme: str = "https") -> ClickHouse:
    option = f"?ca_file={trusts}" if trusts else ""
    target = Target.from_url(
        f"{scheme}://u:hunter2@127.0.0.1:{port}/d{option}", variable="VK_ALERTS_RESULTS_URL"
    )
    return ClickHouse(target, connect_timeout_seconds=2, read_timeout_seconds=2)


def test_an_authority_of_ones_own_is_trusted_when_named(certificates: Certificates) -> None:
    with tls_server(certificates.loopback) as (port, seen):
        client_of(port, trusts=certificates.authority).ping()

    assert seen == ["hunter2"]


@pytest.mark.parametrize(
    ("certificate", "trusted", "reason"),
    [
        ("loopback", None, r"is not trusted \(.*\); name its authority's with \?ca_file="),
        ("loopback", "stranger", r"is not trusted \(.*\); name its authority's with \?ca_file="),
        ("elsewhere", "authority", r"is for another host \(.*127\.0\.0\.1'\)"),
    ],
    ids=["no authority named", "the wrong authority", "the wrong host"],
)
def test_nobody_who_is_not_trusted_hears_the_password(
    certificates: Certificates, certificate: str, trusted: str | None, reason: str
) -> None:
    trusts = getattr(certificates, trusted) if trusted else None
    with (
        tls_server(getattr(certificates, certificate)) as (port, seen),
        pytest.raises(
            ClickHouseUnavailable, match=f"its certificate {reason}; check VK_ALERTS_RESULTS_URL$"
        ) as told,
    ):
        client_of(port, trusts=trusts).ping()

    assert seen == []
    assert "hunter2" not in f"{told.value} {told.value.__cause__!r}"


def test_a_certificate_in_the_environment_does_not_count(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.authority))
    with (
        tls_server(certificates.loopback) as (port, _),
        pytest.raises(ClickHouseUnavailable, match="not trusted"),
    ):
        client_of(port).ping()


def test_https_to_a_port_for_http_is_told(certificates: Certificates) -> None:
    server = HTTPServer(("127.0.0.1", 0), One)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    with pytest.raises(ClickHouseUnavailable, match=r"does not speak TLS as we do .*is its port"):
        client_of(server.server_port, trusts=certificates.authority).ping()
    server.shutdown()
    server.server_close()
    thread.join()


def test_more_than_was_announced_is_noticed_through_tls(certificates: Certificates) -> None:
    with (
        tls_server(certificates.loopback, excess=b"2\n") as (port, _),
        pytest.raises(ClickHouseUnavailable, match="longer than they say"),
    ):
        client_of(port, trusts=certificates.authority).ping()
