"""A real clickhouse-server (Debian's 18.16 or any later one), started unprivileged on free loopback ports."""

import atexit
import functools
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import requests

from vk_alerts.clickhouse.target import Target

PASSWORD = "s3cret 'п@:/#"
# Users beside `default`, by the settings of their profiles; all have the same password.
READERS = {
    "reader": {"readonly": 1},  # may not even change a setting
    "roomy_reader": {"readonly": 1, "max_query_size": 1_000_000},
    "lenient_reader": {"readonly": 2},
    "partial_reader": {"readonly": 2, "skip_unavailable_shards": 1},
}
_START_SECONDS = 30
_CONFIG = """<yandex>
  <logger><level>warning</level><log>{folder}/server.log</log><errorlog>{folder}/errors.log</errorlog></logger>
  <http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><listen_host>127.0.0.1</listen_host>
  <path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path><users_config>{folder}/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>67108864</mark_cache_size><timezone>{zone}</timezone>
  {more}
</yandex>
"""
_USER = """<{name}>
  <password>{password}</password><networks><ip>127.0.0.1</ip></networks>
  <profile>{name}</profile><quota>default</quota>
</{name}>"""


@dataclass(slots=True)
class Node:
    """One server, which can be stopped and started again.

    Attributes:
        http: its port for clients.
        tcp: its port for other servers.
        folder: its configuration and data; goes away with the tests.
    """

    http: int = field(default_factory=lambda: free_port())
    tcp: int = field(default_factory=lambda: free_port())
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="vk-alerts-clickhouse-")))
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def target(self) -> Target:
        """The server, as the user who may do everything."""
        return Target(scheme="http", host="127.0.0.1", port=self.http, password=PASSWORD)

    def configure(
        self, *, zone: str = "UTC", config: str = "", settings: dict[str, int] | None = None
    ) -> None:
        """Writes its configuration.

        Args:
            zone: what its clocks show.
            config: more elements of the server's configuration.
            settings: of the profile of ``default``.
        """
        text = _CONFIG.format(folder=self.folder, http=self.http, tcp=self.tcp, zone=zone, more=config)
        (self.folder / "config.xml").write_text(text)
        (self.folder / "users.xml").write_text(_users({"default": settings or {}, **READERS}))

    def start(self) -> None:
        """Starts it and waits until it answers; it ends with the tests."""
        with (self.folder / "output.log").open("wb") as output:
            self._process = subprocess.Popen(
                [_binary(), f"--config-file={self.folder / 'config.xml'}"],
                stdout=output,
                stderr=output,
                cwd=self.folder,
            )
        atexit.register(self._end)

    def wait(self) -> None:
        """Waits until it answers."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            try:
                if requests.get(f"http://127.0.0.1:{self.http}/ping", timeout=1).ok:
                    return
            except requests.RequestException:
                time.sleep(0.05)
        raise RuntimeError(
            f"clickhouse-server did not start: {(self.folder / 'output.log').read_text()[-500:]}"
        )

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """Keeps its connections, and answers nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Ends it at once; asked politely, it takes seconds to tidy up."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=30)
            self._process = None

    def _end(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def server_binary() -> str | None:
    """The path of clickhouse-server, or None."""
    return shutil.which("clickhouse-server") or shutil.which(
        "clickhouse-server", path="/usr/sbin:/usr/local/bin"
    )


@functools.cache
def server_target(zone: str = "UTC") -> Target:
    """The target of a running server whose clocks show the given zone; it ends with the tests."""
    _binary()
    node = Node()
    node.configure(zone=zone)
    node.start()
    node.wait()
    return node.target


@pytest.fixture(scope="session")
def clickhouse_server() -> Target:
    """A real server in UTC, shared by all tests: give tables names of your own."""
    return server_target()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _binary() -> str:
    binary = server_binary()
    if binary is None:
        pytest.skip("clickhouse-server is not installed (apt-get install clickhouse-server)")
    return binary


def _users(settings_of_users: dict[str, dict[str, int]]) -> str:
    profiles = users = ""
    for name, settings in settings_of_users.items():
        options = "".join(f"<{setting}>{value}</{setting}>" for setting, value in settings.items())
        profiles += f"<{name}>{options}</{name}>"
        users += _USER.format(name=name, password=escape(PASSWORD))
    return (
        f"<yandex><profiles>{profiles}</profiles><quotas><default/></quotas><users>{users}</users></yandex>"
    )
