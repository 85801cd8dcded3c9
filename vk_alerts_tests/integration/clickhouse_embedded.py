"""The embedded engine for tests: one process for all of them, in a folder of its own, stopped at the end."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

import pytest

from vk_alerts.clickhouse.embedded import ensure_running, stop
from vk_alerts.clickhouse.target import Target


@functools.cache
def embedded_home() -> Path:
    """The folder of the tests' embedded engine; it ends with the tests."""
    home = Path(tempfile.mkdtemp(prefix="vk-alerts-test-"))

    def end() -> None:
        stop(home)
        shutil.rmtree(home, ignore_errors=True)

    atexit.register(end)
    return home


def embedded_target() -> Target:
    """The target of the tests' embedded engine."""
    return ensure_running(embedded_home())


@pytest.fixture(scope="session")
def embedded() -> Target:
    """The embedded engine, shared by all tests: give tables names of your own."""
    pytest.importorskip("chdb", reason="the embedded engine is not installed")
    return embedded_target()
