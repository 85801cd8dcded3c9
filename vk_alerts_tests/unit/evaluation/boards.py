"""Stretches of verdicts written by hand, and alerts, for the tests of the backtest."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from vk_alerts.alerting.verdicts import Direction
from vk_alerts.evaluation.alerts import Alert, Picture
from vk_alerts.evaluation.stretch import Series, Stretch
from vk_alerts.metrics.loader import load_catalog
from vk_alerts.windows import STEP

START = datetime(2026, 3, 5, 11, tzinfo=UTC)
CATALOG = load_catalog()
DAY = timedelta(days=1)

# As in the tests of the alerting core: one letter a window, 100 expected, a band of 80 to 120.
_LETTERS = {
    ".": (99.0, 0.2),
    "?": (82.0, 4.2),
    "B": (70.0, 6.0),
    "H": (40.0, 12.0),
    "b": (130.0, 6.0),
    "h": (160.0, 12.0),
    "-": (np.nan, np.nan),
}


def at(number: int) -> datetime:
    """Window number ``number``."""
    return START + number * STEP


def stretch_of(lines: Mapping[str, str], *, start: datetime = START) -> Stretch:
    """Named series of letters side by side; a name is ``metric`` or ``metric/slice``."""
    series, values, scores = [], [], []
    for name, letters in lines.items():
        metric, _, slice_key = name.partition("/")
        series.append(Series(CATALOG.source_of(metric).name, CATALOG.metric(metric), slice_key or "all"))
        values.append([_LETTERS[letter][0] for letter in letters])
        scores.append([_LETTERS[letter][1] for letter in letters])
    value, score = np.array(values), np.array(scores)
    known = np.where(np.isnan(score), np.nan, 1.0)
    return Stretch(
        start=start,
        series=tuple(series),
        value=value,
        expected=100.0 * known,
        lower=80.0 * known,
        upper=120.0 * known,
        score=score,
        evidence=100.0 * known,
        threshold=np.full(score.shape, 5.0),
    )


def alert(
    number: int, *, source: str = "feed", metric: str = "likes", slice_key: str = "all", score: float = 8.0
) -> Alert:
    """An alert that was told with window ``number``."""
    width = 12
    line = np.full(width, 100.0)
    return Alert(
        group=f"{number:016x}",
        source=source,
        metric=metric,
        slice_key=slice_key,
        direction=Direction.DOWN,
        window=at(number),
        first_bad=at(number) - STEP,
        value=60.0,
        expected=100.0,
        score=score,
        series=3,
        repeats=0,
        ended=at(number) + 3 * STEP,
        picture=Picture(
            start=at(number - 8),
            told=8,
            value=np.where(np.arange(width) >= 7, 60.0, line),
            expected=line,
            lower=0.8 * line,
            upper=1.2 * line,
            is_bad=np.arange(width) >= 7,
        ),
    )
