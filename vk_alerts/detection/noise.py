"""How restless a series is: a slow part that the tracker can follow, and a white one that it cannot."""

from dataclasses import dataclass
from math import gcd

import numpy as np

from vk_alerts.detection.medians import MAD_TO_SIGMA, median_known
from vk_alerts.detection.scores import Floats

MEMORY_HOURS = 6.0
"""The slow part forgets itself with this time constant."""

SLOT_GROUPS = 12
_SLOW_LIMITS = (0.0, 0.98)
_WHITE_SHARE = 0.02
_SLOT_PRIOR = 30.0  # values that say "like the rest of the day"
_SLOT_LIMITS = (0.6, 2.5)


@dataclass(frozen=True, slots=True)
class Noise:
    """The noise of every series before some day, in residual units.

    Attributes:
        slow: variance of the slow part, float64 (n_series,); NaN = too little history.
        white: variance of the white part in an ordinary slot, float64 (n_series,).
        groups: factor of the white part's standard deviation by part of the day, float64 (n_series, groups).
        per_day: windows a day, m.
    """

    slow: Floats
    white: Floats
    groups: Floats
    per_day: int

    @property
    def slot(self) -> Floats:
        """The factor by slot of the day, float64 (n_series, m)."""
        return _around_the_clock(self.groups, self.per_day // self.groups.shape[1])


def forgetting(per_day: int) -> float:
    """What is left of the slow part after one window, φ."""
    return float(np.exp(-24.0 / (MEMORY_HOURS * per_day)))


def measure_noise(residuals: Floats, changes: Floats, *, least: int) -> Noise:
    """The noise of two weeks.

    With V = variance of the residuals and D² = variance of their changes from window to window, 1 - D²/2V is
    the autocorrelation at one window: the slow part's share of V times φ.

    Args:
        residuals: float64 (n_series, days, m), by local slot; NaN = missing or a holiday.
        changes: the same, each residual minus the one before it.
        least: residuals that a verdict needs.
    """
    rows, _, per_day = residuals.shape
    size = np.abs(residuals)
    flat = size.reshape(rows, -1)
    spread = MAD_TO_SIGMA * median_known(flat)
    spread[flat.shape[1] - np.isnan(flat).sum(axis=1) < least] = np.nan
    variance = np.maximum(spread**2, 1e-12)
    step = MAD_TO_SIGMA * median_known(np.abs(changes).reshape(rows, -1))
    persistence = (1.0 - np.where(np.isnan(step), spread, step) ** 2 / (2.0 * variance)) / forgetting(per_day)
    slow = np.clip(persistence, *_SLOW_LIMITS) * variance
    white = np.maximum(variance - slow, _WHITE_SHARE * variance)
    return Noise(slow=slow, white=white, groups=_group_factor(size), per_day=per_day)


def slot_groups(per_day: int) -> int:
    """Parts of the day of ``per_day`` windows that have a factor of their own."""
    return gcd(SLOT_GROUPS, per_day)


def _group_factor(size: Floats) -> Floats:
    """How much noisier a part of the day is than the day, from |residual| (n_series, days, m)."""
    rows, days, per_day = size.shape
    groups = slot_groups(per_day)
    width = per_day // groups
    by_group = size.reshape(rows, days, groups, width).swapaxes(1, 2).reshape(rows, groups, days * width)
    count = days * width - np.isnan(by_group).sum(axis=-1)
    typical = median_known(by_group)
    whole = median_known(size.reshape(rows, -1))[:, None]
    usable = (count > 0) & (whole > 0)
    factor = np.where(usable, typical / np.where(usable, whole, 1.0), 1.0)
    limited: Floats = np.clip((count * factor + _SLOT_PRIOR) / (count + _SLOT_PRIOR), *_SLOT_LIMITS)
    return limited


def _around_the_clock(factor: Floats, width: int) -> Floats:
    """Group factors joined by straight lines from middle to middle, midnight included."""
    groups = factor.shape[1]
    place = (np.arange(groups * width) + 0.5) / width - 0.5
    left = np.floor(place).astype(np.int64)
    share = place - left
    return factor[:, left % groups] * (1.0 - share) + factor[:, (left + 1) % groups] * share
