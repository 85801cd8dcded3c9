"""How often peaks of a height come: a tail fitted to the moderate ones, which true incidents cannot bend."""

from dataclasses import dataclass
from math import exp, expm1, inf, log

import numpy as np

from vk_alerts.detection.scores import Floats

# Peaks up to so many mean excesses above the base are fitted, e⁻⁴ of an exponential tail lies beyond.
_REACH = 4.0
_SLOPES = (1e-2, 1e2)
_BISECTIONS = 60


@dataclass(frozen=True, slots=True)
class Tail:
    """Peaks come as a Poisson process whose rate falls exponentially with their height.

    Attributes:
        base: the height from which on the tail was fitted.
        rate: peaks a week at or above the base.
        slope: how fast the rate falls: by the factor e^−slope for each unit of height.
        peaks: how many peaks the fit rests on.
    """

    base: float
    rate: float
    slope: float
    peaks: int

    def rate_at(self, height: float) -> float:
        """Peaks a week at or above a height."""
        return self.rate * exp(min(self.slope * (self.base - height), 700.0))

    def height_at(self, rate: float) -> float:
        """The height that is reached so many times a week."""
        return self.base + log(self.rate / rate) / self.slope


@dataclass(frozen=True, slots=True)
class Belief:
    """A slope that is expected, worth as much as so many peaks."""

    slope: float
    peaks: float


def fit_tail(
    peaks: Floats, *, base: float, weeks: float, belief: Belief | None = None, reach: float | None = None
) -> Tail | None:
    """The tail of peaks at or above a base.

    Only peaks up to ``reach`` above the base are fitted, as a sample cut off there: what lies beyond, be it
    incidents or missing because incidents were taken out, changes neither rate nor slope.

    Args:
        peaks: float64 (n,): heights >= base, in any order.
        base: the lowest height.
        weeks: how long was watched.
        belief: the slope expected beforehand.
        reach: how far above the base is fitted; None = four mean excesses, taken from the median.

    Returns:
        The tail; None when there is nothing to fit.

    Source:
        Maximum likelihood of a truncated exponential with a conjugate (gamma) prior on its slope; peaks over
        threshold after Davison and Smith, "Models for exceedances over high thresholds" (1990).
    """
    excess = np.sort(peaks - base)
    if not len(excess) or weeks <= 0:
        return None
    if reach is None:
        reach = _REACH * float(np.median(excess)) / log(2)
    if reach <= 0:
        return None
    inside = excess[excess < reach]
    if not len(inside):
        return None
    slope = _slope(len(inside), float(inside.sum()), reach, belief)
    return Tail(base, len(inside) / (weeks * -expm1(-slope * reach)), slope, len(inside))


def _slope(count: int, total: float, reach: float, belief: Belief | None) -> float:
    """Where the log-posterior, which is concave, has its maximum."""
    weight, expected = (0.0, inf) if belief is None else (belief.peaks, belief.slope)
    low, high = _SLOPES
    for _ in range(_BISECTIONS):
        slope = float((low * high) ** 0.5)
        beyond = count * reach / expm1(min(slope * reach, 700.0))
        if (count + weight) / slope - total - beyond - weight / expected > 0:
            low = slope
        else:
            high = slope
    return float((low * high) ** 0.5)
