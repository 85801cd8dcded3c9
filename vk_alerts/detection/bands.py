"""The band for the threshold in force, so that nothing alerts by a value that its band calls usual."""

import numpy as np

from vk_alerts.detection.scores import BAND_SIGMAS, Floats, Scores


def narrowed(scores: Scores, threshold: Floats) -> Scores:
    """The scores, with bands drawn at thresholds below the band's own ``BAND_SIGMAS``; others stay.

    Scales bend: lower edges are moved in along a straight line, upper ones by the same part of a logarithm.
    So a band is never wider than where one window on its own scores as much as its threshold.

    Args:
        scores: verdicts, each array float64 (n_series, n_windows), metric units.
        threshold: of the windows, same shape; robust standard deviations, > 0.
    """
    part = np.minimum(threshold / BAND_SIGMAS, 1.0)
    expected, lower, upper = scores.expected, scores.lower, scores.upper
    positive = expected > 0
    grown = np.where(positive, upper, 1.0) / np.where(positive, expected, 1.0)
    return Scores(
        score=scores.score,
        expected=expected,
        lower=np.where(part < 1.0, expected - part * (expected - lower), lower),
        upper=np.where(part < 1.0, np.where(positive, expected * grown**part, upper * part * part), upper),
    )
