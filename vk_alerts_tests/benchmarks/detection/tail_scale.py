"""Scores in units of their series' own tail: one threshold for calm series and for bursty ones."""

import numpy as np

from vk_alerts_tests.benchmarks.detection.world import World

QUANTILE = 0.995
NOMINAL = 4.0
"""The quantile that an ordinary series has; it sets the unit only."""

POWER = 0.5
"""Half of the way, on a logarithmic scale: past incidents lie in the tail as well."""

LEAST_DAYS = 1


def tail_scaled(world: World) -> np.ndarray:
    """The default detector's scores, each local day divided by (0.995 quantile before it / nominal)^½.

    Strictly causal. Until a day of verdicts is known they are left as they are.
    """
    return scaled(world.scored().score, per_day=world.per_day)


def scaled(score: np.ndarray, *, per_day: int) -> np.ndarray:
    """The scores (n_series, n_windows) in units of their own tail."""
    units = score.copy()
    for begin in range(0, score.shape[1], per_day):
        past = score[:, :begin]
        enough = (~np.isnan(past)).sum(axis=1) >= LEAST_DAYS * per_day
        if enough.any():
            tail = np.nanquantile(past[enough], QUANTILE, axis=1, keepdims=True)
            units[enough, begin : begin + per_day] /= (tail / NOMINAL) ** POWER
    return units
