"""Recall counted in events, at a given number of false alerts."""

from dataclasses import dataclass

import numpy as np

from vk_alerts_tests.benchmarks.detection_simulator import Incident


@dataclass(frozen=True)
class Recall:
    """What a threshold finds.

    ``found``: share of incidents with a window over it; ``at_once``: with the first window over it.
    """

    threshold: float
    found: float
    at_once: float


def recall_at(
    score: np.ndarray,
    incidents: list[Incident],
    *,
    first: int,
    per_hour: int,
    false_alerts_a_week: float,
    judged: np.ndarray | None = None,
) -> Recall:
    """Recall at the lowest threshold that gives at most so many false alerts per series and week.

    Windows over the threshold outside of incidents and the hour after them are false; those within an hour
    are one.

    Args:
        score: (n_series, n_windows), NaN = no verdict.
        incidents: the truth.
        first: windows before it are left out, incidents that begin there too.
        per_hour: windows an hour.
        false_alerts_a_week: the budget, per series.
        judged: windows to look at, bool (n_windows,); None = all.
    """
    known = np.nan_to_num(score, nan=-1.0)
    quiet = np.ones(score.shape, dtype=bool)
    for incident in incidents:
        quiet[incident.row, incident.begin : incident.end + per_hour] = False
    quiet[:, :first] = False
    judged = np.ones(score.shape[1], dtype=bool) if judged is None else judged
    quiet &= judged
    weeks = judged[first:].sum() * len(score) / (168 * per_hour)
    allowed = false_alerts_a_week * weeks
    low, high = 0.0, float(known.max()) + 1.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        if _alerts((known >= middle) & quiet, per_hour) > allowed:
            low = middle
        else:
            high = middle
    counted = [i for i in incidents if i.begin >= first and judged[i.begin : i.end].all()]
    found = [known[i.row, i.begin : i.end].max() >= high for i in counted]
    at_once = [known[i.row, i.begin] >= high for i in counted]
    return Recall(high, float(np.mean(found)), float(np.mean(at_once)))


def _alerts(over: np.ndarray, per_hour: int) -> int:
    rows, windows = np.nonzero(over)
    fresh = (np.diff(rows, prepend=-1) != 0) | (np.diff(windows, prepend=0) > per_hour)
    return int(fresh.sum())
