"""Scores and bands, once everything is known that they are made of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vk_alerts.detection.baseline import Baseline
from vk_alerts.detection.residual import Ratios, Scale
from vk_alerts.detection.scores import BAND_SIGMAS, Floats, Scores
from vk_alerts.detection.sums import WIDTHS, lasting_means, strangeness


@dataclass(frozen=True, slots=True)
class Wider:
    """By how much the noise of holidays is larger, for single windows and for sums.

    Some holidays are like no Sunday, and all series are off at once. What costs 0.01 of recall at one false
    alert a series and week halves the messages of such a day where thresholds are as high as a budget's.
    """

    single: float
    sums: float


_HOLIDAY_COUNTS = Wider(1.6, 2.5)
_HOLIDAY_RATIOS = Wider(1.15, 1.5)
"""What both sides of a ratio do does not show in it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of some windows; float64 (n_series, n) unless said otherwise.

    Attributes:
        residuals: (n_series, TAIL + n): of the windows and those before them; NaN = missing.
        slow: variance of the slow part.
        white: of the white part.
        predicted: residuals that the tracker expected.
        spread: standard deviations of residual - predicted.
        usual: what the sums of each width usually amount to, (n_series, n, len(WIDTHS)).
        divisor: what scores are divided by, for bursts and for a restless day.
        is_holiday: bool (n,).
        scale: on which the residuals are.
        baseline: what habit expected, metric units.
        nearest: of its expectations, the one that the value was compared with.
    """

    residuals: Floats
    slow: Floats
    white: Floats
    predicted: Floats
    spread: Floats
    usual: Floats
    divisor: Floats
    is_holiday: NDArray[np.bool_]
    scale: Scale
    baseline: Baseline
    nearest: Floats


def judge(evidence: Evidence) -> Scores:
    """Verdicts on the windows, (n_series, n)."""
    predicted, spread = evidence.predicted, evidence.spread
    wider = _HOLIDAY_RATIOS if isinstance(evidence.scale, Ratios) else _HOLIDAY_COUNTS
    if evidence.is_holiday.any():
        spread = spread * np.where(evidence.is_holiday, wider.single, 1.0)
    residual = evidence.residuals[:, evidence.residuals.shape[1] - spread.shape[1] :]
    score = residual - predicted
    np.abs(score, out=score)
    score /= spread
    sigma = np.sqrt(evidence.slow + evidence.white)
    for place, (width, means) in enumerate(
        zip(WIDTHS, lasting_means(evidence.residuals, sigma), strict=True)
    ):
        lasting = strangeness(means, evidence.slow, evidence.white, width)
        lasting /= evidence.usual[:, :, place]
        if evidence.is_holiday.any():
            lasting /= np.where(evidence.is_holiday, wider.sums, 1.0)
        np.fmax(score, lasting, out=score)
    score /= evidence.divisor
    np.copyto(score, np.nan, where=np.isnan(residual))
    reach = BAND_SIGMAS * spread * evidence.divisor
    scale, baseline = evidence.scale, evidence.baseline
    return Scores(
        score=score,
        expected=scale.metric(evidence.nearest, predicted),
        lower=scale.metric(baseline.low, predicted - reach),
        upper=scale.metric(baseline.high, predicted + reach),
    )
