"""Which windows one window's verdict needs: its local day and the like of it in earlier weeks."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from math import gcd
from zoneinfo import ZoneInfo

from vk_alerts.detection.baseline import HOLIDAY_SUNDAYS, RECENT_DAYS
from vk_alerts.detection.blocks import BLOCKS_PER_DAY
from vk_alerts.detection.history import checked_moment, checked_step, checked_zone
from vk_alerts.detection.levels import WEEKS

Range = tuple[datetime, datetime]

_DAY = timedelta(days=1)
# No zone has ever turned its clocks further back.
_LONGEST_REPEAT = timedelta(hours=3)


def day_start(window: datetime, *, step: timedelta, timezone: str) -> datetime:
    """The first window of the window's local day, aware UTC."""
    checked_moment(window, "window")
    checked_step(step)
    zone = checked_zone(timezone)
    day = _local_day(window, step, zone)
    start = _aligned(_utc(day, zone=zone)[0], window, step)
    # Midnight may lie within a window, or in the hour that clocks skip.
    while start.astimezone(zone).date() < day:
        start += step
    return start


def tick_ranges(
    window: datetime, *, step: timedelta, timezone: str, holidays: Iterable[date] = ()
) -> tuple[Range, ...]:
    """The windows that ``score_tick`` needs for ``window``, about 18 of the last 62 days.

    The window's local day and the three before it, the same a week ago, the same day and the one before it of
    the four to five weeks before that, and on a holiday the last four Sundays.

    Returns:
        Half-open ranges of window starts, aware UTC, ascending and disjoint.
    """
    checked_moment(window, "window")
    checked_step(step)
    zone = checked_zone(timezone)
    return tuple(_merged(_ranges(window, step, zone, frozenset(holidays))))


def _ranges(window: datetime, step: timedelta, zone: ZoneInfo, holidays: frozenset[date]) -> Iterator[Range]:
    day = _local_day(window, step, zone)
    per_day = _DAY // step
    block = per_day // gcd(BLOCKS_PER_DAY, per_day) * step
    here = window.astimezone(zone)
    slot = timedelta(hours=here.hour, minutes=here.minute)
    block_end = (slot // block + 1) * block

    def between(first: date, last: date) -> Range:
        # A window more than the block: history is smoothed over neighbours.
        return _aligned(_utc(first, zone=zone)[0], window, step), _aligned(
            _utc(last, block_end, zone=zone)[1] + 2 * step, window, step
        )

    yield _aligned(_utc(day - RECENT_DAYS * _DAY, zone=zone)[0], window, step), window + step
    for week in range(1, WEEKS + 1):
        then = day - 7 * week * _DAY
        yield between(then - (RECENT_DAYS if week == 1 else 1) * _DAY, then)
    if holidays & {day, here.date()}:
        for week in range(HOLIDAY_SUNDAYS):
            sunday = day - (day.weekday() + 1 + 7 * week) * _DAY
            yield between(sunday - _DAY, sunday)


def _merged(ranges: Iterable[Range]) -> Iterator[Range]:
    open_start = open_end = None
    for start, end in sorted(ranges):
        if open_start is None or open_end is None:
            open_start, open_end = start, end
        elif start <= open_end:
            open_end = max(open_end, end)
        else:
            yield open_start, open_end
            open_start, open_end = start, end
    if open_start is not None and open_end is not None:
        yield open_start, open_end


def _local_day(window: datetime, step: timedelta, zone: ZoneInfo) -> date:
    """The local date, which does not go back where clocks are turned back over midnight."""
    back = range(_LONGEST_REPEAT // step + 1)
    return max((window - steps * step).astimezone(zone).date() for steps in back)


def _utc(day: date, clock: timedelta = timedelta(), *, zone: ZoneInfo) -> Range:
    """The earliest and the latest moment at which it may be that time of that local day."""
    naive = datetime.combine(day, time()) + clock
    moments = [naive.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(moments), max(moments)


def _aligned(moment: datetime, window: datetime, step: timedelta) -> datetime:
    """The start of the window in which a moment lies."""
    return (window + (moment - window) // step * step).astimezone(UTC)
