"""Over https the server's certificate counts, and one's own authority can be named."""

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from vk_alerts.clickhouse.client import ClickHouse
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseUnavailable

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed to make a certificate")


class One(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("X-ClickHouse-Server-Display-Name", "x")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"1\n")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(
        [
            *(str(OPENSSL), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", "key.pem", "-out", "ca.pem", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder / "ca.pem"


@pytest.fixture
def port(certificate: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    server = HTTPServer(("127.0.0.1", 0), One)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_authority_of_ones_own_is_trusted_when_named(port: int, certificate: Path) -> None:
    ClickHouse(Target.from_url(f"https://u:hunter2@127.0.0.1:{port}/d?ca_file={certificate}")).ping()


def test_an_unknown_certificate_is_refused_with_the_remedy(port: int) -> None:
    with pytest.raises(ClickHouseUnavailable, match=r"not trusted \(name yours with \?ca_file=\)"):
        ClickHouse(Target.from_url(f"https://u:hunter2@127.0.0.1:{port}/d")).ping()
