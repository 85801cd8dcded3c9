"""How restless a series is: a slow part that the tracker can follow, and a white one that it cannot."""

from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.bursts import burst_factor, day_tails
from vk_alerts.detection.fortnights import Fortnights
from vk_alerts.detection.medians import MAD_TO_SIGMA, median_size
from vk_alerts.detection.scores import Floats, Floats32
from vk_alerts.detection.sums import WIDTHS, trailing_means, usual_strangeness

MEMORY_HOURS = 4.0
"""The slow part forgets itself with this time constant."""

SLOT_GROUPS = 12
_LEAST_DAYS = 5  # with the eight days that the first baseline takes: a verdict within two weeks
_SLOW_LIMITS = (0.0, 0.98)
_WHITE_SHARE = 0.02
_SLOT_PRIOR = 30.0  # values that say "like the rest of the day"
_SLOT_LIMITS = (0.6, 2.5)


@dataclass(frozen=True, slots=True)
class Noise:
    """The noise of every series before some local days, the lanes, in residual units.

    Attributes:
        slow: variance of the slow part, float64 (n_series, n_lanes); NaN = too little history.
        white: variance of the white part in an ordinary slot, float64 (n_series, n_lanes).
        groups: factor of the white part's standard deviation by part of the day, float64 (n_series, n_lanes,
            groups).
        usual: what the sums over windows usually amount to, float64 (n_series, n_lanes, len(WIDTHS)).
        bursts: what all scores are divided by, float64 (n_series, n_lanes); >= 1.
        per_day: windows a day, m.
    """

    slow: Floats
    white: Floats
    groups: Floats
    usual: Floats
    bursts: Floats
    per_day: int

    @property
    def slot_white(self) -> Floats:
        """The variance of the white part by slot of the day, float64 (n_series, n_lanes, m)."""
        factor = _around_the_clock(self.groups, self.per_day // self.groups.shape[-1])
        factor *= factor
        factor *= self.white[..., None]
        return factor

    @classmethod
    def to_be_put(cls, rows: int, lanes: int, *, per_day: int) -> "Noise":
        """Arrays that :meth:`put` is to fill; until then they hold anything."""
        return cls(
            slow=np.empty((rows, lanes)),
            white=np.empty((rows, lanes)),
            groups=np.empty((rows, lanes, slot_groups(per_day))),
            usual=np.empty((rows, lanes, len(WIDTHS))),
            bursts=np.empty((rows, lanes)),
            per_day=per_day,
        )

    def put(self, rows: slice, part: "Noise") -> None:
        """Writes the noise of some series."""
        self.slow[rows], self.white[rows] = part.slow, part.white
        self.groups[rows], self.usual[rows], self.bursts[rows] = part.groups, part.usual, part.bursts


def forgetting(per_day: int) -> float:
    """What is left of the slow part after one window, φ."""
    return float(np.exp(-24.0 / (MEMORY_HOURS * per_day)))


def slot_groups(per_day: int) -> int:
    """Parts of the day of ``per_day`` windows that have a factor of their own."""
    return gcd(SLOT_GROUPS, per_day)


def measure_noise(residuals: Floats, floor: Floats, fortnights: Fortnights) -> Noise:
    """The noise of the two weeks before each lane.

    With V = variance of the residuals and D² = variance of their changes from window to window, 1 - D²/2V is
    the autocorrelation at one window: the slow part's share of V times φ.

    Args:
        residuals: float64 (n_series, n_windows); NaN = missing or a holiday.
        floor: the least variance of the white part, same shape.
        fortnights: which of these windows make up the two weeks.
    """
    single: Floats32 = residuals.astype(np.float32)
    per_day = fortnights.per_day
    rows, lanes, groups = len(single), fortnights.lanes, slot_groups(per_day)
    size = fortnights.of(single)
    by_group = size.reshape(rows, lanes, -1, groups, per_day // groups).swapaxes(2, 3)
    typical, count = median_size(by_group.reshape(rows, lanes, groups, -1))
    whole, known = median_size(size.reshape(rows, lanes, -1))
    step, _ = median_size(fortnights.of(_changes(single)).reshape(rows, lanes, -1))
    spread = np.where(known < _LEAST_DAYS * per_day, np.nan, MAD_TO_SIGMA * whole)
    variance = np.maximum(spread**2, 1e-12)
    change = np.where(np.isnan(step), spread, MAD_TO_SIGMA * step)
    persistence = (1.0 - change**2 / (2.0 * variance)) / forgetting(per_day)
    slow = np.clip(persistence, *_SLOW_LIMITS) * variance
    noise = Noise(
        slow=slow,
        white=np.maximum(variance - slow, _WHITE_SHARE * variance),
        groups=_group_factor(typical, count, whole),
        usual=np.empty((*slow.shape, len(WIDTHS))),
        bursts=np.empty(slow.shape),
        per_day=per_day,
    )
    least = floor.astype(np.float32)
    _measure_sums(noise, single, least, fortnights)
    _measure_bursts(noise, single, least, fortnights)
    return noise


def _measure_sums(noise: Noise, residuals: Floats32, floor: Floats32, fortnights: Fortnights) -> None:
    white = noise.slot_white.astype(np.float32)[:, :, None]
    slow = noise.slow.astype(np.float32)[:, :, None, None]
    for place, (width, means) in enumerate(zip(WIDTHS, trailing_means(residuals), strict=True)):
        thin = max(1, width // 2)  # neighbours share most of their windows
        variance = fortnights.of(floor, thin=thin)
        np.maximum(variance, white[..., ::thin], out=variance)
        variance /= np.float32(width)
        variance += slow
        sums = fortnights.of(means, thin=thin)
        sums /= np.sqrt(variance, out=variance)
        noise.usual[:, :, place] = usual_strangeness(sums.reshape(*noise.slow.shape, -1))


def _measure_bursts(noise: Noise, residuals: Floats32, floor: Floats32, fortnights: Fortnights) -> None:
    by_day = fortnights.days_of(floor)
    known = ~np.isnan(by_day)
    total, count = np.where(known, by_day, np.float32(0.0)).sum(axis=-1), known.sum(axis=-1)
    least = fortnights.windows_of(total).sum(axis=-1) / np.maximum(
        fortnights.windows_of(count).sum(axis=-1), 1
    )
    white = np.maximum(noise.slot_white.mean(axis=-1), least)
    tails = fortnights.windows_of(day_tails(fortnights.days_of(residuals).copy()))
    noise.bursts[:] = burst_factor(tails, np.sqrt(noise.slow + white), per_day=noise.per_day)


def _changes(residuals: Floats32) -> Floats32:
    """Each residual minus the one before it."""
    changes = np.empty_like(residuals)
    changes[:, :1] = np.nan
    np.subtract(residuals[:, 1:], residuals[:, :-1], out=changes[:, 1:])
    return changes


def _group_factor(typical: Floats, count: NDArray[np.int64], whole: Floats) -> Floats:
    """How much noisier a part of the day is than the day, from the median |residual| of both."""
    usable = (count > 0) & (whole > 0)[..., None]
    factor = np.where(usable, typical / np.where(usable, whole[..., None], 1.0), 1.0)
    limited: Floats = np.clip((count * factor + _SLOT_PRIOR) / (count + _SLOT_PRIOR), *_SLOT_LIMITS)
    return limited


def _around_the_clock(factor: Floats, width: int) -> Floats:
    """Group factors joined by straight lines from middle to middle, midnight included."""
    groups = factor.shape[-1]
    place = (np.arange(groups * width) + 0.5) / width - 0.5
    left = np.floor(place).astype(np.int64)
    share = place - left
    return factor[..., left % groups] * (1.0 - share) + factor[..., (left + 1) % groups] * share
