"""What a detector returns, and the one number that its band and its score share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BAND_SIGMAS = 4.0
"""The band's edge is where one window on its own scores this much."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Verdicts on windows; every array is float64 (n_series, n_windows), as the values that were scored.

    Attributes:
        score: robust standard deviations, >= 0, higher = stranger; NaN = no verdict: the value is missing,
            nothing to
            divide by, too little history, or a window that is history only.
        expected: what the past led to expect, metric units; NaN = too little history.
        lower: the value below which a window on its own scores ``BAND_SIGMAS``; >= 0.
        upper: the same above; ratios <= 1.
    """

    score: Floats
    expected: Floats
    lower: Floats
    upper: Floats

    @classmethod
    def blank(cls, shape: tuple[int, int]) -> "Scores":
        """No verdict anywhere."""
        return cls(*(np.full(shape, np.nan) for _ in range(4)))
