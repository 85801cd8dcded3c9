"""Figures and sentences of the report, in English."""

import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from vk_alerts.alerting.numbers import NO_BREAK_SPACE, duration, percent, quantity, signed_percent
from vk_alerts.alerting.story import Language
from vk_alerts.metrics.slices import Slice

UNKNOWN = "–"
ENGLISH = Language.ENGLISH
_WHOLE_FROM = 9.95


def rate(value: float | None) -> str:
    """A number of events: ``0``, ``0.3``, ``7.8``, ``234``; what is rarer than 0.05 is ``< 0.1``."""
    if value is None:
        return UNKNOWN
    if 0 < value < 0.05:
        return "< 0.1"
    return f"{value:.0f}" if value >= _WHOLE_FROM or value == 0 else f"{value:.1f}"


def share(value: float | None, *, decimals: int = 0) -> str:
    """A share as percent; one that is not quite 0 is not told as 0."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if 0 < value < 0.5 * 10 ** -(decimals + 2):
        return f"< {10**-decimals:g}%"
    return percent(value, ENGLISH, decimals=decimals)


def correlation(value: float | None) -> str:
    """``.13``, ``−.22``: two decimals, as correlations are written."""
    if value is None:
        return UNKNOWN
    text = f"{abs(value):.2f}".removeprefix("0")
    return f"−{text}" if value < -0.005 else text


def length(value: timedelta | None) -> str:
    """``1 h 15 min``."""
    return UNKNOWN if value is None else duration(value, ENGLISH)


def minutes(value: timedelta | None) -> str:
    """``90 min``: delays are compared, so that all are told in one unit."""
    return UNKNOWN if value is None else f"{value / timedelta(minutes=1):.0f}{NO_BREAK_SPACE}min"


def days(value: timedelta) -> str:
    """``28 days``; below two, ``1 d 4 h``."""
    number = value / timedelta(days=1)
    return count(round(number), "day") if number >= 2 else length(value)


def amount(value: float | None, *, is_ratio: bool) -> str:
    """A value of a metric: ``8,412``, ``21.3%``."""
    return (
        UNKNOWN if value is None or not math.isfinite(value) else quantity(value, ENGLISH, is_ratio=is_ratio)
    )


def edge(value: float, *, is_ratio: bool) -> str:
    """The end of a scale: ``8,412``, ``21%``."""
    if is_ratio:
        return share(value, decimals=0 if value >= 0.1 else 1)
    return amount(value, is_ratio=False)


def deviation(value: float | None) -> str:
    """``−31%``."""
    return UNKNOWN if value is None else signed_percent(value, ENGLISH)


def times(value: float) -> str:
    """``×1.4``, ``×16``."""
    return f"×{value:.0f}" if value >= _WHOLE_FROM or value == round(value) else f"×{value:.1f}"


def count(number: int, one: str, many: str | None = None) -> str:
    """``1 alert``, ``31 alerts``."""
    return f"{number:,}{NO_BREAK_SPACE}{one if number == 1 else many or one + 's'}"


def moment(when: datetime, zone: str) -> str:
    """``Thu 26 Mar, 14:15``."""
    local = when.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b, %H:%M}"


def day(when: datetime, zone: str) -> str:
    """``26 Mar``."""
    local = when.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b}"


def long_day(when: datetime, zone: str) -> str:
    """``26 March 2026``."""
    local = when.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%B %Y}"


def hour(when: datetime, zone: str) -> str:
    """``14:15``."""
    return f"{when.astimezone(ZoneInfo(zone)):%H:%M}"


def slice_name(slice_key: str) -> str:
    """``everybody``, ``Android``, ``Android · ads``."""
    items = Slice.from_key(slice_key).items
    return " · ".join(value for _, value in items) if items else "everybody"
