"""Verdicts on a metric: on the total by its own value, on slices by their share of it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vk_alerts.clickhouse.grid import Floats
from vk_alerts.detection import Scores, decide
from vk_alerts.metrics.model import Metric
from vk_alerts.pipeline.panels import Panel, share_panel, share_rows, shares_of

Score = Callable[[Panel], Scores]

# Slices whose shares are in memory at a time: several arrays as large as their part of the panel.
_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class MetricScores:
    """Verdicts on all series of one metric, as production takes them.

    Attributes:
        metric: the metric.
        slices: canonical slice of each series, length n_series.
        measured: float64 (n_series, n_windows), metric units; NaN = missing.
        evidence: float64, likewise: events that a score rests on.
        scores: verdicts, likewise; NaN before the first window that was scored.
        own: float64, likewise: scores of the series' own values.
        share: float64, likewise: scores of slices' shares of the total; NaN = no verdict, or no slice.
        by_share: bool, likewise: whether the share decided.
    """

    metric: Metric
    slices: tuple[str, ...]
    measured: Floats
    evidence: Floats
    scores: Scores
    own: Floats
    share: Floats
    by_share: np.ndarray


def judge_panel(panel: Panel, score: Score, *, windows: int) -> MetricScores:
    """Verdicts on the last windows of a panel.

    Args:
        panel: all series of a metric.
        score: gives verdicts on a panel's series, for all of its windows or for the last ones.
        windows: how many to judge.
    """
    own = panel.in_metric_units(score(panel))
    width = own.score.shape[1]
    share = np.full(own.score.shape, np.nan)
    by_share = np.zeros(own.score.shape, dtype=np.bool_)
    scores = own
    slices = share_rows(panel)
    if slices:
        scores = Scores(*(array.copy() for array in own.arrays))
        last, here = slice(width - windows, None), slice(panel.measured.shape[1] - windows, None)
        for some in range(0, len(slices), _AT_ONCE):
            rows = slices[some : some + _AT_ONCE]
            decision = decide(
                Scores(*(array[rows, last] for array in own.arrays)),
                panel.measured[rows, here],
                shares_of(panel, rows, here),
                score(share_panel(panel, rows)).columns(last),
                min_deviation=panel.metric.min_deviation,
            )
            for mine, decided in zip(scores.arrays, decision.scores.arrays, strict=True):
                mine[rows, last] = decided
            share[rows, last], by_share[rows, last] = decision.share, decision.by_share
    measured = panel.measured[:, -width:]
    rests_on = panel.trials if panel.events is None else panel.events
    return MetricScores(
        metric=panel.metric,
        slices=panel.slices,
        measured=measured,
        evidence=np.fmax(measured, scores.expected) if rests_on is None else rests_on[:, -width:],
        scores=scores,
        own=own.score,
        share=share,
        by_share=by_share,
    )
