"""Arithmetic of 15-minute windows: half-open [start, end), aware UTC, named by their start."""

from datetime import UTC, datetime, timedelta

from vk_alerts.errors import ConfigurationError

STEP = timedelta(minutes=15)
WINDOWS_PER_DAY = timedelta(days=1) // STEP
KEY_FORMAT = "%Y-%m-%d-%H:%M"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def window_of(moment: datetime) -> datetime:
    """The start of the window that holds ``moment`` (aware)."""
    return _EPOCH + (moment.astimezone(UTC) - _EPOCH) // STEP * STEP


def last_closed(now: datetime) -> datetime:
    """The start of the newest window that has ended at ``now``."""
    return window_of(now) - STEP


def window_end(start: datetime) -> datetime:
    """The first moment that no longer belongs to the window."""
    return start + STEP


def window_key(start: datetime) -> str:
    """The partition key of a window, ``2026-01-31-14:15`` in UTC."""
    return start.astimezone(UTC).strftime(KEY_FORMAT)


def window_from_key(key: str) -> datetime:
    """The start of the window that a partition key names.

    Raises:
        ConfigurationError: the key has another form or is no quarter of an hour.
    """
    try:
        start = datetime.strptime(key, KEY_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        start = None
    # strptime also takes 2026-1-31-4:15, which no partition is called.
    if start is None or window_key(start) != key:
        raise ConfigurationError(
            f"window {key!r}: not of the form YYYY-MM-DD-HH:MM (UTC), such as 2026-01-31-14:15"
        )
    if window_of(start) != start:
        raise ConfigurationError(f"window {key!r}: windows start at minute 00, 15, 30 or 45")
    return start


def windows_between(start: datetime, end: datetime) -> list[datetime]:
    """The starts of all windows in [start, end), oldest first; both ends must be starts of windows."""
    return [start + i * STEP for i in range(max(0, (end - start) // STEP))]
