"""Scores of the past weeks → thresholds that keep to the alert budget, and what they rest on."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from vk_alerts.alerting.lifecycle import Incident
from vk_alerts.alerting.rules import Rules
from vk_alerts.clickhouse.tables import THRESHOLDS
from vk_alerts.clickhouse.versions import Provenance
from vk_alerts.detection.calibration import FLOOR, Budget, Calibration, ClassThreshold, calibrate
from vk_alerts.detection.opening import Exceedances
from vk_alerts.detection.series_classes import Population
from vk_alerts.detection.spans import Spans
from vk_alerts.metrics.model import Metric
from vk_alerts.metrics.slices import ALL_KEY
from vk_alerts.pipeline.stores import Stores
from vk_alerts.pipeline.thresholds import midnight
from vk_alerts.windows import STEP

PAST = timedelta(days=56)
"""How far back scores are looked at."""
LEAST_DAYS = 14
"""With fewer days of scores the start values hold."""

# The highest ones tell all there is to tell; more would only cost memory.
_MOST_ROWS = 2_000_000


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """What a calibration did.

    Attributes:
        day: the local day it looked back from, at its end.
        days: days of scores that were there.
        calibrated: series that got a threshold.
        waiting: series that keep their start value, because too little is known.
        by_hand: metrics whose thresholds are written in the catalog.
        budget: messages a week that are accepted.
        classes: the classes and their thresholds.
        expected_a_week: false alerts that are expected of all of them.
        read_seconds: time to read the scores.
        fit_seconds: time to find the thresholds.
    """

    day: date
    days: int
    calibrated: int
    waiting: int
    by_hand: tuple[str, ...]
    budget: Budget
    classes: tuple[ClassThreshold, ...]
    expected_a_week: float
    read_seconds: float
    fit_seconds: float


def calibrate_thresholds(stores: Stores, day: date, *, by: Provenance) -> CalibrationReport:
    """Calibrates the thresholds of all series on the eight weeks up to the end of a local day; commits them.

    Thresholds that are written by hand in the catalog stay as they are, and their series are no part of the
    budget. A series that gets none keeps its start value; with less than two weeks of scores all of them do.

    Raises:
        ClickHouseError: scores cannot be read or thresholds not be written; nothing is visible then.
        StateError: the state database cannot be used.
    """
    zone = stores.settings.zone
    start, end = midnight(day + timedelta(days=1) - PAST, zone), midnight(day + timedelta(days=1), zone)
    metrics = [metric for metric in stores.catalog.metrics if metric.is_calibrated]
    allowed = stores.catalog.system.alert_budget
    budget = Budget(allowed.totals_per_week, allowed.slices_per_week)
    began = time.perf_counter()
    habits = _habits(stores, start, end, metrics)
    days = int(habits["days"].max()) if len(habits) else 0
    ready = habits if days >= LEAST_DAYS else habits.iloc[:0]
    found, incidents = _exceedances(stores, start, end, ready), _incidents(stores, start, end, ready)
    read = time.perf_counter()
    population = _population(stores, ready)
    done = calibrate(found, population, windows=(end - start) // STEP, budget=budget, incidents=incidents)
    fitted = time.perf_counter()
    rows = _rows(ready, population, done, budget, since=start)
    stores.results.write_thresholds(rows, day=midnight(day, zone), by=by)
    return CalibrationReport(
        day=day,
        days=days,
        calibrated=len(rows),
        waiting=len(habits) - len(rows),
        by_hand=tuple(metric.name for metric in stores.catalog.metrics if not metric.is_calibrated),
        budget=budget,
        classes=done.classes,
        expected_a_week=done.expected_a_week,
        read_seconds=read - began,
        fit_seconds=fitted - read,
    )


def _habits(stores: Stores, start: datetime, end: datetime, metrics: Sequence[Metric]) -> pd.DataFrame:
    names = [metric.name for metric in metrics]
    if not names:
        return pd.DataFrame({"days": [], "source": [], "metric": [], "slice": []})
    detectors = [metric.detector for metric in metrics]
    return stores.results.score_habits(start, end, metrics=names, detectors=list(detectors))


def _exceedances(stores: Stores, start: datetime, end: datetime, habits: pd.DataFrame) -> Exceedances:
    if not len(habits):
        nothing = np.zeros(0, dtype=np.int64)
        return Exceedances(nothing, nothing, np.zeros(0))
    metrics = [stores.catalog.metric(name) for name in sorted(set(habits["metric"]))]
    frame = stores.results.exceedances(
        start,
        end,
        floor=FLOOR,
        most=_MOST_ROWS,
        rules={
            "metrics": [metric.name for metric in metrics],
            "detectors": [metric.detector for metric in metrics],
            "least_deviations": [float(metric.min_deviation) for metric in metrics],
            "least_evidence": [float(metric.min_evidence) for metric in metrics],
        },
    )
    number = _numbers(habits)
    series = np.array(
        [number.get(one, -1) for one in zip(frame["metric"], frame["slice"], strict=True)], dtype=np.int64
    )
    window = frame["seconds"].to_numpy(dtype=np.int64) // int(STEP.total_seconds())
    score = frame["signed_score"].to_numpy(dtype=np.float64)
    order = np.lexsort((window, series))
    return Exceedances(series[order], window[order], score[order]).only(series[order] >= 0)


def _incidents(stores: Stores, start: datetime, end: datetime, habits: pd.DataFrame) -> Spans:
    """Windows of the incidents that were told or would have been."""
    number = _numbers(habits)
    spans = [
        (number[one.metric, one.slice_key], *_windows(one, start, end))
        for one in stores.incidents.opened_between(start, end)
        if (one.metric, one.slice_key) in number
    ]
    table = np.array(spans, dtype=np.int64).reshape(-1, 3)
    return Spans(table[:, 0], table[:, 1], table[:, 2])


def _windows(incident: Incident, start: datetime, end: datetime) -> tuple[int, int]:
    last = incident.closed_at or incident.last_bad
    return max(0, (incident.first_bad - start) // STEP), (min(last, end - STEP) - start) // STEP


def _numbers(habits: pd.DataFrame) -> dict[tuple[str, str], int]:
    return {one: number for number, one in enumerate(zip(habits["metric"], habits["slice"], strict=True))}


def _population(stores: Stores, habits: pd.DataFrame) -> Population:
    metrics = [stores.catalog.metric(name) for name in habits["metric"]]
    sources = sorted(set(habits["source"]))
    return Population(
        source=np.array([sources.index(name) for name in habits["source"]], dtype=np.int64),
        is_total=np.array([key == ALL_KEY for key in habits["slice"]], dtype=np.bool_),
        kind=np.array([metric.kind.value for metric in metrics], dtype=np.str_),
        detector=np.array([metric.detector for metric in metrics], dtype=np.str_),
        volume=_column(habits, "volume"),
        daily_peak=_column(habits, "daily_peak"),
        judged=_column(habits, "judged").astype(np.int64),
        hard_ratio=np.array([metric.hard_threshold_at(1.0) for metric in metrics], dtype=np.float64),
        start=np.array([metric.threshold for metric in metrics], dtype=np.float64),
        for_windows=np.array(
            [metric.for_windows or Rules().for_windows for metric in metrics], dtype=np.int64
        ),
    )


def _column(habits: pd.DataFrame, name: str) -> np.ndarray:
    return habits[name].to_numpy(dtype=np.float64) if len(habits) else np.zeros(0)


def _rows(
    habits: pd.DataFrame, population: Population, done: Calibration, budget: Budget, *, since: datetime
) -> pd.DataFrame:
    """Rows of THRESHOLDS for the series that were calibrated."""
    classes = {one.label: one for one in done.classes}
    chosen = [number for number, label in enumerate(done.label) if label]
    if not chosen:
        return pd.DataFrame(columns=[name for name in THRESHOLDS.column_names if name != "version"])
    mine = [classes[done.label[number]] for number in chosen]
    threshold = done.threshold[chosen]
    return pd.DataFrame(
        {
            "source": habits["source"].to_numpy()[chosen],
            "metric": habits["metric"].to_numpy()[chosen],
            "slice": habits["slice"].to_numpy()[chosen],
            "threshold": threshold,
            "hard_threshold": threshold * population.hard_ratio[chosen],
            "class": [one.label for one in mine],
            "fitted_on": [one.fitted_on for one in mine],
            "class_series": [one.series for one in mine],
            "expected_a_week": [one.expected_a_week for one in mine],
            "tail_base": [one.tail.base for one in mine],
            "tail_rate": [one.tail.rate for one in mine],
            "tail_slope": [one.tail.slope for one in mine],
            "tail_peaks": [one.tail.peaks for one in mine],
            "budget_a_week": np.where(population.is_total[chosen], budget.totals, budget.slices),
            "since": pd.Timestamp(since),
        }
    )
