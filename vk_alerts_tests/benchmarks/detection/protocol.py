"""Verdicts counted in events, at a given number of false alerts.

A window alerts when its score exceeds the threshold. An incident is found when one of its windows alerts.
Alerts outside of incidents, and later than an hour after them, are false; those within an hour of one another
are one. The threshold is the lowest at which it and every higher one give no more false alerts than allowed,
one threshold for all series.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vk_alerts_tests.benchmarks.detection.world import HOUR, Incident, World

MONTH = 12 / 52
"""One false alert a month, in false alerts a week."""

RATES = (7.0, 1.0, 0.25, MONTH)
"""False alerts per series and week."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a threshold finds.

    Attributes:
        threshold: scores beyond it alert.
        recall: share of the incidents with a window beyond it.
        at_once: share with their first window beyond it.
        delay_minutes: median, over those found, from their begin to the end of the window that tells.
        by_kind: (found, planted) for each kind of incident.
    """

    threshold: float
    recall: float
    at_once: float
    delay_minutes: float
    by_kind: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Quality:
    """What a score is worth.

    Attributes:
        at: what is found at each of ``RATES``.
        best_f1: the best F1 over all thresholds: found incidents against false alerts and missed incidents.
        incidents: how many there were.
    """

    at: dict[float, Found]
    best_f1: float
    incidents: int


def judge(score: np.ndarray, world: World, *, rates: Sequence[float] = RATES) -> Quality:
    """What a score of (n_series, n_windows) finds in a world; NaN = no verdict, no alert."""
    known = np.nan_to_num(score, nan=-1.0, posinf=np.finfo(np.float64).max)
    incidents = world.counted
    strongest = np.sort([known[i.row, i.begin : i.end].max() for i in incidents])
    # With so many false alerts no F1 is above 0.2.
    enough = max(max(rates) * world.series_weeks, 8.0 * len(incidents))
    thresholds, false_alerts = false_alerts_by_threshold(
        known, world.quiet, per_hour=world.per_hour, enough=enough
    )
    return Quality(
        at={
            rate: found_beyond(
                lowest_threshold(thresholds, false_alerts, allowed=rate * world.series_weeks),
                known,
                incidents,
                world,
            )
            for rate in rates
        },
        best_f1=_best_f1(strongest, thresholds, false_alerts),
        incidents=len(incidents),
    )


def false_alerts_by_threshold(
    score: np.ndarray, quiet: np.ndarray, *, per_hour: int, enough: float
) -> tuple[np.ndarray, np.ndarray]:
    """How many false alerts there are when scores of at least ``thresholds`` alert.

    From the highest score down, each window joins the alerts within an hour of it, or begins a new one.

    Args:
        score: (n_series, n_windows).
        quiet: where an alert is false, same shape.
        per_hour: windows that alerts may be apart and still be one.
        enough: more alerts than these need not be counted.

    Returns:
        Descending distinct scores and the number of alerts at each, down to the first with more than
        ``enough``.
    """
    rows, windows = np.nonzero(quiet & (score > 0))
    order = np.argsort(-score[rows, windows], kind="stable")
    over = np.zeros((score.shape[0], score.shape[1] + 2 * per_hour), dtype=bool)
    thresholds, counts = [], []
    alerts = 0
    ordered = score[rows[order], windows[order]]
    for position, i in enumerate(order):
        row, at = rows[i], windows[i] + per_hour
        before = np.flatnonzero(over[row, at - per_hour : at])
        after = np.flatnonzero(over[row, at + 1 : at + per_hour + 1])
        if not len(before) and not len(after):
            alerts += 1
        elif len(before) and len(after) and after[0] + 1 + per_hour - before[-1] > per_hour:
            alerts -= 1
        over[row, at] = True
        if position + 1 == len(order) or ordered[position + 1] < ordered[position]:
            thresholds.append(ordered[position])
            counts.append(alerts)
            if alerts > enough:
                break
    return np.array(thresholds), np.array(counts)


def lowest_threshold(thresholds: np.ndarray, false_alerts: np.ndarray, *, allowed: float) -> float:
    """Scores beyond it, or beyond any higher threshold, give at most ``allowed`` false alerts."""
    broken = np.flatnonzero(false_alerts > allowed)
    return float(thresholds[broken[0]]) if len(broken) else 0.0


def found_beyond(threshold: float, score: np.ndarray, incidents: Sequence[Incident], world: World) -> Found:
    """What scores beyond a threshold find of these incidents."""
    minutes = 60 * (world.step / HOUR)
    delays, found, at_once = [], [], []
    by_kind: dict[str, tuple[int, int]] = {}
    for incident in incidents:
        alerts = np.flatnonzero(score[incident.row, incident.begin : incident.end] > threshold)
        found.append(len(alerts) > 0)
        at_once.append(len(alerts) > 0 and alerts[0] == 0)
        if len(alerts):
            delays.append((alerts[0] + 1) * minutes)
        hits, planted = by_kind.get(incident.kind, (0, 0))
        by_kind[incident.kind] = (hits + found[-1], planted + 1)
    return Found(
        threshold=threshold,
        recall=float(np.mean(found)) if found else float("nan"),
        at_once=float(np.mean(at_once)) if found and world.told_begins else float("nan"),
        delay_minutes=float(np.median(delays)) if delays and world.told_begins else float("nan"),
        by_kind=by_kind,
    )


def _best_f1(strongest: np.ndarray, thresholds: np.ndarray, false_alerts: np.ndarray) -> float:
    """The best over thresholds; a higher one never counts for fewer false alerts than a lower one saves.

    Without the running maximum a score that alerts all the time would do well: all its false alerts are one.
    """
    # Scores beyond a threshold cost what scores of at least the next higher one do.
    cost = np.concatenate([[0.0], np.maximum.accumulate(false_alerts)])[: max(len(thresholds), 1)]
    low = thresholds if len(thresholds) else np.zeros(1)
    hits = len(strongest) - np.searchsorted(strongest, low, side="right")
    return float(np.max(2 * hits / np.maximum(hits + cost + len(strongest), 1)))
