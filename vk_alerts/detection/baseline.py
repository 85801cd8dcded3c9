"""What habit alone would expect: the same local window of earlier weeks, brought to today's level."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vk_alerts.detection.blocks import Blocks, LastRatio, block_means, level_ratio
from vk_alerts.detection.clock import Clock, Positions, take
from vk_alerts.detection.medians import median_of_few
from vk_alerts.detection.residual import RELATIVE_NOISE
from vk_alerts.detection.scores import Floats

WEEKS = 6
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

    def nearest(self, values: Floats) -> Floats:
        """The expectation that is nearest to each value; the middle where the value is missing."""
        if self.low is self.high:
            return self.low
        return np.where(np.isnan(values), 0.5 * (self.low + self.high), np.clip(values, self.low, self.high))


def weekly_baseline(
    values: Floats,
    trials: Floats | None,
    clock: Clock,
    *,
    first: int,
    before: Sequence[LastRatio] | None = None,
) -> Baseline:
    """What the windows from ``first`` on were expected to hold, from what was known before each of them.

    The median over the last six weeks of the same local window times the level ratio since then. Holidays are
    no history. A holiday itself may look like an ordinary day, like the last four Sundays, or like anything
    between: there are holidays that nobody keeps, and the night into a Monday holiday is no night into a
    working Sunday. While fewer than two weeks are known: the last three days times last week's change from
    day to day.

    Args:
        values: float64 (n_series, n_windows), metric units; NaN = missing.
        trials: denominators of ratios, same shape; None for counts.
        clock: local time of the windows.
        first: the first window wanted.
        before: the level ratios of 1, 2, … weeks known before it, where the history does not tell them.

    Returns:
        The baseline of (n_series, n_windows - first).
    """
    wanted = slice(first, None)
    wall = clock.wall[wanted]
    ordinary = np.where(clock.is_holiday, np.nan, values) if clock.is_holiday.any() else values
    blocks = block_means(ordinary, trials, clock)
    smooth = _smoothed(ordinary, trials)
    number = np.maximum.accumulate(wall // blocks.length)
    numbers = np.arange(number[0], number[-1] + 1)
    ratios = [
        level_ratio(blocks, numbers, weeks_ago=k, before=None if before is None else before[k - 1])
        for k in range(1, WEEKS + 1)
    ]
    place = number - numbers[0]

    def usual(lags: list[int | Positions], here: slice | Positions) -> tuple[Floats, Floats]:
        return median_of_few(
            [
                take(smooth, clock.find(wall[here] - clock.per_day * lag)) * ratio[:, place[here]]
                for lag, ratio in zip(lags, ratios, strict=False)
            ]
        )

    baseline, weeks = usual([7 * k for k in range(1, WEEKS + 1)], slice(None))
    few = weeks < _FEW_WEEKS
    if few.any():
        rows, columns = np.flatnonzero(few.any(axis=1)), np.flatnonzero(few.any(axis=0))
        recent = _from_recent_days(ordinary[rows], blocks, rows, clock, first + columns)
        corner = np.ix_(rows, columns)
        baseline[corner] = np.where(few[corner], recent, baseline[corner])
    ceiling = np.inf if trials is None else 1.0
    baseline = np.minimum(baseline, ceiling)
    holidays = np.flatnonzero(clock.is_holiday[wanted])
    if not len(holidays):
        return Baseline(baseline, baseline)
    since_sunday = clock.weekday[wanted][holidays] + 1
    sunday, _ = usual([since_sunday + 7 * k for k in range(HOLIDAY_SUNDAYS)], holidays)
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
    weight *= RELATIVE_NOISE**2 / 3.0
    weight += 1.0
    sides -= middle
    sides -= middle
    sides /= weight
    sides *= 0.25
    sides[np.isnan(sides)] = 0.0
    smooth = values.copy()
    smooth[:, 1:-1] += sides
    return smooth


def _from_recent_days(
    ordinary: Floats, blocks: Blocks, rows: Positions, clock: Clock, positions: Positions
) -> Floats:
    """The last days' same window times what last week changed from that weekday to this one."""
    wall = clock.wall[positions]
    some = Blocks(blocks.first, blocks.length, blocks.per_day, blocks.mean[rows])
    week_ago = wall // blocks.length - 7 * blocks.per_day
    then = some.at(week_ago)
    candidates = []
    for days in range(1, RECENT_DAYS + 1):
        before = some.at(week_ago - days * blocks.per_day)
        usable = (before > 0) & ~np.isnan(then)
        change = np.where(usable, then / np.where(usable, before, 1.0), np.nan)
        # Zero before and zero then: nothing changed.
        change = np.where((before == 0) & (then == 0), 1.0, change)
        candidates.append(take(ordinary, clock.find(wall - days * clock.per_day)) * change)
    recent, _ = median_of_few(candidates)
    return recent
