"""Means over three local hours: what levels are told by."""

from dataclasses import dataclass
from math import gcd

import numpy as np

from vk_alerts.detection.clock import Clock, Positions, take
from vk_alerts.detection.rows import strips
from vk_alerts.detection.scores import Floats

BLOCKS_PER_DAY = 8

_KNOWN_SHARE = 0.5  # a block tells its mean when at least this share of its windows is there


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

    def of(self, rows: slice | Positions) -> "Blocks":
        """Those of some series."""
        return Blocks(self.first, self.length, self.per_day, self.mean[rows])


def block_means(values: Floats, trials: Floats | None, clock: Clock) -> Blocks:
    """The blocks of a history, holidays left out; ratios are pooled, Σ successes / Σ trials."""
    per_day = gcd(BLOCKS_PER_DAY, clock.per_day)
    length = clock.per_day // per_day
    # Where clocks go back the numbers repeat within a block; they never decrease from block to block.
    numbers = np.maximum.accumulate(clock.wall // length)
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
    first = int(numbers[0])
    mean = np.full((len(values), int(numbers[-1]) - first + 1), np.nan)
    columns = numbers[starts] - first
    for some in strips(len(values), width=values.shape[1]):
        ordinary = clock.without_holidays(values[some])
        mean[some, columns] = _means(ordinary, None if trials is None else trials[some], starts, length)
    return Blocks(first=first, length=length, per_day=per_day, mean=mean)


def _means(values: Floats, trials: Floats | None, starts: Positions, length: int) -> Floats:
    missing = np.isnan(values)
    weighted = values if trials is None else values * trials
    if not missing.any():
        count = np.diff(starts, append=values.shape[1]).astype(np.float64)
        total = np.add.reduceat(weighted, starts, axis=1)
        weight = count if trials is None else np.add.reduceat(trials, starts, axis=1)
    else:
        count = np.add.reduceat((~missing).astype(np.float64), starts, axis=1)
        total = np.add.reduceat(np.where(missing, 0.0, weighted), starts, axis=1)
        weight = count
        if trials is not None:
            weight = np.add.reduceat(np.where(missing, 0.0, trials), starts, axis=1)
    enough = (count >= _KNOWN_SHARE * length) & (weight > 0)
    means: Floats = np.where(enough, total / np.where(enough, weight, 1.0), np.nan)
    return means
