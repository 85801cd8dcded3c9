"""Why a ratio moved: where its rate changed, and whose weight in it did."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from vk_alerts.rootcause import Cause, explain, explain_ratio
from vk_alerts.rootcause.search import RELATIVE_NOISE

Floats = NDArray[np.float64]

# With less of the change, the weights' part is what shifts every day.
LEAST_MIX_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Mix:
    """A slice whose weight changed, and so moved the ratio, whatever its own ratio did.

    Attributes:
        slice: dimension → value.
        before: its share of the denominator, in earlier weeks.
        after: in the window.
        share: the part of the ratio's change that all changed weights make.
    """

    slice: dict[str, str]
    before: float
    after: float
    share: float


@dataclass(frozen=True, slots=True)
class RatioLeaves:
    """Numerators and denominators of a ratio by all dimensions at once.

    Attributes:
        table: columns ``dimensions``, ``above_now``, ``below_now``, ``above_then``, ``below_then``: events
            in the window and in the same windows of earlier weeks together.
        dimensions: the columns that name a leaf.
        value: the ratio in the window.
        expected: what was expected of it.
    """

    table: pd.DataFrame
    dimensions: Sequence[str]
    value: float
    expected: float

    def causes(self, top: int) -> tuple[list[Cause], Mix | None]:
        """The slices whose rate changed, each with its share of the ratio's change, and whose weight did.

        At the rates of earlier weeks, brought to the expected level, the weights of today would give another
        ratio: that is the weights' part of the change. What differs from it is the rates' part.
        """
        now, below = self._column("above_now"), self._column("below_now")
        then, below_then = self._column("above_then"), self._column("below_then")
        change = self.value - self.expected
        if not (below.sum() > 0 and below_then.sum() > 0 and then.sum() > 0 and change):
            return [], None
        overall = then.sum() / below_then.sum()
        level = self.expected / overall
        usual = level * np.where(below_then > 0, then / np.maximum(below_then, 1.0), overall)
        expected = below * usual
        mixed = float(expected.sum() / below.sum()) - self.expected
        if mixed / change < LEAST_MIX_SHARE and mixed != -self.expected:
            # Weights shift a little every day, and that is expected: the level takes it up.
            expected, mixed = expected * (self.expected / (self.expected + mixed)), 0.0
        # The expectation itself is only as sure as the earlier weeks had events.
        variance = expected + expected**2 / np.maximum(then, 1.0) + (RELATIVE_NOISE * expected) ** 2
        leaves = self.table[list(self.dimensions)].assign(actual=now, expected=expected, variance=variance)
        of_rates = 1 - mixed / change
        found = [
            Cause(cause.slice, cause.gain, cause.share * of_rates)
            for cause in explain(leaves, dimensions=list(self.dimensions), top=top)
        ]
        return found, self._mix(mixed / change, level)

    def _mix(self, share: float, level: float) -> Mix | None:
        if share < LEAST_MIX_SHARE:
            return None
        frame = self.table.assign(
            actual_numerator=self.table["above_now"],
            actual_denominator=self.table["below_now"],
            expected_numerator=self.table["above_then"] * level,
            expected_denominator=self.table["below_then"],
        )
        side = 1.0 if self.value > self.expected else -1.0
        parts = {name: explain_ratio(frame, dimension=name) for name in self.dimensions}
        # The dimension along which the weights shifted most, and the value that moved the ratio most by it.
        dimension = max(parts, key=lambda name: side * sum(part.mix for part in parts[name]), default=None)
        if dimension is None:
            return None
        part = max(parts[dimension], key=lambda part: side * part.mix)
        inside = frame[dimension].astype(str) == part.slice[dimension]
        before, after = (
            float(frame.loc[inside, name].sum() / frame[name].sum()) for name in ("below_then", "below_now")
        )
        return Mix(dict(part.slice), before, after, min(share, 1.0))

    def _column(self, name: str) -> Floats:
        return self.table[name].to_numpy(dtype=np.float64)
