"""One ``vk-alerts up`` per home, and nothing left over from one that was killed."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vk_alerts.errors import ConfigurationError

# Set for every process that is started for a home, and inherited by what they start.
MARK = "VK_ALERTS_UP_FOR"
_PROCESSES = Path("/proc")
_PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.05


@contextmanager
def occupied(home: Path) -> Iterator[None]:
    """Holds the home, so that no second ``up`` starts on it.

    Raises:
        ConfigurationError: another one holds it.
    """
    with (home / "up.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise ConfigurationError(
                f"VK_ALERTS_HOME {home}: another 'vk-alerts up' runs on it (process {lock.read().strip()}); "
                "end that one, or name another home"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def end_leftovers(home: Path) -> int:
    """Ends what an ``up`` of this home started and did not live to end; returns how many processes.

    To be called by who holds the home. Where there is no ``/proc`` nothing is found.
    """
    found = _marked(home)
    for pid in found:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (left := _marked(home)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(found)


def _marked(home: Path) -> list[int]:
    mark = f"{MARK}={home}".encode()
    found = []
    for folder in _PROCESSES.glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is somebody else's
            ended = (folder / "stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
            if not ended and mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return [pid for pid in found if pid != os.getpid()]
