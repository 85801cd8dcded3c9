"""Why a ratio moved: its rate changed somewhere, or the mix of those who make it up did."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from vk_alerts.errors import RootCauseInputError

_COLUMNS = ("actual_numerator", "actual_denominator", "expected_numerator", "expected_denominator")


@dataclass(frozen=True, slots=True)
class RatioPart:
    """What one value of a dimension added to the change of a ratio.

    Attributes:
        slice: dimension → value.
        rate: the part that its own ratio's change makes, metric units: w₀ · Δr.
        mix: the part that its changed weight makes, against the ratio as a whole: Δw · (r₁ − R₀).
    """

    slice: Mapping[str, str]
    rate: float
    mix: float

    @property
    def total(self) -> float:
        """Both parts."""
        return self.rate + self.mix


def explain_ratio(leaves: pd.DataFrame, *, dimension: str) -> list[RatioPart]:
    """The parts of a ratio's change by the values of one dimension, largest first; they add up to the change.

    Args:
        leaves: one row per value of ``dimension`` (or finer: rows are summed), with actual_numerator,
            actual_denominator, expected_numerator and expected_denominator, counts >= 0.
        dimension: a column.

    Raises:
        RootCauseInputError: a column is missing, or there was, or was expected, nothing to divide by.

    Source:
        R₁ − R₀ = Σ w₀ Δr + Σ Δw r₁, with w a value's share of the denominator and r its ratio (Kitagawa,
        1955); as Σ Δw = 0, R₀ may be taken off r₁: growth moves the ratio only where the own one differs.
        A value without a denominator on one side keeps the ratio of the other side, so that it is all mix.
    """
    for name in (dimension, *_COLUMNS):
        if name not in leaves.columns:
            raise RootCauseInputError(
                f"leaves: no column {name!r}; there are {', '.join(map(str, leaves.columns)) or 'none'}"
            )
    sums = leaves.groupby(dimension, sort=True, observed=True)[list(_COLUMNS)].sum()
    a, n, e, m = (sums[name].to_numpy(dtype=np.float64) for name in _COLUMNS)
    if n.sum() <= 0 or m.sum() <= 0:
        raise RootCauseInputError("leaves: nothing to divide by; a ratio's change needs denominators")
    overall = e.sum() / m.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        now = np.where(n > 0, a / n, e / m)
        usual = np.where(m > 0, e / m, now)
    now = np.where(np.isnan(now), usual, now)
    weight, weight_now = m / m.sum(), n / n.sum()
    rate = weight * (now - usual)
    mix = (weight_now - weight) * (now - overall)
    parts = [
        RatioPart({dimension: str(value)}, float(r), float(x))
        for value, r, x in zip(sums.index, rate, mix, strict=True)
    ]
    return sorted(parts, key=lambda part: -abs(part.total))
