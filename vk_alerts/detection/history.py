"""The entry: arguments checked, a detector chosen by name."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from vk_alerts.detection.classic import score_day_ago, score_iqr
from vk_alerts.detection.clock import Clock, local_clock
from vk_alerts.detection.rows import in_batches
from vk_alerts.detection.scores import Floats, Scores
from vk_alerts.detection.seasonal import score_seasonal
from vk_alerts.errors import DetectionInputError

HISTORY = timedelta(days=62)
"""How much past a verdict takes at most; what lies further back changes nothing.

Six weeks of habit, before them the day of the level ratio and the three days that it is carried on, after
them the two weeks that measure the noise, the local day itself, and some hours for blocks and clock changes.
"""

_DAY = timedelta(days=1)


class Detector(Protocol):
    """A way to score; the arguments have been checked."""

    def __call__(
        self, values: Floats, trials: Floats | None, clock: Clock, *, first: int, into: Scores
    ) -> None:
        """Verdicts on the windows from ``first`` on, put into (n_series, at least n_windows - first)."""


_DETECTORS: dict[str, Detector] = {"seasonal": score_seasonal, "iqr": score_iqr, "day_ago": score_day_ago}
DETECTORS = tuple(_DETECTORS)
"""The detectors' names, the default first."""


def score_history(
    values: Floats,
    *,
    start: datetime,
    step: timedelta = timedelta(minutes=15),
    trials: Floats | None = None,
    holidays: Iterable[date] = (),
    timezone: str = "Europe/Moscow",
    detector: str = "seasonal",
    first: int = 0,
) -> Scores:
    """How strange each window is in the light of what came before it.

    Strictly causal: what comes later changes nothing. A window scored with the ``HISTORY`` before it gets the
    same numbers as within a longer range.

    Args:
        values: float64 (n_series, n_windows), metric units: counts >= 0, or ratios in [0, 1]; NaN = missing.
        start: aware start of window 0.
        step: length of a window; divides a day.
        trials: denominators of ratios, same shape; None for counts. A window with none gets no verdict.
        holidays: local dates that may look like Sundays; the day as usual and the Sunday are both expected.
        timezone: the zone of the users' habits.
        detector: one of ``DETECTORS``.
        first: windows before it are history only: they get no verdict, and cost little.

    Returns:
        Scores, each array (n_series, n_windows). ``seasonal`` gives verdicts from two weeks of history on.

    Raises:
        DetectionInputError: the arguments do not fit together.

    Source:
        Parts and constants were chosen by event recall at a given number of false alerts;
        ``vk_alerts_tests/benchmarks/detection_quality.py`` measures it.
    """
    values, trials = checked_shapes(values, trials)
    rows, windows = values.shape
    checked_moment(start, "start")
    checked_step(step)
    score = detector_named(detector)
    if not 0 <= first <= windows:
        raise DetectionInputError(f"first {first}: not within the {windows} windows")
    zone = checked_zone(timezone)
    if first == windows or not rows:
        checked_values(values, trials)
        return Scores.blank(values.shape)
    scores = Scores.to_be_put(values.shape)
    clock = local_clock(start, step, windows=windows, timezone=zone, holidays=holidays)

    def work(some: slice) -> None:
        mine, tried = checked_values(values[some], None if trials is None else trials[some])
        score(mine, tried, clock, first=first, into=scores.of(some))

    in_batches(rows, work, width=windows - first)
    return scores


def checked_shapes(values: Floats, trials: Floats | None) -> tuple[Floats, Floats | None]:
    """Values and trials as arrays.

    Raises:
        DetectionInputError: they are no matrix, or shapes differ.
    """
    values = np.asarray(values)
    if values.ndim != 2:
        raise DetectionInputError(f"values: shape {values.shape}; must be (n_series, n_windows)")
    if trials is None:
        return values, None
    trials = np.asarray(trials)
    if trials.shape != values.shape:
        raise DetectionInputError(f"trials: shape {trials.shape}; values have {values.shape}")
    return values, trials


def checked_values(values: Floats, trials: Floats | None) -> tuple[Floats, Floats | None]:
    """Values and trials as detectors take them: float64, a value without trials is missing.

    Raises:
        DetectionInputError: something is negative or infinite, or a ratio above 1.
    """
    values, most = _checked(values, "values")
    if trials is None:
        return values, None
    trials, _ = _checked(trials, "trials")
    if most > 1:
        raise DetectionInputError("values: a ratio above 1; without trials they are taken as counts")
    trials = np.where(trials > 0, trials, np.nan)
    return np.where(np.isnan(trials), np.nan, values), trials


def checked_moment(moment: datetime, name: str) -> None:
    """Nothing, for an aware moment.

    Raises:
        DetectionInputError: it is naive.
    """
    if moment.tzinfo is None:
        raise DetectionInputError(f"{name} {moment.isoformat()}: naive; give it a time zone, such as UTC")


def checked_step(step: timedelta) -> None:
    """Nothing, for a step that divides a day.

    Raises:
        DetectionInputError: it does not.
    """
    if step <= timedelta() or _DAY % step or step % timedelta(seconds=1):
        raise DetectionInputError(f"step {step}: does not divide a day into whole seconds")


def checked_zone(timezone: str) -> ZoneInfo:
    """The zone of that name.

    Raises:
        DetectionInputError: there is none.
    """
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise DetectionInputError(f"timezone {timezone!r}: unknown; name one such as Europe/Moscow") from None


def detector_named(name: str) -> Detector:
    """The detector of that name.

    Raises:
        DetectionInputError: there is none.
    """
    if name not in _DETECTORS:
        raise DetectionInputError(f"detector {name!r}: unknown; known: {', '.join(DETECTORS)}")
    return _DETECTORS[name]


def _checked(values: Floats, name: str) -> tuple[Floats, float]:
    """As float64, and the largest of them."""
    array = np.asarray(values, dtype=np.float64)
    # One pass each, without arrays in between; fmin and fmax leave NaN out.
    flat = array.ravel()
    if not flat.size:
        return array, np.nan
    least, most = float(np.fmin.reduce(flat)), float(np.fmax.reduce(flat))
    if least < 0 or np.isinf(most):
        raise DetectionInputError(f"{name}: must be finite and >= 0; write a missing value as NaN")
    return array, most
