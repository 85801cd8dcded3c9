"""Which windows to ask for: every one that is due, once, however long the daemon was away."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from vk_alerts.windows import STEP, last_closed, window_key, windows_between

# Events of a window may arrive this long after its end; only then it is due. Cron knows whole minutes: a
# window that were due earlier would wait for the same tick.
ALLOWED_LATENESS = timedelta(minutes=2)
# An outage this long is filled by itself; anything older is a backfill.
LOOK_BACK = timedelta(hours=48)
# Runs asked for at once, so that a long outage does not start a hundred processes.
MOST_PER_TICK = 8
# … of which so many may be for windows that have failed before, so that they never starve the others.
MOST_RETRIES_PER_TICK = 2
# What fails is tried again soon, then less and less often: an alert is worth the most when it is young.
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)
_MOST_DOUBLINGS = 6


@dataclass(frozen=True, slots=True)
class Failure:
    """The failed runs of one window.

    Attributes:
        attempts: how many there were, at least 1.
        last: when the newest ended.
    """

    attempts: int
    last: datetime

    @property
    def retry_at(self) -> datetime:
        """When it may be asked for again: 1, 2, 4 … minutes after the last failure, at most an hour."""
        doublings = min(self.attempts - 1, _MOST_DOUBLINGS)
        return self.last + min(_FIRST_PAUSE * (1 << doublings), _LONGEST_PAUSE)


def windows_to_fill(
    now: datetime,
    *,
    done: Collection[str],
    in_progress: Collection[str],
    failures: Mapping[str, Failure],
    start: datetime,
) -> list[datetime]:
    """The windows to ask for now: due, not done, not in progress; newest first, failed ones after the others.

    Args:
        now: aware UTC.
        done: keys of windows that are materialized.
        in_progress: keys of windows a run is at work on.
        failures: of windows whose runs have failed, by key.
        start: the first window there is.
    """
    newest = last_closed(now - ALLOWED_LATENESS)
    oldest = max(newest - LOOK_BACK + STEP, start)
    missing = [
        window
        for window in reversed(windows_between(oldest, newest + STEP))
        if window_key(window) not in done and window_key(window) not in in_progress
    ]
    fresh = [window for window in missing if window_key(window) not in failures][:MOST_PER_TICK]
    again = [
        window
        for window in missing
        if window_key(window) in failures and failures[window_key(window)].retry_at <= now
    ]
    return fresh + again[: min(MOST_RETRIES_PER_TICK, MOST_PER_TICK - len(fresh))]
