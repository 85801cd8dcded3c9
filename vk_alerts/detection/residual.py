"""Scales on which noise is about as large at three in the morning as at noon.

``Counts``: Poisson noise dominates small counts, relative noise large ones. g(v) = (2/s) asinh(s sqrt(v +
3/8)) is the variance-stabilising transform of variance v + s²v²; s = 0.02, a relative noise of 2 % (Anscombe
1948; Bartlett 1947). ``Ratios``: 2 asin sqrt(p) has the variance 1/n of a share of n trials; a relative noise
s of the rate adds s²p/(1-p).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from vk_alerts.detection.scores import Floats

RELATIVE_NOISE = 0.02
_ANSCOMBE = 3.0 / 8.0
_LEAST_CHANCE = 0.5
_RARE_EVENTS = 2.0
_MOST_GROWN = 30.0


class Scale(Protocol):
    """A scale for some windows; arrays are (n_series, n_windows), expected in metric units."""

    def residual(self, values: Floats, expected: Floats) -> Floats:
        """How far the values lie above what was expected, about 1 per standard deviation of pure chance."""

    def metric(self, expected: Floats, shift: Floats) -> Floats:
        """The inverse: the metric value that has the residual ``shift``."""

    def least_noise(self, expected: Floats) -> Floats:
        """The variance below which a residual's noise is not believed, in (0, 1]."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The scale of counts; values >= 0."""

    def residual(self, values: Floats, expected: Floats) -> Floats:
        """See :class:`Scale`."""
        residual = _grown(values)
        residual /= _grown(expected)
        np.log(residual, out=residual)
        residual *= 2.0 / RELATIVE_NOISE
        return residual

    def metric(self, expected: Floats, shift: Floats) -> Floats:
        """See :class:`Scale`; never below 0."""
        # Past e^30 a count means nothing; the cuts keep exp and the square from overflowing.
        grown = np.minimum(0.5 * RELATIVE_NOISE * shift, _MOST_GROWN)
        np.exp(grown, out=grown)
        grown *= _grown(expected)
        np.clip(grown, 1.0, np.exp(_MOST_GROWN), out=grown)
        grown -= 1.0 / grown
        grown *= 0.5 / RELATIVE_NOISE  # a square root again
        grown *= grown
        grown -= _ANSCOMBE
        return np.maximum(grown, 0.0, out=grown)

    def least_noise(self, expected: Floats) -> Floats:
        """See :class:`Scale`; Poisson noise has the variance g'(v)² v."""
        return _believable(expected) / (1.0 + RELATIVE_NOISE**2 * expected)

    def relative_chance(self, expected: Floats) -> Floats:
        """What a residual of 1 amounts to as a part of the expected count."""
        return np.sqrt(1.0 / (expected + _ANSCOMBE) + RELATIVE_NOISE**2)


@dataclass(frozen=True, slots=True)
class Ratios:
    """The scale of ratios in [0, 1].

    Attributes:
        trials: denominators, same shape as the values; NaN where there are none.
    """

    trials: Floats

    def residual(self, values: Floats, expected: Floats) -> Floats:
        """See :class:`Scale`."""
        return (self._angle(values) - self._angle(expected)) / self._spread(expected)

    def metric(self, expected: Floats, shift: Floats) -> Floats:
        """See :class:`Scale`; within [0, 1]."""
        angle = np.clip(self._angle(expected) + shift * self._spread(expected), 0.0, np.pi)
        smoothed = np.sin(0.5 * angle) ** 2
        return np.clip((smoothed * (self.trials + 2 * _ANSCOMBE) - _ANSCOMBE) / self.trials, 0.0, 1.0)

    def least_noise(self, expected: Floats) -> Floats:
        """See :class:`Scale`; the binomial part of the variance."""
        return _believable(expected * self.trials) / (self.trials * self._spread(expected) ** 2)

    def chance_of_odds(self, expected: Floats) -> Floats:
        """What a residual of 1 amounts to as a part of the expected odds."""
        smoothed = self._smoothed(expected)
        return self._spread(expected) / np.sqrt(smoothed * (1.0 - smoothed))

    def _smoothed(self, ratios: Floats) -> Floats:
        return (self.trials * ratios + _ANSCOMBE) / (self.trials + 2 * _ANSCOMBE)

    def _angle(self, ratios: Floats) -> Floats:
        return 2.0 * np.arcsin(np.sqrt(self._smoothed(ratios)))

    def _spread(self, expected: Floats) -> Floats:
        smoothed = self._smoothed(expected)
        return np.sqrt(1.0 / self.trials + RELATIVE_NOISE**2 * smoothed / (1.0 - smoothed))


def scale_of(trials: Floats | None, columns: slice) -> Scale:
    """The scale of counts, or that of ratios with the trials in some columns."""
    return Counts() if trials is None else Ratios(trials[:, columns])


def _grown(counts: Floats) -> Floats:
    """e^x with sinh x = s sqrt(v + 3/8), so that g(v) = (2/s) x: numpy's asinh is slow."""
    square = counts + _ANSCOMBE
    square *= RELATIVE_NOISE**2
    grown = np.sqrt(square)
    square += 1.0
    grown += np.sqrt(square, out=square)
    return grown


def _believable(events: Floats) -> Floats:
    """The share of pure chance that every series is granted.

    Half of it for many events: a series that varies less is luck, or a constant. All of it for rare ones,
    whose median deviation is zero although they do vary.
    """
    return _LEAST_CHANCE + (1.0 - _LEAST_CHANCE) / (1.0 + events / _RARE_EVENTS)
