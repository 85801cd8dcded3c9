"""Ten real series of mentions on Twitter with their labels (Numenta Anomaly Benchmark, realTweets)."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from vk_alerts_tests.benchmarks.detection.world import Incident, World

RECORDED = timedelta(minutes=5)
WARM_UP = timedelta(days=14)
"""From two weeks of history on the default detector gives verdicts."""

LABELS = Path("labels") / "combined_windows.json"
_SERIES = Path("data") / "realTweets"


def twitter_world(folder: Path, *, step: timedelta = RECORDED) -> World:
    """The series summed to windows of ``step``, and the labelled windows as incidents.

    An incident is found by an alert in its labelled window, 1.4 to 2.8 days around what a person marked.
    Those that begin before the warm-up is over are not counted.

    Args:
        folder: of the Numenta Anomaly Benchmark; it holds ``data`` and ``labels``.
        step: a multiple of five minutes.
    """
    labels = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    paths = sorted((folder / _SERIES).glob("*.csv"))
    series = [_read(path) for path in paths]
    start = min(begin for begin, _ in series)
    together = step // RECORDED
    length = max(len(counts) for _, counts in series) // together
    values = np.full((len(series), length), np.nan)
    incidents = []
    for row, (path, (_, counts)) in enumerate(zip(paths, series, strict=True)):
        whole = counts[: len(counts) // together * together].reshape(-1, together).sum(axis=1)
        values[row, : len(whole)] = whole[:length]
        for window in labels[f"{_SERIES.name}/{path.name}"]:
            begin, end = ((_moment(edge) - start) // step for edge in window)
            incidents.append(Incident(row, begin, end + 1, "labelled"))
    return World(
        values,
        incidents,
        WARM_UP // step,
        start=start,
        step=step,
        timezone="America/New_York",
        told_begins=False,
    )


def _read(path: Path) -> tuple[datetime, np.ndarray]:
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return _moment(rows[0]["timestamp"]), np.array([float(row["value"]) for row in rows])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
