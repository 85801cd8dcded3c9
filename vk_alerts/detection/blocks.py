"""How a level moved over the weeks, told by means of three local hours."""

from dataclasses import dataclass
from math import gcd

import numpy as np

from vk_alerts.detection.clock import Clock, Positions, take
from vk_alerts.detection.medians import median_of_few
from vk_alerts.detection.scores import Floats

BLOCKS_PER_DAY = 8
FILL_DAYS = 3
"""How long the last known level ratio is carried on through holidays and gaps."""

_RATIO_LIMITS = (0.2, 5.0)
_KNOWN_SHARE = 0.5  # a block tells its mean when at least this share of its windows is there
_KNOWN_BLOCKS = 3  # of the last day's blocks, to tell a ratio


@dataclass(frozen=True, slots=True)
class Blocks:
    """Block means of every series.

    Attributes:
        first: number of the first block in local time since 1970.
        length: windows in a block (clock changes apart).
        per_day: blocks in a day.
        mean: float64 (n_series, n_blocks); NaN where too little is known.
    """

    first: int
    length: int
    per_day: int
    mean: Floats

    def at(self, numbers: Positions) -> Floats:
        """The means of the blocks with these numbers, NaN outside."""
        inside = (numbers >= self.first) & (numbers < self.first + self.mean.shape[1])
        return take(self.mean, np.where(inside, numbers - self.first, -1))


def block_means(values: Floats, trials: Floats | None, clock: Clock) -> Blocks:
    """The blocks of a history; ratios are pooled, Σ successes / Σ trials."""
    per_day = gcd(BLOCKS_PER_DAY, clock.per_day)
    length = clock.per_day // per_day
    # Where clocks go back the numbers repeat within a block; they never decrease from block to block.
    numbers = np.maximum.accumulate(clock.wall // length)
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
    known = ~np.isnan(values)
    weights = known if trials is None else np.where(known, trials, 0.0)
    weighted = np.where(known, values, 0.0) if trials is None else np.where(known, values * weights, 0.0)
    total = np.add.reduceat(weighted, starts, axis=1)
    weight = np.add.reduceat(weights, starts, axis=1, dtype=np.float64)
    enough = np.add.reduceat(known, starts, axis=1, dtype=np.int64) >= _KNOWN_SHARE * length
    enough &= weight > 0
    first = int(numbers[0])
    mean = np.full((len(values), int(numbers[-1]) - first + 1), np.nan)
    mean[:, numbers[starts] - first] = np.where(enough, total / np.where(enough, weight, 1.0), np.nan)
    return Blocks(first=first, length=length, per_day=per_day, mean=mean)


@dataclass(frozen=True, slots=True)
class LastRatio:
    """The last level ratio that was known before some block.

    Attributes:
        ratio: float64 (n_series,); NaN = none within ``FILL_DAYS``.
        age: float64 (n_series,): how many blocks before it.
    """

    ratio: Floats
    age: Floats


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
