"""Services that end by themselves are started again, and all of them end when we do."""

import os
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vk_alerts.errors import PipelineError
from vk_alerts.services.processes import Program, require_running
from vk_alerts.services.supervision import Supervisor, pause_before

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(dict(os.environ), said.append)
    yield supervisor
    supervisor.end()


def program(tmp_path: Path, text: str = "import time; time.sleep(60)", socket: Path | None = None) -> Program:
    return Program("daemon", (sys.executable, "-S", "-c", text), tmp_path / "logs" / "daemon.log", socket)


def pid(supervisor: Supervisor) -> int:
    return supervisor.services[0].process.pid


def kill(supervisor: Supervisor) -> None:
    process = supervisor.services[0].process
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=30)


def test_what_was_killed_is_told_and_started_again_after_a_pause(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    supervisor.start(program(tmp_path), NOON)
    first = pid(supervisor)
    assert supervisor.tend(NOON + SECOND) == []
    assert said == []
    kill(supervisor)
    assert supervisor.tend(NOON + 2 * SECOND) == []
    log = tmp_path / "logs" / "daemon.log"
    assert said == [f"daemon has ended (signal 9); started again in 1 s, its log: {log}"]
    assert pid(supervisor) == first
    assert supervisor.tend(NOON + 3 * SECOND) == ["daemon"]
    assert pid(supervisor) != first
    require_running(supervisor.services)


def test_what_ends_at_once_is_started_again_less_and_less_often(
    supervisor: Supervisor, said: list[str], tmp_path: Path
) -> None:
    supervisor.start(program(tmp_path), NOON)
    now = NOON
    for _ in range(3):
        kill(supervisor)
        supervisor.tend(now)
        now += timedelta(minutes=1)
        supervisor.tend(now)
    assert [text.split("again in ")[1].split(",")[0] for text in said] == ["1 s", "2 s", "4 s"]
    now += timedelta(minutes=5)
    kill(supervisor)
    supervisor.tend(now)
    assert "started again in 1 s" in said[-1]


@pytest.mark.parametrize(
    ("restart", "seconds"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (10_000, 60)]
)
def test_the_pause_doubles_up_to_a_minute(restart: int, seconds: int) -> None:
    assert pause_before(restart) == timedelta(seconds=seconds)


def test_a_socket_that_a_killed_process_left_is_removed_before_the_next_start(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    socket = tmp_path / "s.sock"
    socket.write_text("left behind")
    supervisor.start(program(tmp_path, socket=socket), NOON)
    assert not socket.exists()


def test_all_end_when_the_supervisor_does(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(program(tmp_path), NOON)
    supervisor.end()
    assert supervisor.services[0].process.poll() is not None


def test_a_service_that_ends_while_all_are_started_is_named_with_its_last_words(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.start(program(tmp_path, "raise SystemExit('no such module')"), NOON)
    supervisor.services[0].process.wait(timeout=30)
    with pytest.raises(PipelineError, match=r"^daemon ended with status 1: no such module \(log: .*\)$"):
        require_running(supervisor.services)


def test_a_restart_that_is_asked_for_ends_the_process(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(program(tmp_path), NOON)
    supervisor.restart("daemon")
    assert supervisor.services[0].process.wait(timeout=30) == -signal.SIGTERM
