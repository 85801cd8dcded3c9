"""A real clickhouse-server (Debian's 18.16 or any later one), started unprivileged on free loopback ports."""

import atexit
import functools
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import requests

from vk_alerts.clickhouse.target import Target

PASSWORD = "s3cret 'п@:/#"
_START_SECONDS = 30
_CONFIG = """<yandex>
  <logger><level>warning</level><log>{folder}/server.log</log><errorlog>{folder}/errors.log</errorlog></logger>
  <http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><listen_host>127.0.0.1</listen_host>
  <path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path><users_config>{folder}/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>67108864</mark_cache_size><timezone>{zone}</timezone>
</yandex>
"""
_USERS = """<yandex>
  <profiles><default/><readonly><readonly>1</readonly></readonly></profiles><quotas><default/></quotas>
  <users>
    <default>
      <password>{password}</password><networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile><quota>default</quota>
    </default>
    <reader>
      <password>{password}</password><networks><ip>127.0.0.1</ip></networks>
      <profile>readonly</profile><quota>default</quota>
    </reader>
  </users>
</yandex>
"""


def server_binary() -> str | None:
    """The path of clickhouse-server, or None."""
    return shutil.which("clickhouse-server") or shutil.which(
        "clickhouse-server", path="/usr/sbin:/usr/local/bin"
    )


@functools.cache
def server_target(zone: str = "UTC") -> Target:
    """The target of a running server whose clocks show the given zone; it ends with the tests."""
    binary = server_binary()
    if binary is None:
        pytest.skip("clickhouse-server is not installed (apt-get install clickhouse-server)")
    folder = Path(tempfile.mkdtemp(prefix="vk-alerts-clickhouse-"))
    http, tcp = _free_port(), _free_port()
    (folder / "config.xml").write_text(_CONFIG.format(folder=folder, http=http, tcp=tcp, zone=zone))
    (folder / "users.xml").write_text(_USERS.format(password=escape(PASSWORD)))
    with (folder / "output.log").open("wb") as output:
        process = subprocess.Popen(
            [binary, f"--config-file={folder / 'config.xml'}"], stdout=output, stderr=output, cwd=folder
        )

    def end() -> None:
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(end)
    _await_answer(f"http://127.0.0.1:{http}/ping", process, folder)
    return Target(scheme="http", host="127.0.0.1", port=http, password=PASSWORD)


@pytest.fixture(scope="session")
def clickhouse_server() -> Target:
    """A real server in UTC, shared by all tests: give tables names of your own."""
    return server_target()


def _await_answer(url: str, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(url, timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise RuntimeError(f"clickhouse-server did not start: {(folder / 'output.log').read_text()[-500:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
