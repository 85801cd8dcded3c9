"""Times as people type them: ``2h``, ``1d 12h``, ``"2026-02-01 09:00"``, ``09:00``, ``morning``."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vk_alerts.errors import ConfigurationError

# When a silence "until morning" ends: people are at work, and not yet busy.
MORNING_HOUR = 9
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_DURATION = re.compile(r"(?:\s*\d{1,5}\s*[mhdw])+\s*")
_LONGEST = timedelta(days=366)
_FORMS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")


def duration(option: str, text: str) -> timedelta:
    """The length of time that ``30m``, ``2h``, ``1d 12h`` or ``1w`` say.

    Raises:
        ConfigurationError: the text has another form, or is nothing or more than a year.
    """
    found = re.findall(r"(\d+)\s*([mhdw])", text.lower()) if _DURATION.fullmatch(text.lower()) else []
    length = sum((int(count) * _UNITS[unit] for count, unit in found), timedelta())
    if not timedelta() < length <= _LONGEST:
        raise ConfigurationError(f"{option} {text!r}: not a length of time; examples: 30m, 2h, 1d 12h, 1w")
    return length


def moment(option: str, text: str, *, zone: str, now: datetime) -> datetime:
    """The moment that a date and time, a time of today or ``morning`` say, aware.

    Args:
        option: for the message of an error.
        text: in the display zone unless it names its own.
        zone: the display zone.
        now: aware; ``morning`` is the next 09:00 after it.

    Raises:
        ConfigurationError: the text has another form.
    """
    here, asked = now.astimezone(ZoneInfo(zone)), text.strip()
    if asked.lower() in ("morning", "утро", "утра"):
        today = here.replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
        return today if today > here else _on(today, today.date() + timedelta(days=1))
    if asked.lower() == "now":
        return now
    clock = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", asked)
    if clock:
        return here.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
    for form in _FORMS:
        try:
            return datetime.strptime(asked, form).replace(tzinfo=ZoneInfo(zone))
        except ValueError:
            continue
    try:
        aware = datetime.fromisoformat(asked)
    except ValueError:
        aware = None
    if aware is None or aware.tzinfo is None:
        raise ConfigurationError(
            f'{option} {text!r}: not a moment; examples: "2026-02-01 09:00" (in {zone}), 09:00, morning, '
            "2026-02-01T09:00+03:00"
        )
    return aware


def _on(moment: datetime, day: object) -> datetime:
    """The same time of another day, as clocks there show it."""
    year, month, number = str(day).split("-")
    return moment.replace(year=int(year), month=int(month), day=int(number))
