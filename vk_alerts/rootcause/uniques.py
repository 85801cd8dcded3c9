"""Which slice explains a change of distinct users: counterfactuals, since users of slices do not add up."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from vk_alerts.errors import RootCauseInputError
from vk_alerts.rootcause.search import Cause, explain


def explain_uniques(
    slices: pd.DataFrame,
    *,
    dimensions: Sequence[str],
    actual_total: float,
    expected_total: float,
    top: int = 3,
) -> list[Cause]:
    """The slices whose return to normal would undo most of a change of distinct users, best first.

    Each dimension is searched by itself, its slices against its other slices. A user who came through two
    values of a dimension counts in both, so the users of its slices are more than the total; a user lost in
    one slice may still be there through another. What the total would be if a slice had its expected users is
    therefore the total and their difference, times the share of a slice's users that the total would miss:
    expected total / expected sum over the slices.

    Args:
        slices: one row per slice of one dimension: ``dimension``, ``value``, and distinct users, ``actual``
            and ``expected``.
        dimensions: the dimensions to search.
        actual_total: distinct users of everybody.
        expected_total: those expected.
        top: how many causes to return at most.

    Returns:
        Causes of one dimension each, or "everybody", at most ``top``, strongest first; ``share`` is the part
        of the total's change that would be gone if the slice were normal.

    Raises:
        RootCauseInputError: a column is missing, or a value negative or not finite.
    """
    for name in ("dimension", "value", "actual", "expected"):
        if name not in slices.columns:
            raise RootCauseInputError(
                f"slices: no column {name!r}; there are {', '.join(map(str, slices.columns)) or 'none'}"
            )
    change = actual_total - expected_total
    found: list[list[Cause]] = []
    for dimension in dimensions:
        rows = slices[slices["dimension"] == dimension]
        leaves = rows.rename(columns={"value": dimension})[[dimension, "actual", "expected"]]
        causes = explain(leaves, dimensions=[dimension], max_dims=1, top=top)
        hoped = float(rows["expected"].sum())
        missed = min(1.0, expected_total / hoped) if hoped else 0.0
        found.append(
            [_counterfactual(cause, leaves, dimension, change=change, missed=missed) for cause in causes]
        )
    # The dimension in which least is left to explain is the one that the change runs along.
    best = max(found, key=lambda causes: sum(cause.gain for cause in causes), default=[])
    return best[:top]


def _counterfactual(
    cause: Cause, leaves: pd.DataFrame, dimension: str, *, change: float, missed: float
) -> Cause:
    if not cause.slice:
        return Cause(cause.slice, cause.gain, 1.0 if change else float("nan"))
    inside = leaves[dimension].astype(str) == cause.slice[dimension]
    lost = float((leaves["actual"] - leaves["expected"])[inside].sum()) * missed
    return Cause(cause.slice, cause.gain, float(np.float64(lost) / change) if change else float("nan"))
