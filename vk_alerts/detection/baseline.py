"""What habit alone would expect: the same local window of earlier weeks, brought to today's level."""

import numpy as np

from vk_alerts.detection.blocks import Blocks, block_means, level_ratio
from vk_alerts.detection.clock import Clock, Positions, take
from vk_alerts.detection.medians import median_of_few
from vk_alerts.detection.scores import Floats

WEEKS = 6
_HOLIDAY_SUNDAYS = 4
_FEW_WEEKS = 2  # with fewer candidates the last days say more
_DAYS = 3


def weekly_baseline(values: Floats, trials: Floats | None, clock: Clock, *, first: int) -> Floats:
    """What the windows from ``first`` on were expected to hold, from what was known before each of them.

    The median over the last six weeks of the same local window times the level ratio since then. Holidays are
    no history; a holiday itself is expected to look like the last four Sundays. While fewer than two weeks
    are known: the last three days times last week's change from day to day.

    Args:
        values: float64 (n_series, n_windows), metric units; NaN = missing.
        trials: denominators of ratios, same shape; None for counts.
        clock: local time of the windows.
        first: the first window wanted.

    Returns:
        float64 (n_series, n_windows - first), metric units; NaN = too little history.
    """
    wanted = slice(first, None)
    wall = clock.wall[wanted]
    ordinary = np.where(clock.is_holiday, np.nan, values) if clock.is_holiday.any() else values
    blocks = block_means(ordinary, trials, clock)
    number = np.maximum.accumulate(wall // blocks.length)
    numbers = np.arange(number[0], number[-1] + 1)
    ratios = [level_ratio(blocks, numbers, weeks_ago=k) for k in range(1, WEEKS + 1)]
    place = number - numbers[0]

    def candidates(lags: list[int | Positions], here: slice | Positions) -> list[Floats]:
        return [
            take(ordinary, clock.find(wall[here] - clock.per_day * lag)) * ratio[:, place[here]]
            for lag, ratio in zip(lags, ratios, strict=False)
        ]

    everywhere = slice(None)
    baseline, weeks = median_of_few(candidates([7 * k for k in range(1, WEEKS + 1)], everywhere))
    holidays = np.flatnonzero(clock.is_holiday[wanted])
    if len(holidays):
        since_sunday = clock.weekday[wanted][holidays] + 1
        sundays: list[int | Positions] = [since_sunday + 7 * k for k in range(_HOLIDAY_SUNDAYS)]
        baseline[:, holidays], weeks[:, holidays] = median_of_few(candidates(sundays, holidays))
        few = (weeks < _FEW_WEEKS) & ~clock.is_holiday[wanted]
        baseline[:, holidays] = np.where(weeks[:, holidays] < _FEW_WEEKS, np.nan, baseline[:, holidays])
    else:
        few = weeks < _FEW_WEEKS
    if few.any():
        rows, columns = np.flatnonzero(few.any(axis=1)), np.flatnonzero(few.any(axis=0))
        recent = _from_recent_days(ordinary[rows], blocks, rows, clock, first + columns)
        corner = np.ix_(rows, columns)
        baseline[corner] = np.where(few[corner], recent, baseline[corner])
    return baseline


def _from_recent_days(
    ordinary: Floats, blocks: Blocks, rows: Positions, clock: Clock, positions: Positions
) -> Floats:
    """The last days' same window times what last week changed from that weekday to this one."""
    wall = clock.wall[positions]
    some = Blocks(blocks.first, blocks.length, blocks.per_day, blocks.mean[rows])
    week_ago = wall // blocks.length - 7 * blocks.per_day
    then = some.at(week_ago)
    candidates = []
    for days in range(1, _DAYS + 1):
        before = some.at(week_ago - days * blocks.per_day)
        usable = (before > 0) & ~np.isnan(then)
        change = np.where(usable, then / np.where(usable, before, 1.0), np.nan)
        # Zero before and zero then: nothing changed.
        change = np.where((before == 0) & (then == 0), 1.0, change)
        candidates.append(take(ordinary, clock.find(wall - days * clock.per_day)) * change)
    recent, _ = median_of_few(candidates)
    return recent
