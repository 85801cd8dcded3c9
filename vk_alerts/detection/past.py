"""What verdicts on some windows need to know of a batch of series: residuals, noise, expectations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vk_alerts.detection.baseline import Baseline, EarlierWeeks, weekly_baseline
from vk_alerts.detection.clock import Clock
from vk_alerts.detection.days_off import days_off_of
from vk_alerts.detection.fortnights import Fortnights
from vk_alerts.detection.levels import LastRatio, Levels, known_levels
from vk_alerts.detection.noise import Noise, measure_noise
from vk_alerts.detection.residual import scale_of
from vk_alerts.detection.rows import strips
from vk_alerts.detection.scores import Floats


@dataclass(frozen=True, slots=True)
class Past:
    """The windows of a batch of series from ``first`` on, as the tracker and the judge take them.

    Attributes:
        first: the tracker's first window.
        residual: how far each value lies above what habit expected, on the scale of its noise; float64
            (n_windows + 1, n_series), one row per window; NaN = missing. The last row is NaN and answers for
            windows that there are not.
        floor: the least variance of the residual's white part, same shape.
        day_off: by how much that of the slow part is larger than usual, same shape; None on ordinary days.
        levels: what the baseline was told by.
        baseline: of the windows to judge, float64 (n_series, n).
        nearest: of its expectations, the one that the value was compared with.
    """

    first: int
    residual: Floats
    floor: Floats
    day_off: Floats | None
    levels: Levels
    baseline: Baseline
    nearest: Floats

    def slow(self, usual: Floats, rows: slice, *, judged: int) -> Floats:
        """The variance of the slow part of some series from ``judged`` on, (n_series, n).

        Args:
            usual: (n_series, n): on ordinary days.
            rows: the series.
            judged: the first window wanted.
        """
        return usual if self.day_off is None else usual + self.day_off[judged - self.first : -1, rows].T

    def tailed(self, rows: slice, *, judged: int, tail: int) -> Floats:
        """Residuals of some series from ``tail`` windows before ``judged`` on, (n_series, tail + n)."""
        begin = judged - self.first - tail
        known = self.residual[max(begin, 0) : -1, rows].T
        residuals = np.full((known.shape[0], known.shape[1] + max(-begin, 0)), np.nan)
        residuals[:, max(-begin, 0) :] = known
        return residuals


def past_of(
    values: Floats,
    trials: Floats | None,
    clock: Clock,
    *,
    compared: int,
    followed: int,
    judged: int,
    before: Sequence[LastRatio] | None = None,
    measured: tuple[Fortnights, Noise] | None = None,
) -> Past:
    """The past of the windows to judge.

    Args:
        values: float64 (n_series, n_windows), metric units; NaN = missing.
        trials: denominators of ratios, same shape, NaN = none; None for counts.
        clock: local time of the windows.
        compared: the first window to compare with the baseline; windows before it are its history.
        followed: the first window of the tracker.
        judged: the first window to judge; ``n_windows`` for none.
        before: the level ratios known before ``compared``, where the history does not tell them.
        measured: two weeks whose noise is to be measured, in windows from ``compared`` on, and where it goes.
    """
    rows, windows = values.shape
    levels = known_levels(values, trials, clock, first=compared, before=before)
    earlier = EarlierWeeks.of(clock, first=compared)
    holiday = clock.is_holiday[compared:]
    residuals = np.empty((windows - followed + 1, rows))
    residuals[-1] = np.nan
    floors = residuals.copy()
    days_off = days_off_of(trials)
    off = days_off.levels(clock)[compared:]
    day_off = np.zeros_like(residuals) if off[followed - compared :].any() else None
    low, high, nearest = _expectations(
        (rows, windows - judged), differ=bool(holiday[judged - compared :].any())
    )
    width = windows if measured is None else max(windows, measured[0].values // 2)
    for some in strips(rows, width=width):
        tried = None if trials is None else trials[some]
        baseline = weekly_baseline(values[some], tried, levels.of(some), earlier)
        now = values[some, compared:]
        near = baseline.nearest(now)
        scale = scale_of(tried, slice(compared, None))
        residual, floor = scale.residual(now, near), scale.least_noise(baseline.low)
        if measured is not None:
            fortnights, noise = measured
            ordinary = np.where(holiday, np.nan, residual) if holiday.any() else residual
            noise.put(some, measure_noise(ordinary, floor, fortnights))
        residuals[:-1, some] = residual[:, followed - compared :].T
        floors[:-1, some] = floor[:, followed - compared :].T
        if day_off is not None:
            day_off[:-1, some] = days_off.doubt(off, scale, baseline.high)[:, followed - compared :].T
        here = slice(judged - compared, None)
        low[some] = baseline.low[:, here]
        if high is not low:
            high[some], nearest[some] = baseline.high[:, here], near[:, here]
    return Past(followed, residuals, floors, day_off, levels, Baseline(low, high), nearest)


def _expectations(shape: tuple[int, int], *, differ: bool) -> tuple[Floats, Floats, Floats]:
    low = np.empty(shape)
    return (low, np.empty(shape), np.empty(shape)) if differ else (low, low, low)
