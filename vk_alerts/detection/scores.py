"""What a detector returns, and the one number that its band and its score share."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]

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

    @property
    def arrays(self) -> tuple[Floats, Floats, Floats, Floats]:
        """The four, in the order of their names above."""
        return self.score, self.expected, self.lower, self.upper

    def put(self, rows: slice, part: "Scores") -> None:
        """Writes the verdicts of some series into the last columns of their rows, and none before."""
        for mine, theirs in zip(self.arrays, part.arrays, strict=True):
            first = mine.shape[1] - theirs.shape[1]
            mine[rows, :first] = np.nan
            mine[rows, first:] = theirs

    def of(self, rows: slice) -> "Scores":
        """The verdicts on some series, as views: what is put there is put here."""
        return Scores(self.score[rows], self.expected[rows], self.lower[rows], self.upper[rows])

    def columns(self, some: slice) -> "Scores":
        """The verdicts on some windows."""
        return Scores(self.score[:, some], self.expected[:, some], self.lower[:, some], self.upper[:, some])

    @classmethod
    def blank(cls, shape: tuple[int, int]) -> "Scores":
        """No verdict anywhere."""
        return cls(*(np.full(shape, np.nan) for _ in range(4)))

    @classmethod
    def to_be_put(cls, shape: tuple[int, int]) -> "Scores":
        """Arrays that :meth:`put` is to fill; until then they hold anything."""
        return cls(*(np.empty(shape) for _ in range(4)))
