"""Which process may touch the engine's folder: the one that holds the lock on a file, which ends with it.

The engine has a lock of its own, but tells nobody who holds it and does not wait for it.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_POLL_SECONDS = 0.05


class StillOwned(Exception):  # noqa: N818 - says how things are
    """Another process holds the folder.

    Attributes:
        pid: that process; 0 when it has not told.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(f"process {pid}")
        self.pid = pid


@contextmanager
def owning(lock: Path, *, wait_seconds: float) -> Iterator[None]:
    """Holds the lock.

    Args:
        lock: the file, made when missing.
        wait_seconds: how long to wait for another holder to end.

    Raises:
        StillOwned: it did not end.
    """
    deadline = time.monotonic() + wait_seconds
    with lock.open("a+") as stream:
        while not _taken(stream.fileno(), fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise StillOwned(_told(stream.fileno()))
            time.sleep(_POLL_SECONDS)
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        yield


def owner(lock: Path) -> int | None:
    """The process that holds the lock, 0 when it has not told which; None when nobody does."""
    try:
        with lock.open() as stream:
            if _taken(stream.fileno(), fcntl.LOCK_SH):
                return None
            return _told(stream.fileno())
    except OSError:  # no such file
        return None


def _taken(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _told(descriptor: int) -> int:
    text = os.pread(descriptor, 32, 0)
    return int(text) if text.isdigit() else 0
