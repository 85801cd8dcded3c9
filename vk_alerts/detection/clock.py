"""Which window of the wall clock a window is: habits follow local time, the array follows UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.scores import Floats

Positions = NDArray[np.int64]
Columns = slice | Positions

_DAY_SECONDS = 86_400
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday; Monday = 0
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Clock:
    """The local time of each window.

    Attributes:
        per_day: windows a day, m.
        wall: int64 (n_windows,): local time of the window's start since 1970 in steps, rounded down. Where
            clocks go back an hour's numbers come twice, where they go forward an hour's numbers are missing.
        is_holiday: bool (n_windows,).
        follows_holiday: bool (n_windows,): the first half of the day after one.
    """

    per_day: int
    wall: Positions
    is_holiday: NDArray[np.bool_]
    follows_holiday: NDArray[np.bool_]
    _first_wall: int
    _by_wall: Positions

    @property
    def day(self) -> Positions:
        """int64 (n_windows,): local days since 1970."""
        return self.wall // self.per_day

    @property
    def slot(self) -> Positions:
        """int64 (n_windows,): place in the local day, 0..m-1."""
        return self.wall % self.per_day

    @property
    def weekday(self) -> Positions:
        """int64 (n_windows,): Monday = 0."""
        return (self.day + _EPOCH_WEEKDAY) % 7

    def without_holidays(self, values: Floats) -> Floats:
        """Values of all windows, (n_series, n_windows), NaN on holidays; as they are without any."""
        return np.where(self.is_holiday, np.nan, values) if self.is_holiday.any() else values

    def find(self, wall: Positions) -> Positions:
        """The windows at these local times, -1 where there is none; of two, the first."""
        offset = wall - self._first_wall
        inside = (offset >= 0) & (offset < len(self._by_wall))
        found: Positions = np.where(inside, self._by_wall[np.where(inside, offset, 0)], -1)
        return found


def local_clock(
    start: datetime, step: timedelta, *, windows: int, timezone: ZoneInfo, holidays: Iterable[date]
) -> Clock:
    """The clock of ``windows`` windows from ``start`` (aware) on; ``step`` divides a day."""
    seconds = int(step.total_seconds())
    moments = int(start.timestamp()) + seconds * np.arange(windows, dtype=np.int64)
    return clock_of(moments, step, timezone=timezone, holidays=holidays)


def clock_of(moments: Positions, step: timedelta, *, timezone: ZoneInfo, holidays: Iterable[date]) -> Clock:
    """The clock of windows that need not be adjacent.

    Args:
        moments: int64 (n_windows,): their starts, ascending, seconds since 1970 UTC.
        step: their length; divides a day.
        timezone: where it is local time.
        holidays: local dates.
    """
    seconds = int(step.total_seconds())
    wall = (moments + _utc_offsets(moments, timezone)) // seconds
    per_day = _DAY_SECONDS // seconds
    days_off = np.array([day.toordinal() - _EPOCH_ORDINAL for day in holidays], dtype=np.int64)
    day = wall // per_day
    first_wall = int(wall.min())
    by_wall = np.full(int(wall.max()) - first_wall + 1, -1, dtype=np.int64)
    by_wall[wall[::-1] - first_wall] = np.arange(len(wall) - 1, -1, -1)
    return Clock(
        per_day=per_day,
        wall=wall,
        is_holiday=np.isin(day, days_off),
        follows_holiday=np.isin(day - 1, days_off) & (wall % per_day < per_day // 2),
        _first_wall=first_wall,
        _by_wall=by_wall,
    )


def adjacent(positions: Positions) -> Columns:
    """The same columns, as a slice where they are adjacent: that costs no copy."""
    if not len(positions):
        return slice(0, 0)
    begin, end = int(positions[0]), int(positions[-1]) + 1
    if begin >= 0 and end - begin == len(positions) and (np.diff(positions) == 1).all():
        return slice(begin, end)
    return positions


def take(series: Floats, columns: Columns) -> Floats:
    """Columns of (n_series, n_windows), NaN for -1; a view where they are adjacent."""
    if not isinstance(columns, slice):
        columns = adjacent(columns)
    if isinstance(columns, slice):
        return series[:, columns]
    taken: Floats = np.take(series, np.maximum(columns, 0), axis=1)
    absent = columns < 0
    if absent.any():
        taken[:, absent] = np.nan
    return taken


def _utc_offsets(moments: Positions, timezone: ZoneInfo) -> Positions:
    """Seconds east of UTC; asked once a day, and for every window only in a day whose ends differ."""

    def offset(moment: int) -> int:
        there = datetime.fromtimestamp(moment, UTC).astimezone(timezone).utcoffset()
        return int((there or timedelta()).total_seconds())

    offsets = np.empty_like(moments)
    days = moments // _DAY_SECONDS
    edges = np.flatnonzero(np.diff(days, prepend=days[0] - 1))
    known = {day: offset(int(day) * _DAY_SECONDS) for day in range(int(days[0]), int(days[-1]) + 2)}
    for begin, end in zip(edges, [*edges[1:], len(moments)], strict=True):
        day = int(days[begin])
        if known[day] == known[day + 1]:
            offsets[begin:end] = known[day]
        else:
            offsets[begin:end] = [offset(int(moment)) for moment in moments[begin:end]]
    return offsets
