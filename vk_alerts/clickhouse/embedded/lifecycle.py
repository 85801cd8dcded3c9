"""Start, find and stop the process of the embedded engine; any number of processes may do so at once."""

import fcntl
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from vk_alerts.clickhouse.embedded.disk import LEAST_FREE_BYTES_TO_START, DiskTrouble, require_space
from vk_alerts.clickhouse.embedded.endpoint import Endpoint, Home
from vk_alerts.clickhouse.embedded.ownership import owner
from vk_alerts.clickhouse.target import Target
from vk_alerts.errors import ClickHouseUnavailable, ConfigurationError

IDLE_SECONDS = 900.0
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.05
_ANSWER_SECONDS = 10.0
# Popen complains when it is collected before its process has ended; these processes outlive us on purpose.
_children: list["subprocess.Popen[bytes]"] = []


def ensure_running(home: Path, *, idle_seconds: float = IDLE_SECONDS) -> Target:
    """The embedded engine of a home, started if it does not run.

    Args:
        home: the folder of the installation (``VK_ALERTS_HOME``); created when missing.
        idle_seconds: how long a process that this call starts lives without requests.

    Raises:
        ConfigurationError: chDB is not installed, or the home cannot be written.
        ClickHouseUnavailable: the process did not start; the message tells where its log is.
    """
    files = Home.of(home)
    found = running(home)
    if found:
        return found
    if importlib.util.find_spec("chdb") is None:
        raise ConfigurationError(
            "the embedded engine is not installed: pip install 'vk-alerts[embedded]', "
            "or set VK_ALERTS_CLICKHOUSE_URL"
        )
    try:
        files.path.mkdir(parents=True, exist_ok=True)
        with _only_one_starts(files.start_lock):
            return running(home) or _start(files, home, idle_seconds)
    except OSError as error:
        raise ConfigurationError(
            f"{error.filename or home}: cannot be written ({error.strerror}); "
            "set VK_ALERTS_HOME to a folder of yours"
        ) from error


def running(home: Path) -> Target | None:
    """The embedded engine of a home if it runs and answers, else None.

    Raises:
        ClickHouseUnavailable: it runs and does not answer.
    """
    _children[:] = [child for child in _children if child.poll() is None]
    files = Home.of(home)
    endpoint = Endpoint.read(files.endpoint)
    if endpoint is None or _ask(files, endpoint, "/identity") != str(endpoint.pid):
        return None
    return Target(
        scheme="http", host="127.0.0.1", port=endpoint.port, password=endpoint.token, home=files.path
    )


def stop(home: Path) -> bool:
    """End the process, if there is one, once its running queries have ended.

    Returns:
        Whether there was one.

    Raises:
        ClickHouseUnavailable: it does not end.
    """
    files = Home.of(home)
    deadline = time.monotonic() + _STOP_SECONDS
    pid = owner(files.lock)
    if pid is None:
        return False
    while owner(files.lock) == pid:
        endpoint = Endpoint.read(files.endpoint)
        if endpoint is not None:
            _ask(files, endpoint, "/stop")
        if time.monotonic() > deadline:
            raise ClickHouseUnavailable(_end_it(files, pid, "does not stop"))
        time.sleep(_POLL_SECONDS)
    for child in _children:
        if child.pid == pid:
            child.wait(_STOP_SECONDS)  # it has let go of everything already
    return True


def _end_it(files: Home, pid: int, what: str) -> str:
    number = pid or "of unknown number"
    remedy = f"kill -9 {pid}" if pid else f"see who holds {files.lock}"
    return f"the embedded engine of {files.path} (process {number}) {what}; end it: {remedy}"


@contextmanager
def _only_one_starts(lock: Path) -> Iterator[None]:
    with lock.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)  # released by the system even when we are killed
        yield


def _start(files: Home, home: Path, idle_seconds: float) -> Target:
    try:
        require_space(files.path, least=LEAST_FREE_BYTES_TO_START)
    except DiskTrouble as trouble:
        raise ClickHouseUnavailable(f"the embedded engine does not start: {trouble}") from trouble
    # The process needs none of our secrets. TZ decides in which zone the engine shows times.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VK_ALERTS_")}
    command = [sys.executable, "-m", "vk_alerts.clickhouse.embedded.server"]
    options = ["--home", str(files.path), "--idle-seconds", str(idle_seconds)]
    with files.log.open("ab") as log:
        logged = log.tell()
        child = subprocess.Popen(  # noqa: S603 - our own module
            [*command, *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=files.path,
            env={**environment, "TZ": "UTC"},
            start_new_session=True,
        )
    _children.append(child)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        ended = child.poll() is not None
        target = running(home)
        if target:
            return target
        if ended:
            break
        time.sleep(_POLL_SECONDS)
    ended_by = -(child.poll() or 0)
    reason = f"signal {ended_by} ended it" if ended_by > 0 else _reason(files.log, logged)
    raise ClickHouseUnavailable(f"the embedded engine did not start: {reason}; see {files.log}")


def _ask(files: Home, endpoint: Endpoint, path: str) -> str | None:
    """The answer of the engine's process; None when there is none.

    Raises:
        ClickHouseUnavailable: the process lives, listens, and does not answer.
    """
    with requests.Session() as session:
        session.trust_env = False
        try:
            response = session.post(
                f"http://127.0.0.1:{endpoint.port}{path}",
                headers={"X-ClickHouse-Key": endpoint.token},
                timeout=_ANSWER_SECONDS,
                allow_redirects=False,
            )
        except requests.Timeout as error:
            if owner(files.lock) != endpoint.pid:
                return None  # somebody else has the port by now
            told = _end_it(files, endpoint.pid, f"has not answered for {_ANSWER_SECONDS:g} s")
            raise ClickHouseUnavailable(told) from error
        except (requests.RequestException, OSError):
            return None
    return response.text if response.status_code == requests.codes.ok else None


def _reason(log: Path, start: int) -> str:
    """What the log says since it had so many bytes: the engine's own error if there is one."""
    lines = [line.strip()[:300] for line in log.read_bytes()[start:].decode(errors="replace").split("\n")]
    told = [line for line in lines if line]
    return next(
        (line for line in told if line.startswith("Code: ")), told[-1] if told else "no reason was logged"
    )
