"""How far the level of a series moved over the weeks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vk_alerts.detection.blocks import Blocks, block_means
from vk_alerts.detection.clock import Clock, Positions
from vk_alerts.detection.medians import median_of_few
from vk_alerts.detection.rows import strips
from vk_alerts.detection.scores import Floats

WEEKS = 6
FILL_DAYS = 3
"""How long the last known level ratio is carried on through holidays and gaps."""

_RATIO_LIMITS = (0.2, 5.0)
_KNOWN_BLOCKS = 3  # of the last day's blocks, to tell a ratio


@dataclass(frozen=True, slots=True)
class LastRatio:
    """The last level ratio that was known before some block.

    Attributes:
        ratio: float64 (n_series,); NaN = none within ``FILL_DAYS``.
        age: float64 (n_series,): how many blocks before it.
    """

    ratio: Floats
    age: Floats

    def of(self, rows: slice) -> "LastRatio":
        """That of some series."""
        return LastRatio(self.ratio[rows], self.age[rows])


@dataclass(frozen=True, slots=True)
class Levels:
    """The level ratios of some windows, which are those known when the window's block began.

    Attributes:
        blocks: the means that they were told by.
        ratios: for 1, 2, … ``WEEKS`` weeks, float64 (n_series, n_blocks).
        place: int64 (n_windows,): which of the blocks a window belongs to.
    """

    blocks: Blocks
    ratios: tuple[Floats, ...]
    place: Positions

    def of(self, rows: slice) -> "Levels":
        """Those of some series."""
        return Levels(self.blocks.of(rows), tuple(ratio[rows] for ratio in self.ratios), self.place)


def known_levels(
    values: Floats,
    trials: Floats | None,
    clock: Clock,
    *,
    first: int,
    before: Sequence[LastRatio] | None = None,
) -> Levels:
    """The level ratios of the windows from ``first`` on.

    Args:
        values: float64 (n_series, n_windows), metric units; NaN = missing.
        trials: denominators of ratios, same shape; None for counts.
        clock: local time of the windows.
        first: the first window wanted.
        before: the level ratios of 1, 2, … weeks known before it, where the history does not tell them.
    """
    blocks = block_means(values, trials, clock)
    number = np.maximum.accumulate(clock.wall[first:] // blocks.length)
    numbers = np.arange(number[0], number[-1] + 1)
    ratios = tuple(np.empty((len(values), len(numbers))) for _ in range(WEEKS))
    carried = 0 if before else FILL_DAYS * blocks.per_day
    for some in strips(len(values), width=len(numbers) + carried):
        mine = blocks.of(some)
        for k, ratio in enumerate(ratios):
            known = before[k].of(some) if before else None
            ratio[some] = level_ratio(mine, numbers, weeks_ago=k + 1, before=known)
    return Levels(blocks=blocks, ratios=ratios, place=number - numbers[0])


def last_ratio(blocks: Blocks, number: int, *, weeks_ago: int) -> LastRatio:
    """The last level ratio known before the block ``number``, for :func:`level_ratio` from it on."""
    carry = FILL_DAYS * blocks.per_day
    ratio = _ratios(blocks, np.arange(number - carry, number), weeks_ago)
    known = ~np.isnan(ratio)
    age = 1 + np.argmax(known[:, ::-1], axis=1)
    last = np.take_along_axis(ratio, carry - age[:, None], axis=1)[:, 0]
    return LastRatio(last, np.where(known.any(axis=1), age.astype(np.float64), np.nan))


def level_ratio(
    blocks: Blocks, numbers: Positions, *, weeks_ago: int, before: LastRatio | None = None
) -> Floats:
    """How many times higher the level is than ``weeks_ago``, as known when each block begins.

    The median over the blocks of the last 24 hours of mean / mean weeks ago, within 0.2..5; the last one
    known within ``FILL_DAYS``; 1 where nothing is known.

    Args:
        blocks: the means of the history.
        numbers: int64 (n,): adjacent block numbers.
        weeks_ago: 1, 2, ...
        before: what was known before the first of them; by default found in the blocks.

    Returns:
        float64 (n_series, n).
    """
    limit = FILL_DAYS * blocks.per_day
    carry = limit if before is None else 0
    ratio = _ratios(blocks, np.arange(numbers[0] - carry, numbers[-1] + 1), weeks_ago)
    filled = _carried_on(ratio, limit=limit)[:, carry:]
    if before is not None:
        reachable = before.age[:, None] + np.arange(filled.shape[1]) <= limit
        filled = np.where(np.isnan(filled) & reachable, before.ratio[:, None], filled)
    return np.where(np.isnan(filled), 1.0, np.clip(filled, *_RATIO_LIMITS))


def _ratios(blocks: Blocks, numbers: Positions, weeks_ago: int) -> Floats:
    """The level ratio when each of adjacent blocks begins, NaN where the last day tells too little."""
    day = blocks.per_day
    span = np.arange(numbers[0] - day, numbers[-1])
    now, then = blocks.at(span), blocks.at(span - 7 * day * weeks_ago)
    usable = (then > 0) & (now > 0)
    ratios = np.where(usable, now / np.where(usable, then, 1.0), np.nan)
    width = ratios.shape[1] - day + 1
    ratio, known = median_of_few([ratios[:, i : i + width].copy() for i in range(day)])
    if known is not None:
        ratio[known < min(_KNOWN_BLOCKS, day)] = np.nan
    return ratio


def _carried_on(rows: Floats, *, limit: int) -> Floats:
    """Every NaN replaced by the last known value at most ``limit`` columns before it."""
    known = ~np.isnan(rows)
    if known.all():
        return rows
    columns = np.arange(rows.shape[1])
    last = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    reachable = (last >= 0) & (columns - last <= limit)
    return np.where(reachable, np.take_along_axis(rows, np.maximum(last, 0), axis=1), np.nan)
