"""What habit alone would expect: the same local window of earlier weeks, brought to today's level."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vk_alerts.detection.blocks import Blocks
from vk_alerts.detection.clock import Clock, Columns, Positions, adjacent, take
from vk_alerts.detection.levels import WEEKS, Levels
from vk_alerts.detection.medians import median_of_few
from vk_alerts.detection.residual import RELATIVE_NOISE
from vk_alerts.detection.scores import Floats

HOLIDAY_SUNDAYS = 4
_FEW_WEEKS = 2  # with fewer candidates the last days say more
RECENT_DAYS = 3


@dataclass(frozen=True, slots=True)
class Baseline:
    """What windows were expected to hold; float64 (n_series, n), metric units, NaN = too little history.

    Attributes:
        low: the least that habit expects.
        high: the most; more than ``low`` on holidays only.
    """

    low: Floats
    high: Floats

    def of(self, rows: slice) -> "Baseline":
        """That of some series."""
        low = self.low[rows]
        return Baseline(low, low if self.low is self.high else self.high[rows])

    def nearest(self, values: Floats) -> Floats:
        """The expectation that is nearest to each value; the middle where the value is missing."""
        if self.low is self.high:
            return self.low
        return np.where(np.isnan(values), 0.5 * (self.low + self.high), np.clip(values, self.low, self.high))


@dataclass(frozen=True, slots=True)
class EarlierWeeks:
    """Where the windows from ``first`` on find their like in earlier weeks.

    Attributes:
        clock: local time of the windows.
        first: the first window wanted.
        weeks: the columns 1, 2, … ``WEEKS`` weeks ago.
        holidays: int64 (n,): which of the wanted windows are holidays, counted from ``first``.
        sundays: for these the columns of the last ``HOLIDAY_SUNDAYS`` Sundays.
    """

    clock: Clock
    first: int
    weeks: tuple[Columns, ...]
    holidays: Positions
    sundays: tuple[Columns, ...]

    @classmethod
    def of(cls, clock: Clock, *, first: int) -> "EarlierWeeks":
        """Those of the windows of a clock."""
        wall = clock.wall[first:]
        holidays = np.flatnonzero(clock.is_holiday[first:])
        since_sunday = clock.weekday[first:][holidays] + 1
        return cls(
            clock=clock,
            first=first,
            weeks=tuple(adjacent(clock.find(wall - 7 * k * clock.per_day)) for k in range(1, WEEKS + 1)),
            holidays=holidays,
            sundays=tuple(
                adjacent(clock.find(wall[holidays] - (since_sunday + 7 * k) * clock.per_day))
                for k in range(HOLIDAY_SUNDAYS)
            ),
        )


def weekly_baseline(values: Floats, trials: Floats | None, levels: Levels, earlier: EarlierWeeks) -> Baseline:
    """What windows were expected to hold, from what was known before each of them.

    The median over the last six weeks of the same local window times the level ratio since then. Holidays are
    no history. A holiday itself may look like an ordinary day, like the last four Sundays, or like anything
    between: there are holidays that nobody keeps, and the night into a Monday holiday is no night into a
    working Sunday. While fewer than two weeks are known: the last three days times last week's change from
    day to day.

    Args:
        values: float64 (n_series, n_windows), metric units; NaN = missing.
        trials: denominators of ratios, same shape; None for counts.
        levels: the level ratios of the windows wanted.
        earlier: where these find their like.

    Returns:
        The baseline of (n_series, n_windows - first).
    """
    clock = earlier.clock
    ordinary = clock.without_holidays(values)
    smooth = _smoothed(ordinary, trials)

    def usual(columns: Sequence[Columns], place: Positions) -> tuple[Floats, Positions | None]:
        return median_of_few(
            [
                take(smooth, there) * np.take(ratio, place, axis=1)
                for there, ratio in zip(columns, levels.ratios, strict=False)
            ]
        )

    baseline, weeks = usual(earlier.weeks, levels.place)
    if weeks is not None:
        few = weeks < _FEW_WEEKS
        rows, columns = np.flatnonzero(few.any(axis=1)), np.flatnonzero(few.any(axis=0))
        if len(rows):
            blocks = levels.blocks.of(rows)
            recent = _from_recent_days(ordinary[rows], blocks, clock, earlier.first + columns)
            corner = np.ix_(rows, columns)
            baseline[corner] = np.where(few[corner], recent, baseline[corner])
    ceiling = np.inf if trials is None else 1.0
    if trials is not None:
        np.minimum(baseline, ceiling, out=baseline)
    holidays = earlier.holidays
    if not len(holidays):
        return Baseline(baseline, baseline)
    sunday, _ = usual(earlier.sundays, levels.place[holidays])
    low, high = baseline, baseline.copy()
    low[:, holidays] = np.fmin(low[:, holidays], sunday)
    high[:, holidays] = np.fmax(high[:, holidays], np.minimum(sunday, ceiling))
    return Baseline(low, high)


def _smoothed(values: Floats, trials: Floats | None) -> Floats:
    """History with a part of each window's chance averaged away over its neighbours.

    Where all noise is chance the weights are 1, 2, 1; where chance is small beside the relative noise, a
    habit's sharp edges count for more and nothing is smoothed.
    """
    middle = values[:, 1:-1]
    sides = values[:, :-2] + values[:, 2:]
    weight = sides + middle  # three times the events
    if trials is not None:
        weight *= trials[:, 1:-1]
    weight *= 4.0 * RELATIVE_NOISE**2 / 3.0
    weight += 4.0
    sides -= middle
    sides -= middle
    sides /= weight
    unknown = np.isnan(sides)
    if unknown.any():
        np.copyto(sides, 0.0, where=unknown)
    smooth = np.empty_like(values)
    smooth[:, [0, -1]] = values[:, [0, -1]]
    np.add(middle, sides, out=smooth[:, 1:-1])
    return smooth


def _from_recent_days(ordinary: Floats, blocks: Blocks, clock: Clock, positions: Positions) -> Floats:
    """The last days' same window times what last week changed from that weekday to this one."""
    wall = clock.wall[positions]
    week_ago = wall // blocks.length - 7 * blocks.per_day
    then = blocks.at(week_ago)
    candidates = []
    for days in range(1, RECENT_DAYS + 1):
        before = blocks.at(week_ago - days * blocks.per_day)
        usable = (before > 0) & ~np.isnan(then)
        change = np.where(usable, then / np.where(usable, before, 1.0), np.nan)
        # Zero before and zero then: nothing changed.
        change = np.where((before == 0) & (then == 0), 1.0, change)
        candidates.append(take(ordinary, clock.find(wall - days * clock.per_day)) * change)
    recent, _ = median_of_few(candidates)
    return recent
