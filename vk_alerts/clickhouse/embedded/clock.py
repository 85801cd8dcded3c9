"""What is being done at the moment, and since when nothing is."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_DRAIN_SECONDS = 20.0
_POLL_SECONDS = 0.05


class Clock:
    """Counts what is being done, so that the process stops when it has been idle, and only then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active = 0
        self._last_end = time.monotonic()
        self._closing = False
        self.wanted = threading.Event()

    @contextmanager
    def request(self) -> Iterator[bool]:
        """Counts a request; False when the process is about to end and takes none."""
        with self._lock:
            accepted = not self._closing
            self._active += accepted
        try:
            yield accepted
        finally:
            with self._lock:
                self._active -= accepted
                self._last_end = time.monotonic()

    def close_if_idle(self, seconds: float) -> bool:
        """Take no more requests if none has come for so long; whether that is so."""
        with self._lock:
            if not self._active and time.monotonic() - self._last_end >= seconds:
                self._closing = True
            return self._closing

    def refuse(self) -> None:
        """Take no more requests."""
        with self._lock:
            self._closing = True

    def drained(self) -> bool:
        """Whether all requests have ended, within a grace period."""
        deadline = time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < deadline:
            with self._lock:
                if not self._active:
                    return True
            time.sleep(_POLL_SECONDS)
        return False
