import os
import subprocess
import sys
from pathlib import Path

import pytest

from vk_alerts.errors import ConfigurationError
from vk_alerts.services.occupancy import MARK, end_leftovers, occupied

SLEEP = (sys.executable, "-S", "-c", "import time; time.sleep(60)")


def test_a_second_one_on_the_same_home_is_refused_with_the_first_ones_number(tmp_path: Path) -> None:
    told = rf"another 'vk-alerts up' runs on it \(process {os.getpid()}\); end that one"
    with occupied(tmp_path), pytest.raises(ConfigurationError, match=told), occupied(tmp_path):
        pass


def test_a_home_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with occupied(tmp_path):
            assert (tmp_path / "up.lock").read_text("utf-8") == str(os.getpid())


def test_two_homes_do_not_mind_one_another(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with occupied(tmp_path), occupied(tmp_path / "other"):
        pass


def test_only_what_was_started_for_this_home_is_ended(tmp_path: Path) -> None:
    ours, others = tmp_path / "home", tmp_path / "home2"
    with (
        subprocess.Popen(SLEEP, env={**os.environ, MARK: str(ours)}) as left,
        subprocess.Popen(SLEEP, env={**os.environ, MARK: str(others)}) as other,
        subprocess.Popen(SLEEP) as unmarked,
    ):
        try:
            assert end_leftovers(ours) == 1
            assert left.wait(timeout=30) != 0
            assert (other.poll(), unmarked.poll()) == (None, None)
            assert end_leftovers(ours) == 0
        finally:
            for process in (left, other, unmarked):
                process.kill()


def test_what_does_not_end_when_asked_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vk_alerts.services.occupancy._PATIENCE_SECONDS", 0.2)
    stubborn = (
        "import signal, sys, time; signal.signal(15, signal.SIG_IGN); print('!', flush=True); time.sleep(60)"
    )
    command = (sys.executable, "-S", "-c", stubborn)
    environment = {**os.environ, MARK: str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as left:
        assert left.stdout is not None
        left.stdout.readline()
        assert end_leftovers(tmp_path) == 1
        assert left.wait(timeout=30) == -9
