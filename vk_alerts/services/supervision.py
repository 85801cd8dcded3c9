"""Keeps services running: one that ends by itself is started again, soon at first, then less often."""

import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from vk_alerts.services.processes import Program, Service, end_services, start_service

# After so long without ending it is taken for well again.
_WELL_AFTER = timedelta(minutes=5)
_FIRST_PAUSE = timedelta(seconds=1)
_LONGEST_PAUSE = timedelta(minutes=1)
_MOST_DOUBLINGS = 6

Say = Callable[[str], None]


def pause_before(restart: int) -> timedelta:
    """How long to wait before the ``restart``-th start in a row (from 1 on): 1, 2, 4 … s, at most 60."""
    doublings = min(restart - 1, _MOST_DOUBLINGS)
    return min(_FIRST_PAUSE * (1 << doublings), _LONGEST_PAUSE)


@dataclass(slots=True)
class _Tended:
    service: Service
    started: datetime
    restarts: int = 0
    start_at: datetime | None = None


@dataclass(slots=True)
class Supervisor:
    """Services that are started together, watched, and ended together.

    Attributes:
        environment: of every service.
        say: tells people in one line.
    """

    environment: Mapping[str, str]
    say: Say
    _tended: dict[str, _Tended] = field(default_factory=dict)

    @property
    def services(self) -> Sequence[Service]:
        """The services, in the order in which they were started."""
        return [tended.service for tended in self._tended.values()]

    def start(self, program: Program, now: datetime) -> None:
        """Starts a program; it is tended from now on."""
        self._tended[program.name] = _Tended(start_service(program, self.environment), started=now)

    def tend(self, now: datetime) -> list[str]:
        """Starts again what has ended, when its pause is over; to be called every second or so.

        Returns:
            The names of what was started again; nothing that it had started lives any more.
        """
        again = []
        for name, tended in self._tended.items():
            if tended.start_at is None:
                status = tended.service.process.poll()
                if status is None:
                    continue
                restarts = 1 if now - tended.started >= _WELL_AFTER else tended.restarts + 1
                pause = pause_before(restarts)
                self._tended[name] = _Tended(tended.service, tended.started, restarts, now + pause)
                told = f"{name} has ended ({_cause(status)}); started again in {pause.total_seconds():g} s"
                self.say(f"{told}, its log: {tended.service.program.log}")
            elif now >= tended.start_at:
                end_services([tended.service])  # what its group has left behind
                service = start_service(tended.service.program, self.environment)
                self._tended[name] = _Tended(service, now, tended.restarts)
                again.append(name)
        return again

    def restart(self, name: str) -> None:
        """Asks a service to end, so that `tend` starts it anew."""
        with suppress(ProcessLookupError):
            os.kill(self._tended[name].service.process.pid, signal.SIGTERM)

    def end(self) -> None:
        """Ends all of them."""
        end_services(self.services)


def _cause(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"status {status}"
