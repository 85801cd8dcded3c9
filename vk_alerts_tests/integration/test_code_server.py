"""The code server that webserver and daemon share."""

import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vk_alerts.services.code_server import code_server
from vk_alerts.services.supervision import Supervisor

pytestmark = pytest.mark.slow
_END_SECONDS = 30


def fork_servers(process: int) -> list[int]:
    """The children of a process that copies of themselves are made of."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text("utf-8").rpartition(")")[2].split()[1]
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(parent) == process and b"multiprocessing.forkserver" in command:
            found.append(int(folder.name))
    return found


def wait_until_ended(process: int) -> None:
    deadline = time.monotonic() + _END_SECONDS
    while Path(f"/proc/{process}").exists():
        assert time.monotonic() < deadline, "it is still there"
        time.sleep(0.02)


def test_a_killed_code_server_is_started_again_where_it_was(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    environment = {**os.environ, "VK_ALERTS_HOME": str(tmp_path), "DAGSTER_HOME": str(tmp_path)}
    with code_server(tmp_path / "logs") as code:
        assert code.socket.parent.stat().st_mode & 0o077 == 0  # whoever reaches it may run code
        supervisor = Supervisor(environment, lambda _: None)
        try:
            supervisor.start(code.program, now)
            code.wait(supervisor.services)
            process = supervisor.services[0].process
            (warm,) = fork_servers(process.pid)  # what runs are copied from
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=30)
            wait_until_ended(warm)
            supervisor.tend(now)
            supervisor.tend(now + timedelta(seconds=1))
            code.wait(supervisor.services)
        finally:
            supervisor.end()
    assert not code.socket.parent.exists()
