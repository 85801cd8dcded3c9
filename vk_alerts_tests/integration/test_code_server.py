"""The code server that webserver and daemon share."""

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vk_alerts.services.code_server import code_server
from vk_alerts.services.supervision import Supervisor

pytestmark = pytest.mark.slow


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
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=30)
            supervisor.tend(now)
            supervisor.tend(now + timedelta(seconds=1))
            code.wait(supervisor.services)
        finally:
            supervisor.end()
    assert not code.socket.parent.exists()
