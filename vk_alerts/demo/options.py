"""What a demo is asked to play."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from vk_alerts.errors import ConfigurationError

ZONE = "Europe/Moscow"
DEFAULT = "default"
FEWEST_DAYS, MOST_DAYS = 16, 84
FEWEST_EVENTS, MOST_EVENTS = 1_000, 5_000_000
_LAST_WEEKDAY, _LAST_HOUR = 3, 20  # Thursday, 20:00: a busy hour of an ordinary day


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The options of ``vk-alerts demo``.

    Attributes:
        seed: of the simulated events.
        days: days of events.
        events_per_day: feed events a day, messages are 0.3 of that; or events of the one table there is.
        home: folder of the engine, the state database and Dagster; made anew.
        out: folder of charts and messages.

    Raises:
        ConfigurationError: an option is out of range; the message names it.
    """

    seed: int
    days: int
    events_per_day: int
    home: Path
    out: Path

    def __post_init__(self) -> None:
        _in_range("--days", self.days, FEWEST_DAYS, MOST_DAYS)
        _in_range("--events-per-day", self.events_per_day, FEWEST_EVENTS, MOST_EVENTS)


def last_evening(now: datetime) -> datetime:
    """The last Thursday's 20:00 in Moscow that has passed at ``now``, as UTC."""
    local = now.astimezone(ZoneInfo(ZONE))
    evening = local.replace(hour=_LAST_HOUR, minute=0, second=0, microsecond=0)
    evening -= timedelta(days=(local.weekday() - _LAST_WEEKDAY) % 7)
    if evening > local:
        evening -= timedelta(days=7)
    return evening.astimezone(UTC)


def _in_range(option: str, value: int, fewest: int, most: int) -> None:
    if not fewest <= value <= most:
        raise ConfigurationError(f"{option} {value}: must lie between {fewest} and {most}")
