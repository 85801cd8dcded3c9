"""How far a band reaches, as a part of what is expected: which of two bands is the narrower one.

Told from what was expected, not from what was measured. Else a value further out could change which band is
taken for the narrower one, and score lower than a nearer value did.
"""

import numpy as np

from vk_alerts.detection.residual import Counts, Ratios, Scale
from vk_alerts.detection.scores import Floats, Scores


def of_counts(band: Scores) -> Floats:
    """Half of a count's band, on a logarithmic scale."""
    with np.errstate(invalid="ignore"):
        return _reach(Counts(), band) * Counts().relative_chance(band.expected)


def of_rates(band: Scores, trials: Floats) -> Floats:
    """Half of a rate's band, on a logarithmic scale.

    Args:
        band: of the rate.
        trials: its denominators, same shape.
    """
    scale = Ratios(trials)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _reach(scale, band) * scale.chance_of_odds(band.expected) * (1.0 - band.expected)


def of_shares(band: Scores, trials: Floats, *, expected_trials: Floats) -> Floats:
    """Half of a share's band, on a logarithmic scale of the slice beside the rest as it is.

    Args:
        band: of the share.
        trials: those with which it was judged, same shape.
        expected_trials: those there would be, were the slice as expected.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return _reach(Ratios(trials), band) * Ratios(expected_trials).chance_of_odds(band.expected)


def _reach(scale: Scale, band: Scores) -> Floats:
    """The wider side of a band, as a residual; the narrower one may end at 0 or 1."""
    up, down = scale.residual(band.upper, band.expected), scale.residual(band.lower, band.expected)
    return np.fmax(up, -down)
